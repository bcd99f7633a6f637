using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Maps a received source's timestamps to its sender's wall clock, by the sender's reports (RFC 3550 §6.4.1).</summary>
internal sealed class SenderClock
{
    private SenderInfo _report;
    private bool _hasReport;

    public void ReportArrived(in SenderInfo report)
    {
        // A report that was overtaken on the way says less than the one we have.
        if (_hasReport && (long)(report.NtpTime - _report.NtpTime) < 0 && _report.NtpTime - report.NtpTime < 60UL << 32) return;
        (_report, _hasReport) = (report, report.NtpTime != 0);
    }

    /// <summary>The sender's NTP time of an RTP timestamp. False before a report, or without clock rate.</summary>
    public bool TryGetTime(uint timestamp, uint clockRate, out ulong ntpTime)
    {
        ntpTime = 0;
        if (!_hasReport || clockRate == 0) return false;
        int distance = (int)(timestamp - _report.RtpTime);
        ntpTime = _report.NtpTime + (ulong)(long)(distance * (4294967296.0 / clockRate));
        return true;
    }
}
