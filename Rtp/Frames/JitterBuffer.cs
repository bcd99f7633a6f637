using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>
/// Puts the packets of one stream, in whatever order they come, together into frames, and hands these out in order, each when
/// its time has come.
/// </summary>
/// <remarks>
/// Sans-IO: <see cref="Insert(in RtpPacket, Instant, in RtpFrameHints)"/> what arrives, <see cref="TryReadFrame"/> when
/// <see cref="NextTimeout"/> has come. The delay follows the network's jitter, between limits, and
/// <see cref="TargetDelay"/> if that is more. Nothing is allocated per packet. Not thread-safe: one run loop owns it.
/// </remarks>
public sealed class JitterBuffer : IDisposable
{
    private const int MaxReorderAtStart = 128;
    private const int KeyFrameEventSeconds = 1;
    private const int MaxEvents = 4;
    private readonly JitterBufferOptions _options;
    private readonly (IRtpDepacketizer? Depacketizer, uint ClockRate)[] _formats = new (IRtpDepacketizer?, uint)[128];
    private readonly PacketRing _ring;
    private readonly PlayoutClock _clock;
    private readonly DelayEstimator _estimator = new();
    private readonly Decodability _decodability = new();
    private readonly FrameAssembler _assembler;
    private readonly Queue<JitterBufferEvent> _events = new(MaxEvents);
    private JitterBufferStatistics _statistics;
    private long _next, _highest, _scanned;                               // extended sequence numbers: first not handed out, newest, end of what is known to be contiguous
    private long _gapStart, _gapEnd;                                      // a gap at _next, and the packet behind it
    private bool _hasStarted, _hasDelivered, _atBoundary = true, _followsLoss;
    private byte _redPayloadType = byte.MaxValue;
    private ushort _strayNext;
    private bool _hasStray;
    private Instant _keyFrameEventAt;

    /// <summary>Creates an empty buffer without formats.</summary>
    public JitterBuffer(JitterBufferOptions options)
    {
        _options = Require.NotNull(options);
        _ring = new PacketRing(options.MaxPackets);
        _clock = new PlayoutClock(options.MaxTimestampJump);
        _assembler = new FrameAssembler(_ring, options.MaxFrameBytes);
    }

    /// <summary>What the buffer has done.</summary>
    public JitterBufferStatistics Statistics => _statistics;

    /// <summary>jitterBufferTarget (webrtc-extensions §6.2): the delay that the application asks for, or null. Limits hold nevertheless.</summary>
    public TimeSpan? TargetDelay { get; set; }

    /// <summary>The delay that keeps this stream in step with others of its sender; 0 for none.</summary>
    public TimeSpan SynchronizationDelay { get; set; }

    /// <summary>The stream's rid, which its frames carry; empty for none.</summary>
    public SdesIdentifier Rid { get; set; }

    /// <summary>Limits that the sender asked for with its packets (playout-delay), or null.</summary>
    public PlayoutDelay? PlayoutLimits { get; set; }

    /// <summary>The delay that the network's jitter alone asks for.</summary>
    public TimeSpan MinimumDelay => Limit(_estimator.Delay);

    /// <summary>The delay in force, between a packet's arrival at the network's best and its playout.</summary>
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

    /// <summary>Packets that wait.</summary>
    public int PacketCount => _ring.Count;

    /// <summary>When <see cref="TryReadFrame"/> or <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout
    {
        get
        {
            Evaluate(out Instant due, out _);
            return due;
        }
    }

    private bool IsVideo => _options.Kind == JitterBufferKind.Video;

    /// <summary>Makes a payload type known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The payload type is above 127, or the clock rate 0.</exception>
    public void SetFormat(byte payloadType, IRtpDepacketizer depacketizer, uint clockRate) =>
        _formats[Require.InRange(payloadType, (byte)0, (byte)127)] = (Require.NotNull(depacketizer), Require.InRange(clockRate, 1u, uint.MaxValue));

    /// <summary>Makes the payload type of redundant audio known (RFC 2198): its blocks are taken apart, and fill what was lost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The payload type is above 127.</exception>
    public void SetRedundancy(byte payloadType) => _redPayloadType = Require.InRange(payloadType, (byte)0, (byte)127);

