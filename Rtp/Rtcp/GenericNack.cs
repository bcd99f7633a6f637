using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Walks the sequence numbers of a generic NACK (RFC 4585 §6.2.1).</summary>
public ref struct GenericNack
{
    private WireReader _entries;
    private ushort _first;
    private int _mask;

    /// <summary>Reads a NACK. False when the feedback is another.</summary>
    public static bool TryParse(scoped in RtcpFeedback feedback, out GenericNack nack)
    {
        nack = default;
        if (!feedback.Is(RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.GenericNack)) return false;
        nack._entries = new WireReader(feedback.Information);
        return true;
    }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |            PID                |             BLP               |

    /// <summary>Reads the next sequence number that is missed. False after the last.</summary>
    public bool TryRead(out ushort sequence)
    {
        if (_mask == 0)
        {
            if (!_entries.TryReadUInt16(out sequence) || !_entries.TryReadUInt16(out ushort following))
            {
                sequence = 0;
                return false;
            }
            (_first, _mask) = (sequence, following);
            return true;
        }
        int step = 1;
        while ((_mask >> step - 1 & 1) == 0) step++;
        _mask &= _mask - 1;
        sequence = (ushort)(_first + step);
        return true;
    }
}
