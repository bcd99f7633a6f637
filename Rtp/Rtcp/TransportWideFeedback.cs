using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What transport-wide feedback says of one packet (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1).</summary>
/// <param name="SequenceNumber">The packet's transport-wide sequence number.</param>
/// <param name="IsReceived">Whether it has arrived.</param>
/// <param name="ArrivalTime">When, in units of 250 µs of the receiver's clock; null when that is not told.</param>
public readonly record struct TransportWideStatus(ushort SequenceNumber, bool IsReceived, long? ArrivalTime);

/// <summary>Walks transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).</summary>
public ref struct TransportWideFeedback
{
    internal const int TicksPerReference = 256;                              // the reference time counts 64 ms, deltas 250 µs
    internal const int HeaderLength = 8;

    private WireReader _chunks, _deltas;
    private ushort _next;
    private int _remaining;
    private PacketChunk _chunk;
    private long _time;

    /// <summary>The transport-wide sequence number of the first packet.</summary>
    public ushort BaseSequenceNumber { get; private set; }

    /// <summary>How many packets it is about.</summary>
    public int PacketStatusCount { get; private set; }

    /// <summary>Counts feedback packets, modulo 256.</summary>
    public byte FeedbackPacketCount { get; private set; }

    /// <summary>The receiver's reference time, in units of 250 µs; it wraps around after 12 days.</summary>
    public long ReferenceTime { get; private set; }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |      base sequence number     |      packet status count      |
    // |                 reference time                | fb pkt. count |
    // |          packet chunk         |         packet chunk          |
    // |         packet chunk          |  recv delta   |  recv delta   |

    /// <summary>Reads the feedback. False when it is another, or counts more packets than it has statuses and times for.</summary>
    public static bool TryParse(scoped in RtcpFeedback feedback, out TransportWideFeedback parsed)
    {
        parsed = default;
        WireReader reader = new(feedback.Information);
        if (!feedback.Is(RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.TransportWide) ||
            !reader.TryReadUInt16(out ushort first) || !reader.TryReadUInt16(out ushort count) ||
            !reader.TryReadUInt24(out uint reference) || !reader.TryReadByte(out byte feedbackCount)) return false;
        WireReader chunks = reader;
        int deltaBytes = 0;
        for (int seen = 0; seen < count;)                                    // where the times begin is known behind the last chunk
        {
            if (!reader.TryReadUInt16(out ushort word)) return false;
            PacketChunk chunk = new(word);
            int taken = Math.Min(chunk.Count, count - seen);
            if (taken == 0) return false;                                    // a run of nothing would never end
            deltaBytes += chunk.DeltaBytes(taken);
            seen += taken;
        }
        if (reader.Remaining < deltaBytes) return false;
        long time = (long)((int)(reference << 8) >> 8) * TicksPerReference;  // 24 bits with a sign
        parsed._chunks = chunks;
        parsed._deltas = reader;
        (parsed._next, parsed._remaining, parsed._time) = (first, count, time);
        (parsed.BaseSequenceNumber, parsed.PacketStatusCount, parsed.FeedbackPacketCount, parsed.ReferenceTime) = (first, count, feedbackCount, time);
        return true;
    }

    /// <summary>Reads what is said of the next packet. False after the last.</summary>
    public bool TryRead(out TransportWideStatus status)
    {
        status = default;
        if (_remaining == 0) return false;
        if (_chunk.Count == 0)
        {
            if (!_chunks.TryReadUInt16(out ushort word)) return false;
            _chunk = new PacketChunk(word);
        }
        _remaining--;
        ushort sequence = _next++;
        switch (_chunk.Take())
        {
            case PacketChunk.SmallDelta when _deltas.TryReadByte(out byte small):
                _time += small;
                status = new TransportWideStatus(sequence, true, _time);
                return true;
            case PacketChunk.LargeDelta when _deltas.TryReadUInt16(out ushort large):
                _time += (short)large;
                status = new TransportWideStatus(sequence, true, _time);
                return true;
            case PacketChunk.NoDelta:
                status = new TransportWideStatus(sequence, true, null);
                return true;
            default:
                status = new TransportWideStatus(sequence, false, null);
                return true;
        }
    }
}

/// <summary>A packet chunk: a run of one symbol, or a vector of 14 or 7 (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.2).</summary>
internal struct PacketChunk
{
    public const int NotReceived = 0, SmallDelta = 1, LargeDelta = 2, NoDelta = 3;
    public const int MaxRun = 0x1FFF;
    public const int OneBitSymbols = 14, TwoBitSymbols = 7;

    private readonly ushort _word;

    public PacketChunk(ushort word)
    {
        _word = word;
        Count = !IsVector ? word & MaxRun : IsTwoBit ? TwoBitSymbols : OneBitSymbols;
    }

    /// <summary>Symbols that are left.</summary>
    public int Count { get; private set; }

    private readonly bool IsVector => (_word & 0x8000) != 0;

    private readonly bool IsTwoBit => (_word & 0x4000) != 0;

    public int Take()
    {
        Count--;
        if (!IsVector) return _word >> 13 & 3;
        return IsTwoBit ? _word >> Count * 2 & 3 : _word >> Count & 1;
    }

    /// <summary>Bytes of receive deltas that the first symbols of an unread chunk go with.</summary>
    public readonly int DeltaBytes(int symbols)
    {
        if (!IsVector) return symbols * DeltaBytesOf(_word >> 13 & 3);
        PacketChunk copy = this;
        int bytes = 0;
        for (int i = 0; i < symbols; i++) bytes += DeltaBytesOf(copy.Take());
        return bytes;
    }

    public static int DeltaBytesOf(int symbol) => symbol is SmallDelta or LargeDelta ? symbol : 0;
}
