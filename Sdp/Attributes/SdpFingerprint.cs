namespace WebRtcStack.Sdp;

/// <summary>An <c>a=fingerprint</c> line (RFC 8122 §5): the hash of a certificate.</summary>
/// <param name="Algorithm">The hash function, in lower case: "sha-256".</param>
/// <param name="Value">Hexadecimal bytes, in upper case, parted by colons.</param>
public sealed record SdpFingerprint(string Algorithm, string Value)
{
    /// <summary>Reads the value of the attribute. False when it is not a name and a list of hexadecimal bytes.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpFingerprint? fingerprint)
    {
        fingerprint = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> algorithm) || !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> bytes))
            return false;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (i % 3 == 2 ? bytes[i] != ':' : !Uri.IsHexDigit(bytes[i])) return false;
        }
        if (bytes.Length % 3 != 2) return false;
        fingerprint = new SdpFingerprint(algorithm.ToString().ToLowerInvariant(), bytes.ToString().ToUpperInvariant());
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => Algorithm + " " + Value;
}

/// <summary>The <c>a=setup</c> attribute (RFC 4145 §4, RFC 8842 §5.1): who opens the DTLS association.</summary>
public enum SdpSetup
{
    /// <summary>The side opens it: DTLS client.</summary>
    Active,

    /// <summary>The side waits: DTLS server.</summary>
    Passive,

    /// <summary>The side can do either; for offers.</summary>
    ActPass,

    /// <summary>No association for now.</summary>
    HoldConn,
}

/// <summary>The names of <see cref="SdpSetup"/> on the wire.</summary>
public static class SdpSetupNames
{
    /// <summary>The value of the attribute.</summary>
    public static string ToSdp(this SdpSetup setup) => setup switch
    {
        SdpSetup.Active => "active",
        SdpSetup.Passive => "passive",
        SdpSetup.ActPass => "actpass",
        _ => "holdconn",
    };

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, out SdpSetup setup)
    {
        setup = value switch
        {
            "active" => SdpSetup.Active,
            "passive" => SdpSetup.Passive,
            "actpass" => SdpSetup.ActPass,
            _ => SdpSetup.HoldConn,
        };
        return setup != SdpSetup.HoldConn || value == "holdconn";
    }
}
