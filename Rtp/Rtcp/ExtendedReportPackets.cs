using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Walks the packets of a loss or duplicate RLE block (RFC 3611 §4.1, §4.2).</summary>
public ref struct RunLengthReport
{
    private WireReader _chunks;
    private ushort _next, _end;
    private int _left, _run, _vector;

    /// <summary>The source that is reported on.</summary>
    public uint Ssrc { get; private set; }

    /// <summary>Only sequence numbers that are multiples of 2 to the power of this are reported on.</summary>
    public int Thinning { get; private set; }

    /// <summary>The first sequence number.</summary>
    public ushort First { get; private set; }

    /// <summary>The sequence number behind the last.</summary>
    public ushort End { get; private set; }

    /// <summary>Reads a block. False when it is of another type, or too short.</summary>
    public static bool TryParse(scoped in ExtendedReportBlock block, out RunLengthReport report)
    {
        report = default;
        WireReader reader = new(block.Contents);
        if (block.Type is not (ExtendedReportType.LossRunLength or ExtendedReportType.DuplicateRunLength) ||
            !reader.TryReadUInt32(out uint ssrc) || !reader.TryReadUInt16(out ushort first) || !reader.TryReadUInt16(out ushort end)) return false;
        int thinning = block.TypeSpecific & 15, step = 1 << thinning;
        (report.Ssrc, report.Thinning, report.First, report.End) = (ssrc, thinning, first, end);
        report._chunks = reader;
        report._end = end;
        report._next = (ushort)(first + step - 1 & ~(step - 1));             // §4.1: the first multiple at or behind begin_seq
        return true;
    }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                        SSRC of source                         |
    // |          begin_seq            |             end_seq           |
    // |          chunk 1              |             chunk 2           |

    /// <summary>Reads the next packet. False after the last.</summary>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="bit">In loss RLE, whether it has arrived; in duplicate RLE, whether it has arrived exactly once (§4.2).</param>
    public bool TryRead(out ushort sequence, out bool bit)
    {
        (sequence, bit) = (_next, false);
        if (SerialNumber.Distance(_next, _end) <= 0) return false;
        while (_left == 0)
        {
            if (!_chunks.TryReadUInt16(out ushort chunk) || chunk == 0) return false;       // §4.1.3: a null chunk ends the block
            bool isVector = (chunk & 0x8000) != 0;
            (_left, _run, _vector) = isVector ? (15, -1, chunk & 0x7FFF) : (chunk & 0x3FFF, chunk >> 14 & 1, 0);
        }
        _left--;
        bit = _run < 0 ? (_vector >> _left & 1) != 0 : _run == 1;
        _next += (ushort)(1 << Thinning);
        return true;
    }
}

/// <summary>Walks the times of a packet receipt times block (RFC 3611 §4.3).</summary>
public ref struct ReceiptTimes
{
    private WireReader _times;
    private ushort _next, _end;
    private int _step;

    /// <summary>The source that is reported on.</summary>
    public uint Ssrc { get; private set; }

    /// <summary>The first sequence number.</summary>
    public ushort First { get; private set; }

    /// <summary>Reads a block. False when it is of another type, or too short.</summary>
    public static bool TryParse(scoped in ExtendedReportBlock block, out ReceiptTimes report)
    {
        report = default;
        WireReader reader = new(block.Contents);
        if (block.Type != ExtendedReportType.ReceiptTimes || !reader.TryReadUInt32(out uint ssrc) ||
            !reader.TryReadUInt16(out ushort first) || !reader.TryReadUInt16(out ushort end)) return false;
        int step = 1 << (block.TypeSpecific & 15);
        (report.Ssrc, report.First, report._end, report._step) = (ssrc, first, end, step);
        report._times = reader;
        report._next = (ushort)(first + step - 1 & ~(step - 1));
        return true;
    }

    /// <summary>Reads the next packet's time, in units of the source's RTP clock. False after the last.</summary>
    public bool TryRead(out ushort sequence, out uint receiptTime)
    {
        (sequence, receiptTime) = (_next, 0);
        if (SerialNumber.Distance(_next, _end) <= 0 || !_times.TryReadUInt32(out receiptTime)) return false;
        _next += (ushort)_step;
        return true;
    }
}
