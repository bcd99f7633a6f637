using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>When the next regular RTCP compound is due (RFC 3550 §6.2, §6.3.1; RFC 4585 §3.4 lifts the minimum of 5 s).</summary>
internal static class RtcpInterval
{
    private const double BandwidthShare = 0.05;         // §6.2: RTCP takes 5 % of the session
    private const double Compensation = 2.71828 - 1.5;  // §6.3.1: timer reconsideration converges below the intended average

    public static TimeSpan Next(RtpSessionOptions options, int members, double averageBytes, bool isFirst, RandomSource random)
    {
        double seconds = members * averageBytes / (options.BandwidthBitsPerSecond / 8.0 * BandwidthShare);
        double minimum = options.MinReportInterval.TotalSeconds;
        seconds = Math.Max(seconds, isFirst ? minimum / 2 : minimum);
        return TimeSpan.FromSeconds(seconds * (random.NextDouble() + 0.5) / (isFirst ? 1 : Compensation));
    }
}
