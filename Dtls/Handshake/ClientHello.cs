namespace WebRtcStack.Dtls;

/// <summary>ClientHello (RFC 6347 §4.2.1, RFC 5246 §7.4.1.2, RFC 9147 §5.3), as views into the message.</summary>
internal ref struct ClientHello
{
    private const ushort RenegotiationScsv = 0x00FF;               // TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746 §3.3

    public ushort Version { get; private set; }

    public ReadOnlySpan<byte> Random { get; private set; }

    /// <summary>That of DTLS 1.2; DTLS 1.3 has an extension for it.</summary>
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

    /// <summary>Whether the client speaks DTLS 1.3 (RFC 8446 §4.2.1).</summary>
    public readonly bool OffersDtls13 => Vectors.ContainsNumber(Extensions.SupportedVersions, DtlsVersion.Dtls13);

    public static bool TryParse(ReadOnlySpan<byte> body, out ClientHello hello)
    {
        hello = default;
        WireReader reader = new(body);
        if (!reader.TryReadUInt16(out ushort version) || !reader.TryReadBytes(32, out ReadOnlySpan<byte> random) ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> sessionId) || sessionId.Length > 32 ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> cookie) ||
            !reader.TryReadNumbers16(out ReadOnlySpan<byte> suites) ||
            !reader.TryReadVector8(out ReadOnlySpan<byte> compression) || compression.IsEmpty ||
            !HelloExtensions.TryParse(reader.Rest, HelloKind.ClientHello, out HelloExtensions extensions)) return false;
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

    /// <summary>Writes our ClientHello: no session to resume.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="options">What to offer.</param>
    /// <param name="offer">What of it is negotiable.</param>
    /// <param name="random">client_random.</param>
    /// <param name="cookie12">The cookie of a HelloVerifyRequest.</param>
    /// <param name="cookie13">The cookie of a HelloRetryRequest.</param>
    /// <param name="shares">Entries of key_share.</param>
    public static void Write(
        ref WireWriter writer, DtlsOptions options, Offer offer, scoped ReadOnlySpan<byte> random, scoped ReadOnlySpan<byte> cookie12,
        scoped ReadOnlySpan<byte> cookie13, scoped ReadOnlySpan<byte> shares)
    {
        writer.WriteUInt16(DtlsVersion.Dtls12);                    // legacy_version: supported_versions says more
        writer.WriteBytes(random);
        writer.WriteVector8([]);                                   // session_id
        writer.WriteVector8(cookie12);
        WriteSuites(ref writer, options, offer);
        writer.WriteVector8([0]);                                  // compression: null
        Span<byte> length = ExtensionWriter.BeginBlock(ref writer);
        int start = writer.Length;
        if (offer.Dtls12)
            ExtensionWriter.WriteCommon(ref writer, extendedMasterSecret: true, renegotiationInfo: true, pointFormats: true);
        Span<byte> numbers = stackalloc byte[80];
        WireWriter list = new(numbers);
        foreach (DtlsNamedGroup group in offer.Groups) list.WriteUInt16((ushort)group);
        ExtensionWriter.WriteList(ref writer, ExtensionType.SupportedGroups, list.Written);
        ExtensionWriter.WriteSignatureAlgorithms(ref writer);
        if (options.SrtpProfiles.Count > 0) ExtensionWriter.WriteUseSrtp(ref writer, [.. options.SrtpProfiles]);
        if (options.AnnouncesRecordSize || offer.Dtls13)
            ExtensionWriter.WriteNumber(ref writer, ExtensionType.RecordSizeLimit, (ushort)options.RecordSizeLimit);
        if (offer.Dtls13) WriteDtls13(ref writer, offer, cookie13, shares);
        ExtensionWriter.EndBlock(writer, length, start);
    }

    private static void WriteSuites(ref WireWriter writer, DtlsOptions options, Offer offer)
    {
        Span<byte> numbers = stackalloc byte[64];
        WireWriter list = new(numbers);
        foreach (DtlsCipherSuite id in options.CipherSuites)
        {
            if (CipherSuite.TryGet(id, out CipherSuite suite) && (suite.IsDtls13 ? offer.Dtls13 : offer.Dtls12)) list.WriteUInt16((ushort)id);
        }
        writer.WriteVector16(list.Written);
    }

    private static void WriteDtls13(
        ref WireWriter writer, Offer offer, scoped ReadOnlySpan<byte> cookie, scoped ReadOnlySpan<byte> shares)
    {
        ReadOnlySpan<byte> versions = offer.Dtls12 ? [4, 0xFE, 0xFC, 0xFE, 0xFD] : [2, 0xFE, 0xFC];
        ExtensionWriter.Write(ref writer, ExtensionType.SupportedVersions, versions);
        if (!cookie.IsEmpty) ExtensionWriter.WriteList(ref writer, ExtensionType.Cookie, cookie);
        ExtensionWriter.WriteList(ref writer, ExtensionType.KeyShare, shares);
    }
}
