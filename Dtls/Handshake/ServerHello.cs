namespace WebRtcStack.Dtls;

/// <summary>ServerHello (RFC 5246 §7.4.1.3), as views into the message.</summary>
internal ref struct ServerHello
{
    public ushort Version { get; private set; }

    public ReadOnlySpan<byte> Random { get; private set; }

    public DtlsCipherSuite CipherSuite { get; private set; }

    public byte CompressionMethod { get; private set; }

    public HelloExtensions Extensions { get; private set; }

    public static bool TryParse(ReadOnlySpan<byte> body, out ServerHello hello)
    {
        hello = default;
        WireReader reader = new(body);
        if (!reader.TryReadUInt16(out ushort version) || !reader.TryReadBytes(32, out ReadOnlySpan<byte> random) ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> sessionId) || sessionId.Length > 32 ||
            !reader.TryReadUInt16(out ushort suite) || !reader.TryReadByte(out byte compression) ||
            !HelloExtensions.TryParse(reader.Rest, fromClient: false, out HelloExtensions extensions)) return false;
        hello = new ServerHello
        {
            Version = version,
            Random = random,
            CipherSuite = (DtlsCipherSuite)suite,
            CompressionMethod = compression,
            Extensions = extensions,
        };
        return true;
    }

    /// <summary>Writes our ServerHello with the answers to what the client offered.</summary>
    public static void Write(
        ref WireWriter writer, in ClientHello client, scoped ReadOnlySpan<byte> random, DtlsCipherSuite suite,
        SrtpProtectionProfile? srtpProfile)
    {
        writer.WriteUInt16(DtlsVersion.Dtls12);
        writer.WriteBytes(random);
        writer.WriteVector8([]);                                   // session_id: nothing to resume
        writer.WriteUInt16((ushort)suite);
        writer.WriteByte(0);
        Span<byte> length = HelloExtensions.BeginBlock(ref writer);
        int start = writer.Length;
        HelloExtensions.WriteCommon(ref writer, client.Extensions.Has(ExtensionType.ExtendedMasterSecret),
            client.HasRenegotiationInfo, client.Extensions.Has(ExtensionType.EcPointFormats));
        if (srtpProfile is SrtpProtectionProfile profile) HelloExtensions.WriteUseSrtp(ref writer, profile);
        HelloExtensions.EndBlock(writer, length, start);
    }
}