    /// <summary>Takes the time of a sender report, from which frames get their wall-clock time (RFC 3550 §6.4.1).</summary>
    public void SetSenderReport(ulong ntpTime, uint timestamp) => _assembler.SetSenderReport(ntpTime, timestamp);

    /// <summary>Takes a packet.</summary>
    /// <param name="packet">The packet; its payload is copied.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="hints">What its header extensions say of its frame.</param>
    public JitterBufferInsertResult Insert(in RtpPacket packet, Instant now, in RtpFrameHints hints = default) =>
        Insert(new RtpHeader(packet.PayloadType, packet.SequenceNumber, packet.Timestamp, packet.Ssrc, packet.Marker), packet.Payload, now, hints);

    /// <summary>Takes a packet in parts: one that was repaired, say, or unwrapped.</summary>
    /// <param name="header">The packet's own header.</param>
    /// <param name="payload">Its payload, which is copied.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="hints">What its header extensions say of its frame.</param>
    public JitterBufferInsertResult Insert(in RtpHeader header, ReadOnlySpan<byte> payload, Instant now, in RtpFrameHints hints = default)
    {
        JitterBufferInsertResult result = header.PayloadType == _redPayloadType && !payload.IsEmpty
            ? InsertRedundant(header, payload, now, hints)
            : InsertOne(header, payload, now, hints);
        switch (result)
        {
            case JitterBufferInsertResult.Late or JitterBufferInsertResult.Stray:
                _statistics = _statistics with { PacketsDiscarded = _statistics.PacketsDiscarded + 1 };
                break;
            case JitterBufferInsertResult.Duplicate:
                _statistics = _statistics with { PacketsDuplicated = _statistics.PacketsDuplicated + 1 };
                break;
            case JitterBufferInsertResult.Malformed:
                _statistics = _statistics with { PacketsMalformed = _statistics.PacketsMalformed + 1 };
                break;
        }
        return result;
    }

