using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What the packets of a frame have in common or make together.</summary>
internal struct PacketRange
{
    public int Packets, Bytes;
    public bool IsKeyFrame;
    public byte SpatialId;
    public Instant FirstArrival, LastArrival;
    public RtpFrameHints Hints;
}

/// <summary>Makes a frame of packets that follow each other in the ring, which keeps them.</summary>
internal sealed class FrameAssembler(PacketRing ring, int maxFrameBytes) : IDisposable
{
    private const int MaxOverhead = 8;                                    // bytes of start codes or sizes, for each packet, that RTP leaves out
    private readonly FrameBuffer _frame = new(maxFrameBytes);
    private ulong _reportNtp;
    private uint _reportTimestamp;
    private bool _hasReport;

    public void SetSenderReport(ulong ntpTime, uint timestamp) => (_reportNtp, _reportTimestamp, _hasReport) = (ntpTime, timestamp, true);

    public PacketRange Measure(long start, long end)
    {
        PacketRange range = new() { FirstArrival = Instant.Never };
        for (long sequence = start; sequence < end; sequence++)
        {
            if (!ring.Has(sequence)) continue;
            ref PacketSlot slot = ref ring.At(sequence);
            if (slot.IsPadding) continue;
            range.Packets++;
            range.Bytes += slot.Payload.Length;
            range.IsKeyFrame |= slot.Info.IsKeyFrame;
            range.SpatialId = Math.Max(range.SpatialId, slot.Info.SpatialId);
            range.FirstArrival = Instant.Min(range.FirstArrival, slot.Arrival);
            range.LastArrival = Instant.Max(range.LastArrival, slot.Arrival);
            range.Hints = range.Hints.Or(slot.Hints);
        }
        return range;
    }

    /// <summary>Puts the packets together; what only the owner knows of the frame is left open. False when nothing comes of it, or more than the limit.</summary>
    public bool TryAssemble(long start, long end, in PacketRange range, IRtpDepacketizer depacketizer, uint clockRate, out EncodedFrame frame)
    {
        frame = default;
        _frame.Reset();
        _frame.EnsureCapacity(range.Bytes + (range.Packets + 1) * MaxOverhead);
        bool follows = false;
        for (long sequence = start; sequence < end; sequence++)
        {
            if (!ring.Has(sequence))
            {
                follows = false;
                continue;
            }
            ref PacketSlot slot = ref ring.At(sequence);
            if (slot.IsPadding) continue;
            depacketizer.Append(slot.Payload.Span, _frame, follows);
            follows = true;
        }
        depacketizer.Complete(_frame);
        if (_frame is { Overflowed: true } or { Length: 0 }) return false;
        ref PacketSlot first = ref ring.At(start);
        frame = new EncodedFrame
        {
            Payload = _frame.Detach(),
            Timestamp = first.Timestamp,
            ClockRate = clockRate,
            Ssrc = first.Ssrc,
            PayloadType = first.PayloadType,
            IsKeyFrame = range.IsKeyFrame,
            SpatialId = range.SpatialId,
            TemporalId = first.Info.TemporalId,
            Duration = first.Info.Duration,
            NtpTime = NtpTimeOf(first.Timestamp, clockRate),
            FirstArrival = range.FirstArrival,
            LastArrival = range.LastArrival,
            FirstSequenceNumber = (ushort)start,
            Packets = range.Packets,
            AudioLevel = range.Hints.AudioLevel,
            Orientation = range.Hints.Orientation,
            CaptureTime = range.Hints.CaptureTime,
        };
        return true;
    }

    public void Dispose() => _frame.Dispose();

    private ulong? NtpTimeOf(uint timestamp, uint clockRate)
    {
        if (!_hasReport) return null;
        double seconds = SerialNumber.Distance(_reportTimestamp, timestamp) / (double)clockRate;
        return _reportNtp + (ulong)(long)(seconds * 4294967296.0);
    }
}
