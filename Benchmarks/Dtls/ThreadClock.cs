using System.Runtime.InteropServices;

namespace WebRtcStack.Benchmarks.Dtls;

/// <summary>Processor time of this thread: what others do on the machine does not count. Linux; elsewhere it is the time of day.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;                           // CLOCK_THREAD_CPUTIME_ID

    public static TimeSpan Now
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return new TimeSpan(DateTime.UtcNow.Ticks);
            _ = ClockGetTime(ThreadCpuTime, out TimeSpecification time);
            return new TimeSpan(time.Seconds * TimeSpan.TicksPerSecond + time.Nanoseconds / 100);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpecification time);

    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
