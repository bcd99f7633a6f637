using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>NTP time (RFC 3550 §4) on the caller's clock: seconds since 1900 in 32.32 fixed point.</summary>
internal readonly struct NtpClock(ulong atOrigin)
{
    private const double UnitsPerTick = 4294967296.0 / TimeSpan.TicksPerSecond;

    public ulong At(Instant now) => atOrigin + (ulong)(long)(now.Ticks * UnitsPerTick);

    /// <summary>The middle 32 bits, in 1/65536 s.</summary>
    public uint CompactAt(Instant now) => (uint)(At(now) >> 16);

    public static TimeSpan ToTimeSpan(long units) => TimeSpan.FromTicks((long)(units / UnitsPerTick));

    /// <summary>A round trip from when it began, by this clock, and how long the other side held it; null when these lie, or clocks jump.</summary>
    public TimeSpan? RoundTrip(uint began, uint held, Instant now)
    {
        if (began == 0) return null;
        int elapsed = (int)(CompactAt(now) - began - held);
        return elapsed is < -65536 or > 60 * 65536 ? null : TimeSpan.FromSeconds(Math.Max(elapsed, 1) / 65536.0);
    }
}
