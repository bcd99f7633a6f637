using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A receiver's reference time, to which DLRR answers (RFC 3611 §4.4).</summary>
public static class ReceiverReferenceTime
{
    /// <summary>Reads the NTP time. False when the block is another, or too short.</summary>
    public static bool TryRead(scoped in ExtendedReportBlock block, out ulong ntpTime)
    {
        ntpTime = 0;
        return block.Type == ExtendedReportType.ReceiverReferenceTime && BinaryPrimitives.TryReadUInt64BigEndian(block.Contents, out ntpTime);
    }
}

/// <summary>A sub-block of a DLRR block: the answer to one receiver's reference time (RFC 3611 §4.5).</summary>
/// <param name="Ssrc">The receiver that is answered.</param>
/// <param name="LastReceiverReport">The middle 32 bits of its reference time, or 0.</param>
/// <param name="Delay">The time since that arrived, in 1/65536 s.</param>
public readonly record struct DelaySinceLastReceiverReport(uint Ssrc, uint LastReceiverReport, uint Delay)
{
    /// <summary>Reads the next sub-block of a block's contents. False after the last.</summary>
    public static bool TryRead(scoped ref WireReader reader, out DelaySinceLastReceiverReport answer)
    {
        answer = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt32(out uint ssrc) || !ahead.TryReadUInt32(out uint last) || !ahead.TryReadUInt32(out uint delay)) return false;
        answer = new DelaySinceLastReceiverReport(ssrc, last, delay);
        reader = ahead;
        return true;
    }

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt32(Ssrc);
        writer.WriteUInt32(LastReceiverReport);
        writer.WriteUInt32(Delay);
    }
}
