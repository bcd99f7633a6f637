namespace WebRtcStack.Core;

/// <summary>Comparison of numbers that wrap around (RFC 1982 §3.2), as RTP, SCTP and DTLS use them.</summary>
/// <remarks>Two numbers exactly half the space apart are undefined in RFC 1982; here neither is less than the other's successor: the comparison is by the sign of the difference.</remarks>
public static class SerialNumber
{
    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> in 16-bit serial arithmetic.</summary>
    public static bool IsLess(ushort left, ushort right) => (short)(left - right) < 0;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> in 32-bit serial arithmetic.</summary>
    public static bool IsLess(uint left, uint right) => (int)(left - right) < 0;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or equals it.</summary>
    public static bool IsLessOrEqual(ushort left, ushort right) => (short)(left - right) <= 0;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or equals it.</summary>
    public static bool IsLessOrEqual(uint left, uint right) => (int)(left - right) <= 0;

    /// <summary>Steps from <paramref name="from"/> forward to <paramref name="to"/>; negative when it lies behind.</summary>
    public static int Distance(ushort from, ushort to) => (short)(to - from);

    /// <summary>Steps from <paramref name="from"/> forward to <paramref name="to"/>; negative when it lies behind.</summary>
    public static int Distance(uint from, uint to) => (int)(to - from);
}
