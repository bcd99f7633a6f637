using System.Globalization;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp;

/// <summary>
/// What SCTP itself costs, without DTLS and sockets, in processor time of the one thread that works for both ends, so that a busy
/// machine distorts little: <c>dotnet run -c Release --project Benchmarks -- sctp</c> prints the tables of docs/sctp-sender.md.
/// </summary>
internal static class SctpFigures
{
    private const int Rounds = 15;

    public static void Run()
    {
        Console.WriteLine("| message | checksum | GB/s | packets/s | ns per packet | bytes allocated per MiB |");
        Console.WriteLine("|--:|---|--:|--:|--:|--:|");
        foreach (int size in (int[])[64, 1024, 16_384, 262_144])
        {
            foreach (bool omitted in (bool[])[true, false]) Throughput(size, omitted);
        }
        Console.WriteLine();
        Console.WriteLine("| gaps in a SACK over 10 000 chunks | ns the first time | ns again | bytes allocated |");
        Console.WriteLine("|--:|--:|--:|--:|");
        foreach (int gaps in (int[])[1, 16, 256]) Sack(gaps);
        Console.WriteLine();
        Console.WriteLine("| CRC32c of bytes | GB/s by instruction | GB/s by tables |");
        Console.WriteLine("|--:|--:|--:|");
        foreach (int size in (int[])[64, 1172, 16_384]) Checksum(size);
    }

    private static void Throughput(int size, bool omitted)
    {
        AssociationThroughputBenchmark benchmark = new() { MessageSize = size, ZeroChecksum = omitted };
        benchmark.Setup();
        for (int i = 0; i < 200; i++) benchmark.SendAndReceiveAMebibyte();
        const int Mebibytes = 64;
        double best = double.MaxValue;
        long allocated = long.MaxValue, packets = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long packetsBefore = benchmark.Packets, bytesBefore = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < Mebibytes; i++) benchmark.SendAndReceiveAMebibyte();
            double seconds = (ThreadClock.Now - start).TotalSeconds;
            allocated = Math.Min(allocated, (GC.GetAllocatedBytesForCurrentThread() - bytesBefore) / Mebibytes);
            if (seconds >= best) continue;
            (best, packets) = (seconds, benchmark.Packets - packetsBefore);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {size} | {(omitted ? "zero" : "CRC32c")} | {Mebibytes * (double)(1 << 20) / best / 1e9:F2} | {packets / best:N0} | {best / packets * 1e9:F0} | {allocated} |"));
    }

    private static void Sack(int gaps)
    {
        SackBenchmark benchmark = new() { Gaps = gaps };
        Func<long> take = benchmark.TakeSack;
        double first = double.MaxValue;
        for (int i = 0; i < 300; i++)
        {
            benchmark.Setup();
            first = Math.Min(first, Seconds(1, take));
        }
        const int Times = 20_000;
        double again = double.MaxValue;
        long allocated = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            again = Math.Min(again, Seconds(Times, take) / Times);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {gaps} | {first * 1e9:N0} | {again * 1e9:F0} | {allocated} |"));
    }

    private static void Checksum(int size)
    {
        Crc32cBenchmark benchmark = new() { Size = size };
        benchmark.Setup();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {size} | {size / 1e9 / Best(() => benchmark.Instruction()):F1} | {size / 1e9 / Best(() => benchmark.Tables()):F1} |"));
    }

    private static double Best(Func<long> run)
    {
        const int Times = 20_000;
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++) best = Math.Min(best, Seconds(Times, run) / Times);
        return best;
    }

    private static double Seconds(int times, Func<long> run)
    {
        long sum = 0;
        TimeSpan start = ThreadClock.Now;
        for (int i = 0; i < times; i++) sum += run();
        double seconds = (ThreadClock.Now - start).TotalSeconds;
        if (sum == 42) Console.Write("");                             // the result is used
        return seconds;
    }
}
