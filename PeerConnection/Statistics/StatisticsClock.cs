using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Turns the loop's instants into the time of day, in milliseconds since 1970 (DOMHighResTimeStamp).</summary>
internal readonly struct StatisticsClock(DateTimeOffset utcNow, Instant now)
{
    private static readonly DateTimeOffset s_unixEpoch = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_ntpEpoch = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly double _now = (utcNow - s_unixEpoch).TotalMilliseconds;

    public double Now => _now;

    /// <summary>Null for an instant that never was.</summary>
    public double? At(Instant instant) => instant.IsNever ? null : _now - (now - instant).TotalMilliseconds;

    /// <summary>A 32.32 fixed-point count of seconds since 1900 (RFC 3550 §4).</summary>
    public static double FromNtp(ulong time) => (s_ntpEpoch - s_unixEpoch).TotalMilliseconds + time / 4294967296.0 * 1000;
}
