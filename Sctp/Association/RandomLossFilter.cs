namespace WebRtcStack.Sctp;

/// <summary>
/// Tells losses of a noisy path from losses of a full queue, which alone are a reason to slow down.
/// </summary>
/// <remarks>
/// An extension of ours, off with <see cref="SctpOptions.RandomLossTolerance"/> = 0. Loss-based control takes every loss as
/// congestion; at a random loss rate p its window cannot exceed about 1.2/sqrt(p) packets, whatever the path carries: 12
/// packets at 1 %. But a packet that a drop-tail queue refused leaves witnesses: the packets sent right before and after
/// it waited behind a full queue, so their round trip is the least one plus the depth of that queue. A loss is taken as random only
/// when that is missing (the latest round trip is within an eighth of the least of the last half minute, which even a queue of a
/// quarter of the bandwidth-delay product exceeds), and only while the share of lost bytes stays below the tolerance: a queue
/// too shallow to be seen, or a policer, loses more than that as soon as it is overrun, and then the window is reduced as
/// always. Two such senders on one queue see the same delay and so reduce by the same rule, which keeps them as fair to
/// each other as without it. On a path whose delay is noise, the test fails and every loss counts.
/// </remarks>
internal sealed class RandomLossFilter(double tolerance)
{
    private const long Memory = 2_000_000;                            // bytes after which what was seen counts half
    private const long Doubt = 100_000;                               // before this much was delivered the share says little
    private double _delivered;
    private double _lost;
    private bool _queueIsEmpty;

    public void Restart() => (_delivered, _lost, _queueIsEmpty) = (0, 0, false);

    public void Delivered(in Acknowledgement acknowledgement)
    {
        _delivered += acknowledgement.Bytes;
        if (_delivered > Memory)
        {
            _delivered /= 2;
            _lost /= 2;
        }
        if (acknowledgement.RoundTrip < TimeSpan.Zero) return;
        long least = acknowledgement.MinimumRoundTrip.Ticks;
        _queueIsEmpty = acknowledgement.RoundTrip.Ticks <= least + least / 8;
    }

    /// <summary>Takes in a loss and judges it.</summary>
    public bool IsRandom(long lostBytes)
    {
        if (tolerance == 0) return false;
        _lost += lostBytes;
        return _queueIsEmpty && _lost <= tolerance * Math.Max(_delivered + _lost, Doubt);
    }
}