    /// <summary>Gives up what is missing and was waited for long enough. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        while (true)
        {
            Step step = Evaluate(out Instant due, out long end);
            if (step is Step.Wait or Step.Deliver or Step.DeliverIncomplete || now < due) return;
            if (step == Step.Drop) Drop(FrameEnd(_next));
            else SkipTo(end);
        }
    }

    /// <summary>Hands out the next frame whose time has come. Call until it is false.</summary>
    /// <param name="now">The time of the call.</param>
    /// <param name="frame">The frame, which the caller disposes.</param>
    public bool TryReadFrame(Instant now, out EncodedFrame frame)
    {
        frame = default;
        while (true)
        {
            AdvanceTo(now);
            Step step = Evaluate(out Instant due, out long end);
            if (step is not (Step.Deliver or Step.DeliverIncomplete) || now < due) return false;
            if (step == Step.DeliverIncomplete) end = FrameEnd(_next);
            if (TryDeliver(end, step == Step.Deliver, due, now, out frame)) return true;
        }
    }

    /// <summary>Reads the next event. False when there is none.</summary>
    public bool TryReadEvent(out JitterBufferEvent e) => _events.TryDequeue(out e);

    /// <summary>Drops all that waits, and starts anew with the next packet.</summary>
    public void Reset()
    {
        _ring.Clear();
        _decodability.Lose();
        (_hasStarted, _hasDelivered, _atBoundary, _followsLoss, _hasStray) = (false, false, true, true, false);
        (_gapStart, _gapEnd) = (0, 0);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _ring.Clear();
        _assembler.Dispose();
    }

    private TimeSpan Limit(TimeSpan delay)
    {
        if (PlayoutLimits is { } limits)
        {
            if (delay < limits.Minimum) delay = limits.Minimum;
            if (delay > limits.Maximum) delay = limits.Maximum;
        }
        if (delay < _options.MinDelay) delay = _options.MinDelay;
        return delay > _options.MaxDelay ? _options.MaxDelay : delay;
    }

    // The oldest block first: it fills the place of a packet that was lost, so many numbers back as blocks follow it.
    private JitterBufferInsertResult InsertRedundant(in RtpHeader header, ReadOnlySpan<byte> payload, Instant now, in RtpFrameHints hints)
    {
        if (!RedReader.TryParse(payload, out RedReader reader)) return JitterBufferInsertResult.Malformed;
        while (reader.TryRead(out RedBlock block))
        {
            RtpHeader own = header with { PayloadType = block.PayloadType };
            if (block.IsPrimary)
            {
                bool isMedia = _formats[block.PayloadType].Depacketizer is not null;      // else FEC, which only takes up a number (RFC 5109 §14.1)
                return InsertOne(own, isMedia ? block.Payload : default, now, hints);
            }
            if (block.Payload.IsEmpty || !_hasStarted) continue;
            own = own with { SequenceNumber = (ushort)(header.SequenceNumber - reader.Count), Timestamp = header.Timestamp - block.TimestampOffset, Marker = false };
            if (InsertOne(own, block.Payload, now, default) == JitterBufferInsertResult.Inserted)
                _statistics = _statistics with { PacketsRecovered = _statistics.PacketsRecovered + 1 };
        }
        return JitterBufferInsertResult.Malformed;
    }

    private JitterBufferInsertResult InsertOne(in RtpHeader header, ReadOnlySpan<byte> payload, Instant now, in RtpFrameHints hints)
    {
        (IRtpDepacketizer? depacketizer, uint clockRate) = _formats[header.PayloadType & 0x7F];
        RtpPayloadInfo info = default;
        if (!payload.IsEmpty && (depacketizer is null || !depacketizer.TryInspect(payload, out info))) return JitterBufferInsertResult.Malformed;
        if (!TryPlace(header.SequenceNumber, out long sequence, out JitterBufferInsertResult refusal))
        {
            if (refusal == JitterBufferInsertResult.Late) LearnFrom(header.Timestamp, now);
            return refusal;
        }
        MakeRoom(sequence, payload.Length);
        if (sequence < _next) return JitterBufferInsertResult.Late;

        long media;
        if (payload.IsEmpty || sequence < _highest)                       // padding and stragglers do not move the clock
        {
            media = _clock.GetMediaTime(header.Timestamp);
            if (!payload.IsEmpty) LearnFrom(header.Timestamp, now);
        }
        else
        {
            (media, TimeSpan lateness) = _clock.Advance(header.Timestamp, clockRate, now);
            _estimator.Add(lateness);
        }
        _highest = Math.Max(_highest, sequence);
        _ring.Add(new PacketSlot
        {
            Payload = MessageLease.CopyOf(payload),
            Sequence = sequence,
            MediaTime = media,
            Arrival = now,
            Info = info,
            Hints = hints,
            Timestamp = header.Timestamp,
            Ssrc = header.Ssrc,
            Epoch = _clock.Epoch,
            PayloadType = header.PayloadType,
            Marker = header.Marker,
        }, _highest - _next);
        _gapEnd = Math.Min(_gapEnd, sequence);
        SkipPadding();
        return JitterBufferInsertResult.Inserted;
    }

    // Audio that was overtaken on the way would have been in time with more delay; video is late because it was sent again.
    private void LearnFrom(uint timestamp, Instant now)
    {
        if (!IsVideo && _clock.ClockRate > 0) _estimator.Add(now - _clock.GetEarliest(_clock.GetMediaTime(timestamp)));
    }

    // Extends the number to one that does not wrap, and sorts out what does not belong (RFC 3550 A.1: two in a row start anew).
    private bool TryPlace(ushort number, out long sequence, out JitterBufferInsertResult refusal)
    {
        refusal = JitterBufferInsertResult.Stray;
        if (!_hasStarted)
        {
            sequence = number + 0x10000;
            (_hasStarted, _next, _highest, _scanned) = (true, sequence, sequence, sequence);
            return true;
        }
        sequence = _highest + SerialNumber.Distance((ushort)_highest, number);
        bool isFar = sequence > _highest + _ring.Capacity || sequence < _next - _ring.Capacity;
        if (isFar && !(_hasStray && number == _strayNext))
        {
            (_hasStray, _strayNext) = (true, (ushort)(number + 1));
            return false;
        }
        if (isFar)
        {
            Reset();
            if (_events.Count < MaxEvents) _events.Enqueue(JitterBufferEvent.StreamRestarted);
            return TryPlace(number, out sequence, out refusal);
        }
        _hasStray = false;
        if (sequence < _next && !_hasDelivered && _next - sequence <= MaxReorderAtStart && _highest - sequence < _ring.Capacity)
            (_next, _scanned) = (sequence, sequence);                     // the first packets came in another order
        refusal = sequence < _next ? JitterBufferInsertResult.Late : JitterBufferInsertResult.Duplicate;
        return sequence >= _next && !_ring.Has(sequence);
    }

    // The oldest goes when the newest would not fit.
    private void MakeRoom(long sequence, int bytes)
    {
        while (_ring.Count > 0 && (sequence - _next >= _ring.Capacity || _ring.Bytes + bytes > _options.MaxBytes))
        {
            if (_ring.Has(_next)) Drop(FrameEnd(_next));
            else SkipTo(FindNext());
        }
        if (_ring.Count == 0 && sequence - _next >= _ring.Capacity) SkipTo(sequence);
    }

    private void SkipPadding()
    {
        while (_ring.Has(_next) && _ring.At(_next).IsPadding) _ring.Remove(_next++);
        _scanned = Math.Max(_scanned, _next);
    }

    private enum Step
    {
        Wait,
        Deliver,
        DeliverIncomplete,
        Drop,
        Skip,
    }

    // What comes next, and when. Pure, but for remembering how far it has looked.
    private Step Evaluate(out Instant due, out long end)
    {
        (due, end) = (Instant.Never, 0);
        if (_ring.Count == 0) return Step.Wait;
        if (!_ring.Has(_next))
        {
            end = FindNext();
            due = PlayoutOf(_ring.At(end)) + RepairTime;
            return Step.Skip;
        }
        ref PacketSlot first = ref _ring.At(_next);
        bool isWhole = TryScan(first, out end);
        due = PlayoutOf(first);
        bool hasStart = first.Info.Start == FrameStart.Certain || (_atBoundary && first.Info.Start == FrameStart.Possible);
        if (isWhole && hasStart) return Step.Deliver;
        if (!isWhole) due += RepairTime;
        if (_options.DeliversIncompleteFrames) return Step.DeliverIncomplete;
        return Step.Drop;
    }

    private TimeSpan RepairTime => IsVideo ? _options.RepairTime : TimeSpan.Zero;

    private Instant PlayoutOf(in PacketSlot slot) =>
        slot.Epoch == _clock.Epoch ? _clock.GetEarliest(slot.MediaTime) + CurrentDelay : slot.Arrival;

    // Whether the frame that starts at _next is there without a gap, and where it ends.
    private bool TryScan(in PacketSlot first, out long end)
    {
        for (end = Math.Max(_scanned, _next); ; end++)
        {
            if (!_ring.Has(end)) break;
            ref PacketSlot slot = ref _ring.At(end);
            _scanned = end;
            if (!slot.IsOfFrame(first)) return true;
            if (!slot.EndsFrame) continue;
            end++;
            return true;
        }
        return false;
    }

    // The first packet behind the gap at _next; looked for once, and moved by what arrives before it.
    private long FindNext()
    {
        if (_gapStart == _next && _ring.Has(_gapEnd)) return _gapEnd;
        (_gapStart, _gapEnd) = (_next, _next);
        while (_gapEnd < _highest && !_ring.Has(_gapEnd)) _gapEnd++;
        return _gapEnd;
    }

    // The first packet behind a frame of which packets may be missing: another timestamp, or what follows its marker.
    private long FrameEnd(long from)
    {
        ref PacketSlot first = ref _ring.At(from);
        for (long sequence = from; sequence <= _highest; sequence++)
        {
            if (!_ring.Has(sequence)) continue;
            ref PacketSlot slot = ref _ring.At(sequence);
            if (!slot.IsOfFrame(first)) return sequence;
            if (slot.EndsFrame) return sequence + 1;
        }
        return _highest + 1;
    }

    private void SkipTo(long sequence)
    {
        _statistics = _statistics with { PacketsMissed = _statistics.PacketsMissed + (ulong)(sequence - _next) };
        (_next, _scanned, _atBoundary) = (sequence, sequence, false);
        SkipPadding();
        Lose();
    }

    private void Drop(long end)
    {
        ulong missed = 0;
        bool endIsKnown = _ring.Has(end - 1);
        for (long sequence = _next; sequence < end; sequence++)
        {
            if (!_ring.Has(sequence)) missed++;
            _ring.Remove(sequence);
        }
        _statistics = _statistics with { FramesDropped = _statistics.FramesDropped + 1, PacketsMissed = _statistics.PacketsMissed + missed };
        (_next, _scanned, _atBoundary) = (end, end, endIsKnown);
        SkipPadding();
        Lose();
    }

    private void Lose()
    {
        _hasDelivered = true;                                             // from here on what is older is late
        _followsLoss = true;
        _decodability.Lose();
    }

    private bool TryDeliver(long end, bool isComplete, Instant playout, Instant now, out EncodedFrame frame)
    {
        frame = default;
        PacketRange range = _assembler.Measure(_next, end);
        if (isComplete) _statistics = _statistics with { FramesReceived = _statistics.FramesReceived + 1 };
        bool isDecodable = !IsVideo || _decodability.TryTake(range.IsKeyFrame && isComplete, _ring.At(_next).Info);
        bool isWanted = isDecodable || _options.DeliversUndecodableFrames || !isComplete;
        if (!isWanted) AskForKeyFrame(now);
        (IRtpDepacketizer? depacketizer, uint clockRate) = _formats[_ring.At(_next).PayloadType];
        if (!isWanted || !_assembler.TryAssemble(_next, end, range, depacketizer!, clockRate, out frame))
        {
            Drop(end);
            return false;
        }
        frame = frame with { IsComplete = isComplete, FollowsLoss = _followsLoss, PlayoutTime = playout, Rid = Rid };
        bool endIsKnown = _ring.Has(end - 1);
        for (long sequence = _next; sequence < end; sequence++) _ring.Remove(sequence);
        (_next, _scanned, _atBoundary, _hasDelivered, _followsLoss) = (end, end, isComplete || endIsKnown, true, false);
        SkipPadding();
        if (!isComplete) Lose();
        Count(frame, now);
        return true;
    }

    private void Count(in EncodedFrame frame, Instant now)
    {
        long units = IsVideo ? 1 : Math.Max(1, frame.Duration);
        bool isMultiple = frame.Packets > 1;
        _statistics = _statistics with
        {
            JitterBufferDelay = _statistics.JitterBufferDelay + new TimeSpan((now - frame.FirstArrival).Ticks * units),
            JitterBufferTargetDelay = _statistics.JitterBufferTargetDelay + new TimeSpan(CurrentDelay.Ticks * units),
            JitterBufferMinimumDelay = _statistics.JitterBufferMinimumDelay + new TimeSpan(MinimumDelay.Ticks * units),
            JitterBufferEmittedCount = _statistics.JitterBufferEmittedCount + (ulong)units,
            FramesEmitted = _statistics.FramesEmitted + 1,
            KeyFramesEmitted = _statistics.KeyFramesEmitted + (frame.IsKeyFrame ? 1u : 0u),
            FramesAssembledFromMultiplePackets = _statistics.FramesAssembledFromMultiplePackets + (isMultiple ? 1u : 0u),
            TotalAssemblyTime = _statistics.TotalAssemblyTime + (isMultiple ? frame.LastArrival - frame.FirstArrival : TimeSpan.Zero),
        };
    }

    // Once a second at most while frames are dropped for want of one; the session throttles what it sends besides.
    private void AskForKeyFrame(Instant now)
    {
        if (now < _keyFrameEventAt || _events.Count > 0) return;
        _keyFrameEventAt = now + TimeSpan.FromSeconds(KeyFrameEventSeconds);
        _events.Enqueue(JitterBufferEvent.KeyFrameNeeded);
    }
}
