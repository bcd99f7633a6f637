namespace WebRtcStack.Dtls;

/// <summary>The limits of a <see cref="DtlsCookieKeeper"/>.</summary>
/// <remarks>
/// Worst-case memory of a keeper: <see cref="MaxPendingClients"/> times <see cref="MaxClientHelloSize"/> and an eighth of that, and 300 bytes
/// for each of these; 1.2 MB with the defaults. A ClientHello in one datagram takes none.
/// </remarks>
public sealed record DtlsCookieOptions
{
    /// <summary>
    /// How often the secret of cookies is changed; a cookie is good for one to two times as long (RFC 9147 §5.1). Default 30 s, from 5 s to 10 min.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan Lifetime
    {
        get;
        init => field = Require.InRange(value, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(30);

    /// <summary>The longest ClientHello accepted, in bytes. Default 4096, from 512 to 16384. With X25519MLKEM768 it has some 1500.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxClientHelloSize { get; init => field = Require.InRange(value, 512, 16384); } = 4096;

    /// <summary>
    /// Clients of which a part of a fragmented ClientHello is kept; one more takes the place of the oldest. Default 256, from 1 to 65536.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPendingClients { get; init => field = Require.InRange(value, 1, 65536); } = 256;
}
