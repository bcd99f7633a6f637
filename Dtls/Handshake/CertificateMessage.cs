namespace WebRtcStack.Dtls;

/// <summary>Certificate (RFC 5246 §7.4.2) and CertificateRequest (§7.4.4).</summary>
internal static class CertificateMessage
{
    private const byte RsaSign = 1;
    private const byte EcdsaSign = 64;

    /// <summary>Reads the end entity's certificate; empty when the list is empty.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> endEntity)
    {
        endEntity = default;
        WireReader outer = new(body);
        if (!outer.TryReadVector24(out ReadOnlySpan<byte> list) || !outer.IsEmpty) return false;
        WireReader reader = new(list);
        bool first = true;
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadVector24(out ReadOnlySpan<byte> certificate) || certificate.IsEmpty) return false;
            if (first) endEntity = certificate;
            first = false;
        }
        return true;
    }

    /// <summary>Builds a list of one certificate.</summary>
    public static byte[] Build(ReadOnlySpan<byte> der)
    {
        byte[] body = new byte[6 + der.Length];
        WireWriter writer = new(body);
        writer.WriteUInt24((uint)der.Length + 3);
        writer.WriteUInt24((uint)der.Length);
        writer.WriteBytes(der);
        return body;
    }

    /// <summary>Reads the signature schemes of a CertificateRequest.</summary>
    public static bool TryParseRequest(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> schemes)
    {
        schemes = default;
        WireReader reader = new(body);
        return reader.TryReadVector8(out ReadOnlySpan<byte> types) && !types.IsEmpty && reader.TryReadNumbers16(out schemes) &&
               reader.TryReadVector16(out _) && reader.IsEmpty;
    }

    /// <summary>Writes a CertificateRequest for any certificate: the fingerprint decides, not an authority.</summary>
    public static void WriteRequest(ref WireWriter writer)
    {
        writer.WriteVector8([EcdsaSign, RsaSign]);
        writer.WriteUInt16((ushort)(2 * SignatureSchemes.Accepted.Length));
        foreach (SignatureScheme scheme in SignatureSchemes.Accepted) writer.WriteUInt16((ushort)scheme);
        writer.WriteVector16([]);                                  // certificate_authorities
    }
}
