namespace WebRtcStack.Sdp;

/// <summary>The syntax of the attributes that are known here. Others have none that we could check, and pass.</summary>
internal static class SdpAttributeSyntax
{
    private static readonly Dictionary<string, Func<string?, bool>> s_rules = new()
    {
        ["candidate"] = value => SdpCandidate.TryParse(value, out _),
        ["end-of-candidates"] = IsProperty,
        ["ice-ufrag"] = SdpIce.IsUsernameFragment,
        ["ice-pwd"] = SdpIce.IsPassword,
        ["ice-options"] = value => SdpIceOptions.TryParse(value, out _),
        ["ice-pacing"] = value => IsNumber(value, int.MaxValue),
        ["ice-lite"] = IsProperty,
        ["ice-mismatch"] = IsProperty,
        ["remote-candidates"] = value => SdpRemoteCandidates.TryParse(value, out _),
        ["fingerprint"] = value => SdpFingerprint.TryParse(value, out _),
        ["setup"] = value => SdpSetupNames.TryParse(value, out _),
        ["tls-id"] = SdpTlsId.IsValid,
        ["mid"] = value => SdpText.IsToken(value.AsSpan()),
        ["group"] = value => SdpGroup.TryParse(value, out _),
        ["msid"] = value => SdpMsid.TryParse(value, out _),
        ["msid-semantic"] = value => SdpMsidSemantic.TryParse(value, out _),
        ["ssrc"] = value => SdpSsrc.TryParse(value, out _),
        ["ssrc-group"] = value => SdpSsrcGroup.TryParse(value, out _),
        ["rid"] = value => SdpRid.TryParse(value, out _),
        ["simulcast"] = value => SdpSimulcast.TryParse(value, out _),
        ["rtpmap"] = value => SdpRtpmap.TryParse(value, out _),
        ["fmtp"] = value => SdpFmtp.TryParse(value, out _),
        ["rtcp"] = value => SdpRtcp.TryParse(value, out _),
        ["rtcp-mux"] = IsProperty,
        ["rtcp-mux-only"] = IsProperty,
        ["rtcp-rsize"] = IsProperty,
        ["rtcp-fb"] = value => SdpRtcpFeedback.TryParse(value, out _),
        ["extmap"] = value => SdpExtmap.TryParse(value, out _),
        ["extmap-allow-mixed"] = IsProperty,
        ["sctp-port"] = value => IsNumber(value, 65_535),
        ["sctpmap"] = value => SdpSctpmap.TryParse(value, out _),
        ["max-message-size"] = value => SdpText.TryParseNumber(value.AsSpan(), out _),
        ["sctp-init"] = value => SdpSctpInit.TryParse(value, out _),
        ["imageattr"] = value => SdpImageAttribute.TryParse(value, out _),
        ["bundle-only"] = IsProperty,
        ["identity"] = value => SdpIdentity.TryParse(value, out _),
        ["cryptex"] = IsProperty,
        ["sendrecv"] = IsProperty,
        ["sendonly"] = IsProperty,
        ["recvonly"] = IsProperty,
        ["inactive"] = IsProperty,
        ["ptime"] = IsDecimal,
        ["maxptime"] = IsDecimal,
        ["framerate"] = IsDecimal,
        ["quality"] = value => IsNumber(value, 10),
    };

    /// <summary>Whether a line is as its RFC says, or is of an attribute that is not known here.</summary>
    public static bool IsValid(in SdpAttribute line) => !s_rules.TryGetValue(line.Name, out Func<string?, bool>? rule) || rule(line.Value);

    /// <summary>The first line of a description that is known and malformed, or null.</summary>
    public static SdpError? Check(SdpDescription description)
    {
        SdpError? error = Check(description.Attributes);
        for (int i = 0; error is null && i < description.Media.Count; i++) error = Check(description.Media[i].Attributes);
        return error;
    }

    private static SdpError? Check(SdpAttributeList attributes)
    {
        for (int i = 0; i < attributes.Count; i++)
        {
            SdpAttribute line = attributes[i];
            if (!IsValid(line)) return new SdpError(attributes.FirstLine + i, $"a={line.Name} is malformed.", SdpError.Shorten($"a={line}"));
        }
        return null;
    }

    private static bool IsProperty(string? value) => value is null;

    private static bool IsNumber(string? value, int maximum) => SdpText.TryParseNumber(value.AsSpan(), maximum, out _);

    // RFC 8866 §9: non-zero-int-or-real; peers write 0 too.
    private static bool IsDecimal(string? value)
    {
        ReadOnlySpan<char> text = value.AsSpan();
        int point = text.IndexOf('.');
        return SdpText.TryParseNumber(point < 0 ? text : text[..point], out _) && (point < 0 || SdpText.TryParseNumber(text[(point + 1)..], out _));
    }
}
