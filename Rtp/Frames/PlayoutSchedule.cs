using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>When packets are to be played: their time on the network's best path, and the delay on top of it that jitter, application and sender ask for.</summary>
internal sealed class PlayoutSchedule(JitterBufferOptions options)
{
    private readonly PlayoutClock _clock = new(options.MaxTimestampJump);
    private readonly DelayEstimator _estimator = new();

    public TimeSpan? TargetDelay { get; set; }

    public TimeSpan SynchronizationDelay { get; set; }

    public PlayoutDelay? Limits { get; set; }

    /// <summary>Counts up whenever the stream's time starts anew.</summary>
    public int Epoch => _clock.Epoch;

    /// <summary>The delay that the network's jitter alone asks for.</summary>
    public TimeSpan MinimumDelay => Limit(_estimator.Delay);

    /// <summary>The delay in force.</summary>
    public TimeSpan CurrentDelay
    {
        get
        {
            TimeSpan delay = _estimator.Delay;
            if (TargetDelay is { } target && target > delay) delay = target;
            if (SynchronizationDelay > delay) delay = SynchronizationDelay;
            return Limit(delay);
        }
    }

    /// <summary>Takes a packet that is newer than those before, which moves the clock.</summary>
    /// <returns>Its media time.</returns>
    public long Advance(uint timestamp, uint clockRate, Instant now)
    {
        (long media, TimeSpan lateness) = _clock.Advance(timestamp, clockRate, now);
        _estimator.Add(lateness);
        return media;
    }

    /// <summary>The media time of padding and of stragglers, which do not move the clock.</summary>
    public long Locate(uint timestamp) => _clock.GetMediaTime(timestamp);

    /// <summary>Learns how late a straggler is.</summary>
    public void LearnFrom(uint timestamp, Instant now)
    {
        // Audio that was overtaken on the way would have been in time with more delay; video is late because it was sent again.
        if (options.Kind == JitterBufferKind.Audio && _clock.ClockRate > 0) _estimator.Add(now - _clock.GetEarliest(_clock.GetMediaTime(timestamp)));
    }

    public Instant PlayoutOf(in PacketSlot slot) =>
        slot.Epoch == _clock.Epoch ? _clock.GetEarliest(slot.MediaTime) + CurrentDelay : slot.Arrival;

    private TimeSpan Limit(TimeSpan delay)
    {
        if (Limits is { } limits)
        {
            if (delay < limits.Minimum) delay = limits.Minimum;
            if (delay > limits.Maximum) delay = limits.Maximum;
        }
        if (delay < options.MinDelay) delay = options.MinDelay;
        return delay > options.MaxDelay ? options.MaxDelay : delay;
    }
}
