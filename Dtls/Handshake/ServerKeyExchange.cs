namespace WebRtcStack.Dtls;

/// <summary>ServerKeyExchange of ECDHE (RFC 8422 §5.4) and the signed structures of TLS 1.2, as views into the message.</summary>
internal ref struct ServerKeyExchange
{
    private const byte NamedCurve = 3;

    public DtlsNamedGroup Group { get; private set; }

    public ReadOnlySpan<byte> PublicKey { get; private set; }

    /// <summary>What is signed, behind both randoms.</summary>
    public ReadOnlySpan<byte> Parameters { get; private set; }

    public SignatureScheme Scheme { get; private set; }

    public ReadOnlySpan<byte> Signature { get; private set; }

    public static bool TryParse(ReadOnlySpan<byte> body, out ServerKeyExchange message)
    {
        message = default;
        WireReader reader = new(body);
        if (!reader.TryReadByte(out byte curveType) || curveType != NamedCurve || !reader.TryReadUInt16(out ushort group) ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> publicKey)) return false;
        ReadOnlySpan<byte> parameters = body[..^reader.Remaining];
        if (!TryReadSigned(reader.Rest, out SignatureScheme scheme, out ReadOnlySpan<byte> signature)) return false;
        message = new ServerKeyExchange
        {
            Group = (DtlsNamedGroup)group,
            PublicKey = publicKey,
            Parameters = parameters,
            Scheme = scheme,
            Signature = signature,
        };
        return true;
    }

    /// <summary>Writes the parameters; <see cref="WriteSigned"/> follows.</summary>
    public static void WriteParameters(ref WireWriter writer, DtlsNamedGroup group, scoped ReadOnlySpan<byte> publicKey)
    {
        writer.WriteByte(NamedCurve);
        writer.WriteUInt16((ushort)group);
        writer.WriteVector8(publicKey);
    }

    /// <summary>Reads a digitally-signed element that ends its message, such as the whole of CertificateVerify (RFC 5246 §4.7).</summary>
    public static bool TryReadSigned(ReadOnlySpan<byte> rest, out SignatureScheme scheme, out ReadOnlySpan<byte> signature)
    {
        WireReader reader = new(rest);
        signature = default;
        bool read = reader.TryReadUInt16(out ushort value) && reader.TryReadVector16(out signature) && reader.IsEmpty;
        scheme = (SignatureScheme)value;
        return read;
    }

    public static void WriteSigned(ref WireWriter writer, SignatureScheme scheme, scoped ReadOnlySpan<byte> signature)
    {
        writer.WriteUInt16((ushort)scheme);
        writer.WriteVector16(signature);
    }
}
