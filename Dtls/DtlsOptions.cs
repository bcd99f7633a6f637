namespace WebRtcStack.Dtls;

/// <summary>What a <see cref="DtlsConnection"/> is made with.</summary>
/// <remarks>
/// Worst-case memory of a connection, apart from its keys: twice <see cref="MaxHandshakeMessageSize"/> and an eighth of that
/// for reassembly, <see cref="MaxHandshakeMessageSize"/> per message of a handshake (at most 16) for its transcript until it ends, and
/// twice <see cref="MaxEarlyBytes"/>; 14 kB of numbers of sent and received records in DTLS 1.3. A handshake with a browser needs 20 kB,
/// a connection after it 1 kB and twice <see cref="ReplayWindow"/> bits.
/// </remarks>
public sealed record DtlsOptions
{
    /// <summary>The largest UDP payload over IPv4.</summary>
    internal const int MaxPathMtu = 65_507;

    private const int MaxListLength = 32;
    private const int MaxRecordSizeLimit = (1 << 14) + 1;

    /// <summary>The smallest <see cref="PathMtu"/>, in bytes.</summary>
    public const int MinPathMtu = 256;

    /// <summary>Our certificate; it stays the caller's and must outlive the handshake.</summary>
    public required DtlsCertificate Certificate { get; init; }

    /// <summary>Who opens the handshake. Default client.</summary>
    public DtlsRole Role { get; init; } = DtlsRole.Client;

    /// <summary>
    /// SRTP protection profiles, most wanted first; the server's order decides (RFC 5764 §4.1.1). Empty: use_srtp is not negotiated.
    /// Default: both GCM profiles, then both of RFC 3711.
    /// </summary>
    /// <exception cref="ArgumentException">The list has more than 32 entries.</exception>
    public IReadOnlyList<SrtpProtectionProfile> SrtpProfiles { get; init => field = Listed(value, 0, nameof(SrtpProfiles)); } =
    [
        SrtpProtectionProfile.AeadAes128Gcm, SrtpProtectionProfile.AeadAes256Gcm,
        SrtpProtectionProfile.Aes128CmHmacSha1_80, SrtpProtectionProfile.Aes128CmHmacSha1_32,
    ];

    /// <summary>The versions to negotiate. Default both, preferring DTLS 1.3.</summary>
    public DtlsVersionPolicy Versions { get; init; } = DtlsVersionPolicy.Prefer13;

    /// <summary>Whether X25519MLKEM768 comes before <see cref="Groups"/>, instead of them, or not at all. Default before them.</summary>
    public DtlsPostQuantumPolicy PostQuantum { get; init; } = DtlsPostQuantumPolicy.Prefer;

