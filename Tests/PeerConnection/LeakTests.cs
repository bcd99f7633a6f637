using System.Runtime.CompilerServices;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>What connections leave behind when they are closed: nothing. Alone, as the whole process is looked at.</summary>
[NonParallelizable, CancelAfter(60_000)]
public sealed class LeakTests
{
    private const int Pairs = 100;
    private const int LeftPerPair = 1024;
    private const int StillHeld = 2;                                     // the latest pair, by frames that have not returned

    // A round may see what other tests let go meanwhile; what a connection leaves behind is left by every round.

    [Test]
    public async Task Connections_MadeAndClosed_LeaveNothingBehind([Values] bool withMedia, CancellationToken timeout)
    {
        using SocketTransport transport = new(new SocketTransportOptions { Loops = 2 });
        await MakeAndCloseAsync(transport, 20, withMedia, timeout);               // pools and compiled code stay, once
        (long left, int alive, int more) = (long.MaxValue, int.MaxValue, int.MaxValue);
        for (int round = 0; round < 4 && (left > LeftPerPair * Pairs || alive > StillHeld); round++)
        {
            (long managed, int threads) = (ManagedBytes(), Threads());
            WeakReference[] made = await MakeAndCloseAsync(transport, Pairs, withMedia, timeout);
            (left, alive, more) = (ManagedBytes() - managed, made.Count(each => each.IsAlive), Threads() - threads);
            TestContext.Out.WriteLine($"{2 * Pairs} connections: {left} bytes left of managed memory, {alive} connections alive, {more} threads more");
        }
        Assert.Multiple(() =>
        {
            Assert.That(alive, Is.LessThanOrEqualTo(StillHeld), "the machine may still hold the latest pair");
            Assert.That(left / Pairs, Is.LessThanOrEqualTo(LeftPerPair), "bytes for a pair, which has 70 KiB while it is open");
            Assert.That(more, Is.LessThanOrEqualTo(2), "threads, those of the thread pool apart");
            for (int i = 0; i < 2; i++) Assert.That(((SocketEventLoop)transport.NextLoop()).OpenPorts, Is.Zero);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference[]> MakeAndCloseAsync(SocketTransport transport, int pairs, bool withMedia, CancellationToken timeout)
    {
        WebRtcOptions options = LoopbackTests.Loopback with { TcpCandidates = TcpCandidates.None, Transport = transport };
        List<WeakReference> made = [];
        for (int i = 0; i < pairs; i++)
        {
            await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: options);
            if (withMedia) await pair.SendAudioAsync(packets: 20, timeout);
            made.Add(new WeakReference(pair.Offerer));
            made.Add(new WeakReference(pair.Answerer));
        }
        return [.. made];
    }

    private static long ManagedBytes()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(true);
    }

    private static int Threads()
    {
        using Process process = Process.GetCurrentProcess();
        return process.Threads.Count - ThreadPool.ThreadCount;
    }
}
