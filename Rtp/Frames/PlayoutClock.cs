using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Maps RTP timestamps to the time at which they would arrive at the network's best, whatever the drift between the clocks.</summary>
/// <remarks>The best is the least transit time of the last five to ten seconds. A timestamp that jumps begins a new epoch.</remarks>
internal sealed class PlayoutClock(TimeSpan maxJump)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(5);
    private long _ticks;                                                  // the highest timestamp, unwrapped, from the epoch's start
    private uint _timestamp;
    private Instant _arrival, _windowEnd = Instant.Never;
    private long _least, _leastBefore;                                    // transit: arrival minus media time, in ticks

    /// <summary>The clock rate of the latest packet in Hz; 0 before the first.</summary>
    public uint ClockRate { get; private set; }

    /// <summary>Counts up whenever the stream's time starts anew.</summary>
    public int Epoch { get; private set; }

    /// <summary>Takes a packet that is not older than those before.</summary>
    /// <returns>Its media time, and by how much it is later than at the network's best.</returns>
    public (long MediaTime, TimeSpan Lateness) Advance(uint timestamp, uint clockRate, Instant arrival)
    {
        if (clockRate != ClockRate || IsJump(timestamp, arrival)) Restart(timestamp, clockRate, arrival);
        _ticks += SerialNumber.Distance(_timestamp, timestamp);
        (_timestamp, _arrival) = (timestamp, arrival);
        long media = ToTicks(_ticks), transit = arrival.Ticks - media;
        if (arrival >= _windowEnd) (_leastBefore, _least, _windowEnd) = (_least, transit, arrival + s_window);
        _least = Math.Min(_least, transit);
        return (media, new TimeSpan(transit - Math.Min(_least, _leastBefore)));
    }

    /// <summary>The media time of a packet that is older than others.</summary>
    public long GetMediaTime(uint timestamp) => ToTicks(_ticks + SerialNumber.Distance(_timestamp, timestamp));

    /// <summary>When a media time of this epoch would have arrived at the network's best.</summary>
    public Instant GetEarliest(long mediaTime) => new(mediaTime + Math.Min(_least, _leastBefore));

    private bool IsJump(uint timestamp, Instant arrival)
    {
        long media = ToTicks(SerialNumber.Distance(_timestamp, timestamp)), elapsed = (arrival - _arrival).Ticks;
        return Math.Abs(media - elapsed) > maxJump.Ticks;
    }

    private void Restart(uint timestamp, uint clockRate, Instant arrival)
    {
        Epoch++;
        (ClockRate, _ticks, _timestamp, _arrival) = (clockRate, 0, timestamp, arrival);
        (_least, _leastBefore, _windowEnd) = (arrival.Ticks, arrival.Ticks, arrival + s_window);
    }

    // Whole seconds apart from the rest: the product would exceed 64 bits after some months.
    private long ToTicks(long units) => ClockRate == 0 ? 0
        : units / ClockRate * TimeSpan.TicksPerSecond + units % ClockRate * TimeSpan.TicksPerSecond / ClockRate;
}
