using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A packet of a telephone event that is due: what its RTP header needs, and its report.</summary>
/// <param name="Report">The payload.</param>
/// <param name="Timestamp">The start of the event or of its segment (RFC 4733 §2.2.1).</param>
/// <param name="Marker">Whether it is the event's first packet (§2.2.2).</param>
public readonly record struct TelephoneEventPacket(TelephoneEvent Report, uint Timestamp, bool Marker);

/// <summary>Sends one event at a time: reports at an interval while it lasts, segments when it is long, its end three times (RFC 4733 §2.5.1).</summary>
/// <remarks>Sans-IO: poll <see cref="TryTransmit"/> when <see cref="NextTimeout"/> has come. The packets go into the audio stream's own sequence numbers and clock.</remarks>
public sealed class TelephoneEventSender
{
    private const int EndReports = 3;                                     // §2.5.1.4
    private readonly uint _clockRate;
    private readonly TimeSpan _interval;
    private Instant _startedAt;
    private uint _timestamp, _segmentStart, _total, _reported;
    private byte _code, _volume;
    private bool _isFirst;
    private int _endsLeft;

    /// <summary>Creates an idle sender.</summary>
    /// <param name="clockRate">The clock of telephone-event as negotiated, which is that of the audio: 8000 or 48000.</param>
    /// <param name="interval">The time between reports: 50 ms is recommended (§2.5.1.2); from 5 ms to 1 s.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value lies outside its range.</exception>
    public TelephoneEventSender(uint clockRate, TimeSpan interval)
    {
        _clockRate = Require.InRange(clockRate, 1000u, 384000u);
        _interval = Require.InRange(interval, TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1));
    }

    /// <summary>Whether an event is being sent, its repeated end included.</summary>
    public bool IsActive => !NextTimeout.IsNever;

    /// <summary>When the next packet is due, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout { get; private set; } = Instant.Never;

    /// <summary>Starts an event; one that is under way is broken off.</summary>
    /// <param name="code">The event.</param>
    /// <param name="duration">How long it lasts; from 1 ms to 10 min.</param>
    /// <param name="timestamp">The audio stream's RTP timestamp now.</param>
    /// <param name="now">The time of the call, when the first packet is due.</param>
    /// <param name="volume">The tone's power in -dBm0, 0 to 63.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value lies outside its range.</exception>
    public void Start(byte code, TimeSpan duration, uint timestamp, Instant now, byte volume = 10)
    {
        Require.InRange(duration, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
        (_code, _volume) = (code, Require.InRange(volume, (byte)0, (byte)63));
        _total = (uint)(duration.Ticks * _clockRate / TimeSpan.TicksPerSecond);
        (_startedAt, _timestamp, _segmentStart, _reported, _isFirst, _endsLeft) = (now, timestamp, 0, 0, true, EndReports);
        NextTimeout = now;
    }

    /// <summary>Ends the event now: its end is what is due next.</summary>
    public void Stop(Instant now)
    {
        if (IsActive && _endsLeft == EndReports) _total = Math.Min(_total, Math.Max(_reported, Elapsed(now)));
    }

    /// <summary>Takes the packet that is due. False when none is.</summary>
    public bool TryTransmit(Instant now, out TelephoneEventPacket packet)
    {
        packet = default;
        if (now < NextTimeout) return false;
        uint elapsed = Math.Min(_total, Elapsed(now + _interval));        // the report covers the time until the next one
        bool isFull = elapsed - _segmentStart > ushort.MaxValue;          // §2.5.1.3: a segment ends without E
        bool isEnd = !isFull && elapsed == _total;
        uint duration = isFull ? ushort.MaxValue : elapsed - _segmentStart;
        packet = new TelephoneEventPacket(new TelephoneEvent(_code, isEnd, _volume, (ushort)duration), _timestamp + _segmentStart, _isFirst);
        _isFirst = false;
        _reported = _segmentStart + duration;
        if (isFull) _segmentStart += ushort.MaxValue;
        NextTimeout = isEnd && --_endsLeft == 0 ? Instant.Never : isFull ? now : now + _interval;
        return true;
    }

    private uint Elapsed(Instant now) => (uint)Math.Max(0, (now - _startedAt).Ticks * _clockRate / TimeSpan.TicksPerSecond);
}
