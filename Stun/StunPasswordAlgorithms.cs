using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>The values of PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM: a list of algorithms, the preferred one first, and one of it (RFC 8489 §14.11, §14.12).</summary>
public static class StunPasswordAlgorithms
{
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |          Algorithm            |  Algorithm Parameters Length  |
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                    Algorithm Parameters (variable)            |

    /// <summary>The list of a server that knows SHA-256 and MD5 and prefers the former.</summary>
    public static ReadOnlySpan<byte> Sha256ThenMd5 => [0, 2, 0, 0, 0, 1, 0, 0];

    /// <summary>Reads one algorithm off the front of a list; false at its end, or where it is malformed.</summary>
    public static bool TryRead(ref WireReader reader, out StunPasswordAlgorithm algorithm)
    {
        algorithm = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt16(out ushort number) || !ahead.TryReadUInt16(out ushort length) ||
            !ahead.TryReadBytes(length, out _) || !ahead.TrySkip(Math.Min(-length & 3, ahead.Remaining))) return false;
        algorithm = (StunPasswordAlgorithm)number;
        reader = ahead;
        return true;
    }

    /// <summary>The first algorithm of a list that we know; false when there is none.</summary>
    public static bool TryChoose(ReadOnlySpan<byte> list, out StunPasswordAlgorithm algorithm)
    {
        WireReader reader = new(list);
        while (TryRead(ref reader, out algorithm))
        {
            if (algorithm is StunPasswordAlgorithm.Md5 or StunPasswordAlgorithm.Sha256) return true;
        }
        return false;
    }
}
