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
    private const int KeyFrameEventSeconds = 1;
    private const int MaxEvents = 4;
    private readonly JitterBufferOptions _options;
    private readonly (IRtpDepacketizer? Depacketizer, uint ClockRate)[] _formats = new (IRtpDepacketizer?, uint)[128];
    private readonly PacketRing _ring;
    private readonly FrameCursor _cursor;
    private readonly PlayoutSchedule _schedule;
    private readonly Decodability _decodability = new();
    private readonly FrameAssembler _assembler;
    private readonly Queue<JitterBufferEvent> _events = new(MaxEvents);
    private JitterBufferStatistics _statistics;
    private bool _hasDelivered, _followsLoss;
    private byte _redPayloadType = byte.MaxValue;
    private Instant _keyFrameEventAt;

    /// <summary>Creates an empty buffer without formats.</summary>
    public JitterBuffer(JitterBufferOptions options)
    {
        _options = Require.NotNull(options);
        _ring = new PacketRing(options.MaxPackets);
        _cursor = new FrameCursor(_ring);
        _schedule = new PlayoutSchedule(options);
        _assembler = new FrameAssembler(_ring, options.MaxFrameBytes);
    }

    /// <summary>What the buffer has done.</summary>
    public JitterBufferStatistics Statistics => _statistics;

    /// <summary>jitterBufferTarget (webrtc-extensions §6.2): the delay that the application asks for, or null. Limits hold nevertheless.</summary>
    public TimeSpan? TargetDelay
    {
        get => _schedule.TargetDelay;
        set => _schedule.TargetDelay = value;
    }

    /// <summary>The delay that keeps this stream in step with others of its sender; 0 for none.</summary>
    public TimeSpan SynchronizationDelay
    {
        get => _schedule.SynchronizationDelay;
        set => _schedule.SynchronizationDelay = value;
    }

    /// <summary>The stream's rid, which its frames carry; empty for none.</summary>
    public SdesIdentifier Rid { get; set; }

    /// <summary>Limits that the sender asked for with its packets (playout-delay), or null.</summary>
    public PlayoutDelay? PlayoutLimits
    {
        get => _schedule.Limits;
        set => _schedule.Limits = value;
    }

    /// <summary>The delay that the network's jitter alone asks for.</summary>
    public TimeSpan MinimumDelay => _schedule.MinimumDelay;

    /// <summary>The delay in force, between a packet's arrival at the network's best and its playout.</summary>
    public TimeSpan CurrentDelay => _schedule.CurrentDelay;

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
            if (step == Step.Drop) Drop(_cursor.FindFrameEnd());
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
            if (step == Step.DeliverIncomplete) end = _cursor.FindFrameEnd();
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
        _cursor.Reset();
        (_hasDelivered, _followsLoss) = (false, true);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _ring.Clear();
        _assembler.Dispose();
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
            if (block.Payload.IsEmpty || !_cursor.HasStarted) continue;
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
        if (hints.Dependencies is { } dependencies) info = dependencies.Refine(info);
        JitterBufferInsertResult place = Place(header.SequenceNumber, out long sequence);
        if (place != JitterBufferInsertResult.Inserted)
        {
            if (place == JitterBufferInsertResult.Late) _schedule.LearnFrom(header.Timestamp, now);
            return place;
        }
        MakeRoom(sequence, payload.Length);
        if (sequence < _cursor.Next) return JitterBufferInsertResult.Late;

        bool isStraggler = payload.IsEmpty || sequence < _cursor.Highest;
        long media = isStraggler ? _schedule.Locate(header.Timestamp) : _schedule.Advance(header.Timestamp, clockRate, now);
        if (isStraggler && !payload.IsEmpty) _schedule.LearnFrom(header.Timestamp, now);
        _cursor.Note(sequence);
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
            Epoch = _schedule.Epoch,
            PayloadType = header.PayloadType,
            Marker = header.Marker,
        }, _cursor.Highest - _cursor.Next);
        _cursor.SkipPadding();
        return JitterBufferInsertResult.Inserted;
    }

    private JitterBufferInsertResult Place(ushort number, out long sequence)
    {
        JitterBufferInsertResult place = _cursor.Place(number, mayGoBack: !_hasDelivered, out sequence, out bool restarts);
        if (!restarts) return place;
        Reset();
        if (_events.Count < MaxEvents) _events.Enqueue(JitterBufferEvent.StreamRestarted);
        return _cursor.Place(number, mayGoBack: true, out sequence, out _);
    }

    // The oldest goes when the newest would not fit.
    private void MakeRoom(long sequence, int bytes)
    {
        while (_ring.Count > 0 && (sequence - _cursor.Next >= _ring.Capacity || _ring.Bytes + bytes > _options.MaxBytes))
        {
            if (_ring.Has(_cursor.Next)) Drop(_cursor.FindFrameEnd());
            else SkipTo(_cursor.FindNext());
        }
        if (_ring.Count == 0 && sequence - _cursor.Next >= _ring.Capacity) SkipTo(sequence);
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
        if (!_ring.Has(_cursor.Next))
        {
            end = _cursor.FindNext();
            due = _schedule.PlayoutOf(_ring.At(end)) + RepairTime;
            return Step.Skip;
        }
        bool isWhole = _cursor.TryScan(out end);
        due = _schedule.PlayoutOf(_ring.At(_cursor.Next));
        if (isWhole && _cursor.IsAtStart) return Step.Deliver;
        if (!isWhole) due += RepairTime;
        return _options.DeliversIncompleteFrames ? Step.DeliverIncomplete : Step.Drop;
    }

    private TimeSpan RepairTime => IsVideo ? _options.RepairTime : TimeSpan.Zero;

    private void SkipTo(long sequence)
    {
        _statistics = _statistics with { PacketsMissed = _statistics.PacketsMissed + (ulong)(sequence - _cursor.Next) };
        _cursor.MoveTo(sequence, atBoundary: false);
        Lose();
    }

    private void Drop(long end)
    {
        ulong missed = 0;
        bool endIsKnown = _ring.Has(end - 1);
        for (long sequence = _cursor.Next; sequence < end; sequence++)
        {
            if (!_ring.Has(sequence)) missed++;
            _ring.Remove(sequence);
        }
        _statistics = _statistics with { FramesDropped = _statistics.FramesDropped + 1, PacketsMissed = _statistics.PacketsMissed + missed };
        _cursor.MoveTo(end, endIsKnown);
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
        long start = _cursor.Next;
        PacketRange range = _assembler.Measure(start, end);
        if (isComplete) _statistics = _statistics with { FramesReceived = _statistics.FramesReceived + 1 };
        bool isDecodable = !IsVideo || _decodability.TryTake(range.IsKeyFrame && isComplete, _ring, start, end);
        bool isWanted = isDecodable || _options.DeliversUndecodableFrames || !isComplete;
        if (!isWanted) AskForKeyFrame(now);
        (IRtpDepacketizer? depacketizer, uint clockRate) = _formats[_ring.At(start).PayloadType];
        if (!isWanted || !_assembler.TryAssemble(start, end, range, depacketizer!, clockRate, out frame))
        {
            Drop(end);
            return false;
        }
        frame = frame with { IsComplete = isComplete, FollowsLoss = _followsLoss, PlayoutTime = playout, Rid = Rid };
        bool endIsKnown = _ring.Has(end - 1);
        for (long sequence = start; sequence < end; sequence++) _ring.Remove(sequence);
        _cursor.MoveTo(end, isComplete || endIsKnown);
        (_hasDelivered, _followsLoss) = (true, false);
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
