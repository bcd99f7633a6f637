using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What happened to a telephone event.</summary>
public enum TelephoneEventChange
{
    /// <summary>It began.</summary>
    Started,

    /// <summary>It ended, or its reports stopped.</summary>
    Ended,
}

/// <summary>A change of a telephone event.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Code">The event, see <see cref="TelephoneEvent.ToneOf"/>.</param>
/// <param name="Duration">How long it has lasted, in units of the RTP clock, all segments together.</param>
public readonly record struct TelephoneEventNotice(TelephoneEventChange Change, byte Code, uint Duration);

/// <summary>Turns reports into beginnings and ends: repeated, lost, reordered and stale ones too (RFC 4733 §2.5.2).</summary>
/// <remarks>Sans-IO. At most 64 notices wait to be read; later ones are dropped.</remarks>
public sealed class TelephoneEventReceiver
{
    private const int MaxNotices = 64;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(300);   // §2.5.2.2: some three intervals, then the tone has ended
    private readonly Queue<TelephoneEventNotice> _notices = new(MaxNotices);
    private byte _code;
    private uint _segment, _before, _duration;                            // the segment's timestamp; earlier segments' and this one's length
    private bool _isOn, _hasSeen;

    /// <summary>When an event without an end is given up, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout { get; private set; } = Instant.Never;

    /// <summary>Reports that were cut off or belonged to events already over.</summary>
    public long Ignored { get; private set; }

    /// <summary>Takes a payload.</summary>
    public void Receive(ReadOnlySpan<byte> payload, uint timestamp, bool marker, Instant now)
    {
        WireReader reader = new(payload);
        bool any = false;
        while (TelephoneEvent.TryRead(ref reader, out TelephoneEvent report))
        {
            any = true;
            Take(report, timestamp, now);
            timestamp += report.Duration;                                 // §2.5.1.5: packed events follow each other
        }
        if (!any || !reader.IsEmpty) Ignored++;
    }

    /// <summary>Ends an event whose reports have stopped. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        if (now >= NextTimeout) End();
    }

    /// <summary>Reads the next change. False when there is none.</summary>
    public bool TryReadEvent(out TelephoneEventNotice notice) => _notices.TryDequeue(out notice);

    private void Take(in TelephoneEvent report, uint timestamp, Instant now)
    {
        if (_hasSeen && timestamp != _segment)
        {
            if (SerialNumber.IsLess(timestamp, _segment))
            {
                Ignored++;                                                // §2.5.2.2: an event that is over does not come back
                return;
            }
            if (_isOn && report.Code == _code && timestamp == _segment + ushort.MaxValue)
            {
                _before += ushort.MaxValue;                               // §2.5.2.3: the next segment of a long event
                (_segment, _duration) = (timestamp, 0);
            }
            else if (_isOn)
            {
                End();
            }
        }
        if (!_isOn)
        {
            if (_hasSeen && timestamp == _segment) return;                // the end, once more
            (_code, _segment, _before, _duration, _isOn, _hasSeen) = (report.Code, timestamp, 0, 0, true, true);
            Notify(TelephoneEventChange.Started);
        }
        _duration = Math.Max(_duration, report.Duration);
        NextTimeout = now + s_patience;
        if (report.IsEnd) End();
    }

    private void End()
    {
        (_isOn, NextTimeout) = (false, Instant.Never);
        Notify(TelephoneEventChange.Ended);
    }

    private void Notify(TelephoneEventChange change)
    {
        if (_notices.Count < MaxNotices) _notices.Enqueue(new TelephoneEventNotice(change, _code, _before + _duration));
    }
}