    /// <summary>
    /// Cipher suites of both versions, most wanted first; suites that do not fit the certificate's key are left out by the server.
    /// A version without any suite is not negotiated. At least one must remain for <see cref="Versions"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The list is empty or has more than 32 entries.</exception>
    public IReadOnlyList<DtlsCipherSuite> CipherSuites { get; init => field = Listed(value, 1, nameof(CipherSuites)); } =
    [
        DtlsCipherSuite.TLS_AES_128_GCM_SHA256, DtlsCipherSuite.TLS_AES_256_GCM_SHA384, DtlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, DtlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    /// <summary>
    /// Classical groups of the key exchange, most wanted first. At least one; <see cref="PostQuantum"/> adds X25519MLKEM768. Keep
    /// secp256r1 among them: in DTLS 1.2 some peers (OpenSSL) take the list to name the curves of certificates as well (RFC 8422 §5.1.1).
    /// </summary>
    /// <exception cref="ArgumentException">The list is empty, has more than 32 entries, or names a group that is not classical.</exception>
    public IReadOnlyList<DtlsNamedGroup> Groups { get; init => field = Classical(Listed(value, 1, nameof(Groups)), nameof(Groups)); } =
        [DtlsNamedGroup.X25519, DtlsNamedGroup.Secp256r1, DtlsNamedGroup.Secp384r1];

    /// <summary>The largest UDP payload in bytes that handshake flights use. Default 1200, from 256 to 65507.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int PathMtu { get; init => field = Require.InRange(value, MinPathMtu, MaxPathMtu); } = 1200;

    /// <summary>
    /// The first retransmission timeout of a flight; it doubles with each retransmission. Default 100 ms, from 10 ms to 60 s.
    /// RFC 6347 §4.2.4.1 has 1 s for paths that nothing is known of; ICE has just shown that this one works (RFC 9147 §5.8.2).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan InitialRetransmission { get; init => field = Require.InRange(value, s_tenMilliseconds, s_minute); } =
        TimeSpan.FromMilliseconds(100);

    /// <summary>Where the doubling ends. Default 3 s, from 10 ms to 60 s (RFC 6347 §4.2.4.1 allows up to 60 s).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxRetransmission { get; init => field = Require.InRange(value, s_tenMilliseconds, s_minute); } =
        TimeSpan.FromSeconds(3);

    /// <summary>From <see cref="DtlsConnection.Start"/> to the end of the handshake at most. Default 30 s, from 1 s to 10 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan HandshakeTimeout
    {
        get;
        init => field = Require.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(30);

    /// <summary>The longest handshake message accepted, in bytes. Default 65536, from 1024 to 1 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxHandshakeMessageSize { get; init => field = Require.InRange(value, 1024, 1 << 20); } = 64 * 1024;

    /// <summary>
    /// Bytes kept of records that came before their keys, and as many of application data that came before the peer was known.
    /// Default 16384, from 0 to 1 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxEarlyBytes { get; init => field = Require.InRange(value, 0, 1 << 20); } = 16 * 1024;

    /// <summary>Records that may arrive out of order, a multiple of 64. Default 256, from 64 to 32768 (RFC 6347 §4.1.2.6).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    /// <exception cref="ArgumentException">It is no multiple of 64.</exception>
    public int ReplayWindow { get; init => field = Core.ReplayWindow.RequireSize(value); } = 256;

    /// <summary>
    /// The largest plaintext of a record that we want to receive, which the peer is told with record_size_limit (RFC 8449 §4); in
    /// DTLS 1.3 one byte of it is the content type. Default 16385, which is no limit of our own; from 64 to 16385 bytes.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int RecordSizeLimit { get; init => field = Require.InRange(value, 64, MaxRecordSizeLimit); } = MaxRecordSizeLimit;

    /// <summary>
    /// Records sent with one key of DTLS 1.3 before it is updated (RFC 9147 §4.5.3). Default 2^24, from 16 to 2^24: the limit of AES-GCM
    /// is 2^24.5 (RFC 8446 §5.5).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int RecordsPerKey { get; init => field = Require.InRange(value, 16, 1 << 24); } = 1 << 24;

    /// <summary>
    /// Whether a server demands a cookie before it answers a ClientHello (RFC 6347 §4.2.1, RFC 9147 §5.1). Default false: ICE has shown that
    /// the client is where it says, and the cookie costs a round trip.
    /// </summary>
    public bool RequireCookie { get; init; }

    /// <summary>
    /// Whether a peer without extended_master_secret is refused with handshake_failure (RFC 7627 §5.2, §5.3). Default true:
    /// every WebRTC endpoint has it.
    /// </summary>
    public bool RequireExtendedMasterSecret { get; init; } = true;

    /// <summary>
    /// Receives lines in NSS key log format, for debugging with a packet analyser. Whoever has these lines can read the traffic.
    /// Default null. Called on the thread that calls <see cref="DtlsConnection.Receive"/>.
    /// </summary>
    public Action<string>? KeyLog { get; init; }

    /// <summary>Whether a limit of our own is to be told to a peer of DTLS 1.2, too.</summary>
    internal bool AnnouncesRecordSize => RecordSizeLimit < MaxRecordSizeLimit;

    private static readonly TimeSpan s_tenMilliseconds = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static IReadOnlyList<DtlsNamedGroup> Classical(IReadOnlyList<DtlsNamedGroup> groups, string name)
    {
        foreach (DtlsNamedGroup group in groups)
        {
            if (group is not (DtlsNamedGroup.X25519 or DtlsNamedGroup.Secp256r1 or DtlsNamedGroup.Secp384r1))
                throw new ArgumentException($"{group} cannot be listed; set {nameof(PostQuantum)} for post-quantum groups.", name);
        }
        return groups;
    }

    private static IReadOnlyList<T> Listed<T>(IReadOnlyList<T> value, int minimum, string name)
    {
        if (Require.NotNull(value).Count < minimum || value.Count > MaxListLength)
            throw new ArgumentException($"The list must have {minimum} to {MaxListLength} entries.", name);
        return [.. value];
    }
}
