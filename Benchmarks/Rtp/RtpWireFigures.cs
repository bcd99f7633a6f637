using System.Globalization;
using WebRtcStack.Rtp;

namespace WebRtcStack.Benchmarks.Rtp;

/// <summary>
/// Headers, payload formats and the jitter buffer, in processor time of the thread:
/// <c>dotnet run -c Release --project Benchmarks -- rtp-wire</c>. The lines are the tables of docs/media-performance.md.
/// </summary>
internal static class RtpWireFigures
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(1);      // of processor time: until the compiler has done its best
    private static long s_sum;                                     // what is read is used

    public static void Run()
    {
        Console.WriteLine("| header | ns a packet | allocated |");
        Console.WriteLine("|---|---|---|");
        HeaderBenchmark header = new();
        header.Setup();
        Print("write with three extensions", 1, Measure(1000, _ => s_sum += header.Write()));
        Print("parse and read three extensions", 1, Measure(1000, _ => s_sum += header.Read()));
        DependencyDescriptors();
        Console.WriteLine();
        Console.WriteLine("| format, frame of 25 KB | packets | packetise, ns a packet | allocated | depacketise, ns a packet | allocated |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (string name in (string[])["VP8", "VP9", "H264", "H265", "AV1"]) Format(name);
        Console.WriteLine();
        Console.WriteLine("| jitter buffer | ns a packet | allocated |");
        Console.WriteLine("|---|---|---|");
        JitterBufferBenchmark jitter = new();
        jitter.Setup();
        Print("VP8 frame of 25 KB: insert, assemble, hand out", jitter.VideoPackets, Measure(20, _ => s_sum += jitter.Video()));
        Print("Opus packet of 20 ms: insert, hand out", 1, Measure(1000, _ => s_sum += jitter.Audio()));
        GC.KeepAlive(s_sum);
    }

    private static void DependencyDescriptors()
    {
        FrameDependencyStructure structure = new(0, 2, [new(0, 0, "SS", [], [0]), new(0, 0, "SS", [2], [2]), new(0, 1, "-D", [1], [1])], [0, 0]);
        DependencyDescriptorWriter writer = new();
        DependencyDescriptorReader reader = new();
        DependencyDescriptor frame = new() { Structure = structure }, read = new();
        frame.SetTemplate(structure.Templates[0], 1);
        byte[] element = new byte[64];
        int length = writer.Write(element, frame);
        if (!reader.TryRead(element.AsSpan(0, length), read)) throw new InvalidOperationException("The structure was refused.");
        frame.Structure = null;
        frame.SetTemplate(structure.Templates[2], 1);
        Print("write a dependency descriptor", 1, Measure(1000, _ => length = writer.Write(element, frame)));
        Print("read a dependency descriptor", 1, Measure(1000, _ => s_sum += reader.TryRead(element.AsSpan(0, length), read) ? 1 : 0));
    }

    private static void Format(string name)
    {
        PayloadFormatBenchmark format = new() { Format = name };
        format.Setup();
        (double packetise, double allocated) = Measure(20, _ => s_sum += format.Packetise());
        (double depacketise, double allocatedBack) = Measure(20, _ => s_sum += format.Depacketise());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {format.Packets} | {packetise / format.Packets:F0} | {allocated / format.Packets:F0} B | {depacketise / format.Packets:F0} | {allocatedBack / format.Packets:F0} B |"));
    }

    // The best round, and what the last one allocated.
    private static (double Nanoseconds, double Bytes) Measure(int count, Action<int> operation)
    {
        double best = double.MaxValue;
        long allocated = 0;
        for (TimeSpan end = ThreadClock.Now + s_duration; ThreadClock.Now < end;)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < count; i++) operation(i);
            best = Math.Min(best, (ThreadClock.Now - start).TotalNanoseconds / count);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        return (best, allocated / (double)count);
    }

    private static void Print(string what, int packets, (double Nanoseconds, double Bytes) figure) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {what} | {figure.Nanoseconds / packets:F0} | {figure.Bytes / packets:F0} B |"));
}
