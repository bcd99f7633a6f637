namespace WebRtcStack.Sctp;

/// <summary>How an association finds out how much the path carries.</summary>
public enum SctpCongestionControl
{
    /// <summary>CUBIC (RFC 9438) with HyStart++ (RFC 9406), which fills long and fast paths.</summary>
    Cubic,

    /// <summary>What RFC 9260 §7.2 has: slow start, then a packet more each round trip, half as much upon loss.</summary>
    Rfc9260,
}
