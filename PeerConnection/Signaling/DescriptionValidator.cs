using WebRtcStack.Dtls;
using WebRtcStack.Sctp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What a remote description must have to be applied (RFC 8829 §5.8.3, §5.10), checked before anything changes.</summary>
internal static class DescriptionValidator
{
    public static SdpDescription Parse(string text)
    {
        if (SdpDescription.TryParse(text.AsSpan(), out SdpDescription? description, out SdpError? error)) return description;
        throw new RTCError(RTCErrorDetailType.SdpSyntaxError, $"The session description is malformed, {error}.") { SdpLineNumber = error.Line };
    }

    public static void Validate(SdpDescription description, RTCSdpType type, SdpDescription? offer, RTCConfiguration configuration)
    {
        HashSet<string> mids = [];
        foreach (SdpMedia section in description.Media)
        {
            ValidateAttributes(section);
            if (section.Mid is { } mid && !mids.Add(mid)) throw Invalid(section, $"mid \"{mid}\" stands twice");
            bool isInUse = section.Port != 0 || section.Attributes.Contains("bundle-only");
            if (!isInUse || !(section.IsRtp || section.IsDataChannel)) continue;
            if (section.Mid is null) throw Invalid(section, "it has no a=mid");
            SdpMedia carrier = RemoteSection.Carrier(description, section);
            if (RemoteSection.IceParameters(description, carrier) is not { } ice) throw Invalid(section, "it has no a=ice-ufrag and a=ice-pwd");
            if (!ice.IsValid) throw Invalid(section, "a=ice-ufrag has 4 to 256 characters, a=ice-pwd 22 to 256, of A-Z a-z 0-9 + / (RFC 8839 §5.4)");
            if (!RemoteSection.Fingerprints(description, carrier).Any(IsUnderstood))
                throw Invalid(section, "it has no a=fingerprint of sha-256, sha-384 or sha-512");
            if (type != RTCSdpType.Offer && description.Inherited(carrier, "setup") is not ("active" or "passive"))
                throw Invalid(section, "an answer says a=setup:active or passive (RFC 8842 §5.3)");
            if (section.IsRtp && configuration.RtcpMuxPolicy == RTCRtcpMuxPolicy.Require && !section.Attributes.Contains("rtcp-mux"))
                throw Invalid(section, "it has no a=rtcp-mux, which the rtcpMuxPolicy \"require\" asks for");
        }
        if (type != RTCSdpType.Offer) ValidateAnswer(description, offer!);
    }

    private static bool IsUnderstood(SdpFingerprint fingerprint) => new DtlsFingerprint(fingerprint.Algorithm, fingerprint.Value).IsUnderstood;

    private static void ValidateAnswer(SdpDescription answer, SdpDescription offer)
    {
        if (answer.Media.Count != offer.Media.Count)
            throw DOMException.InvalidAccess($"The answer has {answer.Media.Count} media sections, the offer {offer.Media.Count} (RFC 3264 §6).");
        for (int i = 0; i < answer.Media.Count; i++)
        {
            if (answer.Media[i].Kind != offer.Media[i].Kind) throw Invalid(answer.Media[i], $"the offer has {offer.Media[i].Kind} in its place (RFC 3264 §6)");
            if (answer.Media[i].Port != 0 && answer.Media[i].Mid != offer.Media[i].Mid) throw Invalid(answer.Media[i], $"its mid is not the offer's, \"{offer.Media[i].Mid}\"");
        }
    }

    private static void ValidateAttributes(SdpMedia section)
    {
        int line = section.LineNumber + (section.Information is null ? 0 : 1) + section.Connections.Count + section.Bandwidths.Count + (section.Key is null ? 0 : 1);
        foreach (SdpAttribute attribute in section.Attributes)
        {
            line++;
            bool isValid = attribute.Name switch
            {
                "mid" => attribute.Value is { Length: > 0 },
                "fingerprint" => SdpFingerprint.TryParse(attribute.Value, out _),
                "setup" => SdpSetupNames.TryParse(attribute.Value, out _),
                "extmap" => SdpExtmap.TryParse(attribute.Value, out _),
                "sctp-init" => SdpSctpInit.TryParse(attribute.Value, out SdpSctpInit? init) && SctpAssociation.IsValidInit(init.Chunk.Span),
                "rid" => SdpRid.TryParse(attribute.Value, out _),
                "simulcast" => SdpSimulcast.TryParse(attribute.Value, out _),
                "ice-ufrag" or "ice-pwd" => attribute.Value is { Length: > 0 },
                _ => true,
            };
            if (isValid) continue;
            SdpError error = new(line, $"a={attribute.Name} is malformed", $"a={attribute}");
            throw new RTCError(RTCErrorDetailType.SdpSyntaxError, $"The session description is malformed, {error}.") { SdpLineNumber = line };
        }
    }

    private static DOMException Invalid(SdpMedia section, string reason) =>
        DOMException.InvalidAccess($"The media section of line {section.LineNumber} (m={section.Kind}) cannot be used: {reason}.");
}
