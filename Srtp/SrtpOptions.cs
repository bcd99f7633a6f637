namespace WebRtcStack.Srtp;

/// <summary>Limits of a protector or an unprotector.</summary>
/// <remarks>
/// Worst-case memory of either: <see cref="MaxStreams"/> times twice (RTP and RTCP) an eighth of <see cref="ReplayWindow"/> and
/// 100 bytes; 0.5 MB with the defaults, 10 kB in a usual call.
/// </remarks>
public sealed record SrtpOptions
{
    /// <summary>Packets that may arrive out of order, a multiple of 64. Default 1024, from 64 to 32768 (RFC 3711 §3.3.2 asks for 64).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    /// <exception cref="ArgumentException">It is no multiple of 64.</exception>
    public int ReplayWindow { get; init => field = Core.ReplayWindow.RequireSize(value); } = 1024;

    /// <summary>
    /// SSRCs of RTP, and of RTCP, that state is kept for. Default 1024, from 1 to 65536. Beyond it an unprotector drops packets of
    /// new SSRCs: forgetting old ones instead would let their packets be replayed. Only packets that authenticate count.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxStreams { get; init => field = Require.InRange(value, 1, 65536); } = 1024;
}
