namespace WebRtcStack.Dtls;

/// <summary>ServerHello (RFC 5246 §7.4.1.3, RFC 8446 §4.1.3) and HelloRetryRequest, which looks like one (§4.1.4), as views into the message.</summary>
internal ref struct ServerHello
{
    public ushort Version { get; private set; }

    public ReadOnlySpan<byte> Random { get; private set; }

    public ReadOnlySpan<byte> SessionId { get; private set; }

    public DtlsCipherSuite CipherSuite { get; private set; }

    public byte CompressionMethod { get; private set; }

    public HelloExtensions Extensions { get; private set; }

    /// <summary>Whether the server chose DTLS 1.3.</summary>
    public readonly bool IsDtls13 => Extensions.Has(ExtensionType.SupportedVersions);

    /// <summary>Whether it is a HelloRetryRequest.</summary>
    public readonly bool IsRetryRequest => IsDtls13 && Random.SequenceEqual(RetryRandom);

    /// <summary>Whether the server says that it would speak a newer version than the one it chose (RFC 8446 §4.1.3).</summary>
    public readonly bool HasDowngradeSentinel => Random[24..31].SequenceEqual(DowngradeSentinel[..7]) && Random[31] <= 1;

    /// <summary>The last bytes of the random of a server that would have spoken DTLS 1.3 but chose DTLS 1.2 (RFC 8446 §4.1.3).</summary>
    public static ReadOnlySpan<byte> DowngradeSentinel => [0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x01];

    // RFC 8446 §4.1.3: SHA-256 of "HelloRetryRequest"
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];

    public static bool TryParse(ReadOnlySpan<byte> body, out ServerHello hello)
    {
        hello = default;
        WireReader reader = new(body);
        if (!reader.TryReadUInt16(out ushort version) || !reader.TryReadBytes(32, out ReadOnlySpan<byte> random) ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> sessionId) || sessionId.Length > 32 ||
            !reader.TryReadUInt16(out ushort suite) || !reader.TryReadByte(out byte compression)) return false;
        HelloKind kind = random.SequenceEqual(RetryRandom) ? HelloKind.HelloRetryRequest : HelloKind.ServerHello;
        if (!HelloExtensions.TryParse(reader.Rest, kind, out HelloExtensions extensions)) return false;
        hello = new ServerHello
        {
            Version = version,
            Random = random,
            SessionId = sessionId,
            CipherSuite = (DtlsCipherSuite)suite,
            CompressionMethod = compression,
            Extensions = extensions,
        };
        return true;
    }

    /// <summary>Writes our ServerHello of DTLS 1.2 with the answers to what the client offered.</summary>
    public static void Write(
        ref WireWriter writer, in ClientHello client, scoped ReadOnlySpan<byte> random, DtlsCipherSuite suite,
        SrtpProtectionProfile? srtpProfile, int recordSizeLimit)
    {
        WriteFixed(ref writer, random, suite);
        Span<byte> length = ExtensionWriter.BeginBlock(ref writer);
        int start = writer.Length;
        ExtensionWriter.WriteCommon(ref writer, client.Extensions.Has(ExtensionType.ExtendedMasterSecret),
            client.HasRenegotiationInfo, client.Extensions.Has(ExtensionType.EcPointFormats));
        if (srtpProfile is SrtpProtectionProfile profile) ExtensionWriter.WriteUseSrtp(ref writer, profile);
        if (client.Extensions.Has(ExtensionType.RecordSizeLimit))
        {
            ExtensionWriter.WriteNumber(ref writer, ExtensionType.RecordSizeLimit,
                (ushort)Math.Min(recordSizeLimit, RecordHeader.MaxPlaintext));
        }
        ExtensionWriter.EndBlock(writer, length, start);
    }

    /// <summary>Writes our ServerHello of DTLS 1.3; all that is not needed for its keys goes into EncryptedExtensions.</summary>
    public static void WriteDtls13(
        ref WireWriter writer, scoped ReadOnlySpan<byte> random, DtlsCipherSuite suite, DtlsNamedGroup group, scoped ReadOnlySpan<byte> share)
    {
        WriteFixed(ref writer, random, suite);
        Span<byte> length = ExtensionWriter.BeginBlock(ref writer);
        int start = writer.Length;
        ExtensionWriter.WriteNumber(ref writer, ExtensionType.SupportedVersions, DtlsVersion.Dtls13);
        writer.WriteUInt16((ushort)ExtensionType.KeyShare);
        writer.WriteUInt16((ushort)(HandshakeKeyShare.HeaderSize + share.Length));
        HandshakeKeyShare.Write(ref writer, group, share);
        ExtensionWriter.EndBlock(writer, length, start);
    }

    /// <summary>Writes our HelloRetryRequest.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="suite">The suite, which stays.</param>
    /// <param name="group">The group whose share is missing, or none.</param>
    /// <param name="cookie">The cookie, or none.</param>
    public static void WriteRetryRequest(ref WireWriter writer, DtlsCipherSuite suite, DtlsNamedGroup group, scoped ReadOnlySpan<byte> cookie)
    {
        WriteFixed(ref writer, RetryRandom, suite);
        Span<byte> length = ExtensionWriter.BeginBlock(ref writer);
        int start = writer.Length;
        ExtensionWriter.WriteNumber(ref writer, ExtensionType.SupportedVersions, DtlsVersion.Dtls13);
        if (group != DtlsNamedGroup.None) ExtensionWriter.WriteNumber(ref writer, ExtensionType.KeyShare, (ushort)group);
        if (!cookie.IsEmpty) ExtensionWriter.WriteList(ref writer, ExtensionType.Cookie, cookie);
        ExtensionWriter.EndBlock(writer, length, start);
    }

    private static void WriteFixed(ref WireWriter writer, scoped ReadOnlySpan<byte> random, DtlsCipherSuite suite)
    {
        writer.WriteUInt16(DtlsVersion.Dtls12);
        writer.WriteBytes(random);
        writer.WriteVector8([]);                                   // session_id: nothing to resume; never echoed (RFC 9147 §5)
        writer.WriteUInt16((ushort)suite);
        writer.WriteByte(0);
    }
}
