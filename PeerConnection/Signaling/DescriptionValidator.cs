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
        throw Malformed(error);
    }

    /// <param name="description">A description of the peer.</param>
    /// <param name="type">Its type.</param>
    /// <param name="offer">The offer that it answers; null for an offer.</param>
    /// <param name="previous">The description that was applied last, of either side; null at first.</param>
    /// <param name="configuration">The connection's configuration.</param>
    public static void Validate(SdpDescription description, RTCSdpType type, SdpDescription? offer, SdpDescription? previous, RTCConfiguration configuration)
    {
        if (description.FindMalformedAttribute() is { } malformed) throw Malformed(malformed);
        HashSet<string> mids = [];
        IReadOnlyList<IReadOnlyList<string>> groups = [.. description.GetGroups(SdpGroup.Bundle)];
        foreach (SdpMedia section in description.Media)
        {
            if (RemoteSection.SctpInit(section) is { } init && !SctpAssociation.IsValidInit(init.Chunk.Span))
                throw Malformed(new SdpError(section.LineNumber, "a=sctp-init of the section holds no INIT chunk.", $"m={section}"));
            if (section.Mid is { } mid && !mids.Add(mid)) throw Invalid(section, $"mid \"{mid}\" stands twice");
            bool isInUse = type == RTCSdpType.Offer ? RemoteSection.IsInUse(section) : section.Port != 0;
            if (isInUse && (section.IsRtp || section.IsDataChannel)) ValidateTransport(description, section, groups, type, configuration);
        }
        if (type == RTCSdpType.Offer) ValidateOffer(description, previous);
        else ValidateAnswer(description, offer!);
    }

    private static void ValidateTransport(
        SdpDescription description, SdpMedia section, IReadOnlyList<IReadOnlyList<string>> groups, RTCSdpType type, RTCConfiguration configuration)
    {
        if (section.Mid is null) throw Invalid(section, "it has no a=mid");
        SdpMedia carrier = RemoteSection.Carrier(description, section, groups);
        if (RemoteSection.IceParameters(description, carrier) is not { } ice) throw Invalid(section, "it has no a=ice-ufrag and a=ice-pwd");
        if (!ice.IsValid) throw Invalid(section, "a=ice-ufrag has 4 to 256 characters, a=ice-pwd 22 to 256, of A-Z a-z 0-9 + / (RFC 8839 §5.4)");
        if (!RemoteSection.Fingerprints(description, carrier).Any(IsUnderstood))
            throw Invalid(section, "it has no a=fingerprint of sha-256, sha-384 or sha-512");
        if (type != RTCSdpType.Offer && description.Inherited(carrier, "setup") is not ("active" or "passive"))
            throw Invalid(section, "an answer says a=setup:active or passive (RFC 8842 §5.3)");
        if (section.Attributes.Contains("rtcp-mux-only") && !section.Attributes.Contains("rtcp-mux"))
            throw Invalid(section, "a=rtcp-mux-only goes together with a=rtcp-mux (RFC 8858 §3)");
        if (section.IsRtp && configuration.RtcpMuxPolicy == RTCRtcpMuxPolicy.Require && !RemoteSection.SharesRtcp(section) && !RemoteSection.SharesRtcp(carrier))
            throw Invalid(section, "it has no a=rtcp-mux, which the rtcpMuxPolicy \"require\" asks for");
        if (section.IsRtp && configuration.RtpHeaderEncryptionPolicy == RTCRtpHeaderEncryptionPolicy.Require && !RemoteSection.HasCryptex(description, section))
            throw Invalid(section, "it has no a=cryptex, which the rtpHeaderEncryptionPolicy \"require\" asks for (webrtc-extensions §12.1)");
    }

    private static bool IsUnderstood(SdpFingerprint fingerprint) => new DtlsFingerprint(fingerprint.Algorithm, fingerprint.Value).IsUnderstood;

    // RFC 3264 §8: sections stay where they are; one that was rejected may become another (RFC 8829 §5.2.2).
    private static void ValidateOffer(SdpDescription offer, SdpDescription? previous)
    {
        if (previous is null) return;
        if (offer.Media.Count < previous.Media.Count)
            throw DOMException.InvalidAccess($"The offer has {offer.Media.Count} media sections, the session {previous.Media.Count} (RFC 3264 §8); a section goes by port 0.");
        for (int i = 0; i < previous.Media.Count; i++)
        {
            if (previous.Media[i].Port != 0 && offer.Media[i].Mid is { } mid && mid != previous.Media[i].Mid)
                throw Invalid(offer.Media[i], $"the session has mid \"{previous.Media[i].Mid}\" in its place (RFC 3264 §8)");
            if (previous.Media[i].Port != 0 && offer.Media[i].Kind != previous.Media[i].Kind)
                throw Invalid(offer.Media[i], $"the session has {previous.Media[i].Kind} in its place (RFC 3264 §8)");
        }
    }

    private static void ValidateAnswer(SdpDescription answer, SdpDescription offer)
    {
        if (answer.Media.Count != offer.Media.Count)
            throw DOMException.InvalidAccess($"The answer has {answer.Media.Count} media sections, the offer {offer.Media.Count} (RFC 3264 §6).");
        for (int i = 0; i < answer.Media.Count; i++)
        {
            if (answer.Media[i].Kind != offer.Media[i].Kind) throw Invalid(answer.Media[i], $"the offer has {offer.Media[i].Kind} in its place (RFC 3264 §6)");
            if (answer.Media[i].Port != 0 && answer.Media[i].Mid != offer.Media[i].Mid) throw Invalid(answer.Media[i], $"its mid is not the offer's, \"{offer.Media[i].Mid}\"");
            if (answer.Media[i].Port != 0 && offer.Media[i].Port == 0 && !RemoteSection.IsBundleOnly(offer.Media[i])) throw Invalid(answer.Media[i], "the offer has rejected it");
        }
        List<IReadOnlyList<string>> offered = [.. offer.GetGroups(SdpGroup.Bundle)];
        foreach (IReadOnlyList<string> group in answer.GetGroups(SdpGroup.Bundle))
        {
            if (group.Count > 0 && !offered.Exists(each => group.All(each.Contains)))
                throw DOMException.InvalidAccess($"The answer's bundle \"{string.Join(" ", group)}\" is none of the offer's (RFC 9143 §7.3).");
        }
    }

    private static RTCError Malformed(SdpError error) =>
        new(RTCErrorDetailType.SdpSyntaxError, $"The session description is malformed, {error}.") { SdpLineNumber = error.Line };

    private static DOMException Invalid(SdpMedia section, string reason) =>
        DOMException.InvalidAccess($"The media section of line {section.LineNumber} (m={section.Kind}) cannot be used: {reason}.");
}
