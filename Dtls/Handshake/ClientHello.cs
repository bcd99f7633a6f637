namespace WebRtcStack.Dtls;

/// <summary>ClientHello (RFC 6347 §4.2.1, RFC 5246 §7.4.1.2), as views into the message.</summary>
internal ref struct ClientHello
{
    private const ushort RenegotiationScsv = 0x00FF;               // TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746 §3.3

    public ushort Version { get; private set; }

    public ReadOnlySpan<byte> Random { get; private set; }

    public ReadOnlySpan<byte> Cookie { get; private set; }

    /// <summary>As 16-bit numbers.</summary>
    public ReadOnlySpan<byte> CipherSuites { get; private set; }

    public ReadOnlySpan<byte> CompressionMethods { get; private set; }

    public HelloExtensions Extensions { get; private set; }

    /// <summary>Whether the client said in either way that it renegotiates securely (RFC 5746 §3.6).</summary>
    public readonly bool HasRenegotiationInfo =>
        Extensions.Has(ExtensionType.RenegotiationInfo) || Vectors.ContainsNumber(CipherSuites, RenegotiationScsv);

    /// <summary>Whether the client speaks DTLS 1.2; version numbers count downwards.</summary>
    public readonly bool OffersDtls12 => Extensions.Has(ExtensionType.SupportedVersions)
        ? Vectors.ContainsNumber(Extensions.SupportedVersions, DtlsVersion.Dtls12)
        : Version >> 8 == 0xFE && Version <= DtlsVersion.Dtls12;

    public static bool TryParse(ReadOnlySpan<byte> body, out ClientHello hello)
    {
        hello = default;
        WireReader reader = new(body);
        if (!reader.TryReadUInt16(out ushort version) || !reader.TryReadBytes(32, out ReadOnlySpan<byte> random) ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> sessionId) || sessionId.Length > 32 ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> cookie) ||
            !reader.TryReadNumbers16(out ReadOnlySpan<byte> suites) ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> compression) || compression.IsEmpty ||
            !HelloExtensions.TryParse(reader.Rest, fromClient: true, out HelloExtensions extensions)) return false;
        hello = new ClientHello
        {
            Version = version,
            Random = random,
            Cookie = cookie,
            CipherSuites = suites,
            CompressionMethods = compression,
            Extensions = extensions,
        };
        return true;
    }

    /// <summary>Writes our ClientHello: DTLS 1.2, no session to resume.</summary>
    public static void Write(ref WireWriter writer, DtlsOptions options, scoped ReadOnlySpan<byte> random, scoped ReadOnlySpan<byte> cookie)
    {
        writer.WriteUInt16(DtlsVersion.Dtls12);
        writer.WriteBytes(random);
        writer.WriteVector8([]);                                   // session_id
        writer.WriteVector8(cookie);
        Span<byte> numbers = stackalloc byte[64];
        WireWriter list = new(numbers);
        foreach (DtlsCipherSuite id in options.CipherSuites)
        {
            if (CipherSuite.TryGet(id, out _)) list.WriteUInt16((ushort)id);
        }
        writer.WriteVector16(list.Written);
        writer.WriteVector8([0]);                                  // compression: null

        Span<byte> length = HelloExtensions.BeginBlock(ref writer);
        int start = writer.Length;
        HelloExtensions.WriteCommon(ref writer, extendedMasterSecret: true, renegotiationInfo: true, pointFormats: true);
        list = new WireWriter(numbers);
        foreach (DtlsNamedGroup group in options.Groups) list.WriteUInt16((ushort)group);
        WriteList(ref writer, ExtensionType.SupportedGroups, list.Written);
        list = new WireWriter(numbers);
        foreach (SignatureScheme scheme in SignatureSchemes.Accepted) list.WriteUInt16((ushort)scheme);
        WriteList(ref writer, ExtensionType.SignatureAlgorithms, list.Written);
        if (options.SrtpProfiles.Count > 0) HelloExtensions.WriteUseSrtp(ref writer, [.. options.SrtpProfiles]);
        HelloExtensions.EndBlock(writer, length, start);
    }

    private static void WriteList(ref WireWriter writer, ExtensionType type, scoped ReadOnlySpan<byte> numbers)
    {
        writer.WriteUInt16((ushort)type);
        writer.WriteUInt16((ushort)(numbers.Length + 2));
        writer.WriteVector16(numbers);
    }
}
