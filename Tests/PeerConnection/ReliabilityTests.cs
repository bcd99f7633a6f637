using Microsoft.Extensions.Logging;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>What an application or its machine may do to a connection: it ends well, or goes on.</summary>
[CancelAfter(30_000)]
public sealed class ReliabilityTests
{
    private static readonly WebRtcOptions s_options = LoopbackTests.Loopback with { TcpCandidates = TcpCandidates.None };

    [Test]
    public async Task Close_AtAnyInstantFromManyThreads_GivesAllSocketsBack([Range(1, 12)] int seed, CancellationToken timeout)
    {
        using SocketTransport transport = new(new SocketTransportOptions { Loops = 1 });
        Random random = new(seed);
        RTCPeerConnection[] peers = [];
        Task<ConnectedPair> connecting = ConnectedPair.CreateAsync(timeout, options: s_options with { Transport = transport }, made: pair => peers = [pair.Offerer, pair.Answerer]);
        int closedAt = random.Next(0, 12_000);
        SpinFor(TimeSpan.FromMicroseconds(closedAt));
        await Task.WhenAll(peers.SelectMany(peer => Enumerable.Range(0, 4).Select(_ => Task.Run(peer.Close)))).WaitAsync(timeout);
        long start = Stopwatch.GetTimestamp();
        foreach (RTCPeerConnection peer in peers) await peer.DisposeAsync().AsTask().WaitAsync(timeout);
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(1)), $"seed {seed}");
        Assert.That(await OpenPortsAsync(transport), Is.Zero, $"closed after {closedAt} us");
        _ = connecting.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);       // it may have been closed under its feet
    }

    [Test]
    public async Task Close_InsideAHandlerTwice_DoesNotDeadlock(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: s_options);
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int after = 0;
        pair.Answerer.OnDataChannel += (_, e) =>
        {
            e.Channel.OnOpen += (_, _) => after++;
            e.Channel.OnClose += (_, _) => after++;
            pair.Answerer.Close();
            pair.Answerer.Close();
            closed.TrySetResult();
        };
        pair.Offerer.CreateDataChannel("last");
        await closed.Task.WaitAsync(timeout);
        await pair.Answerer.DisposeAsync().AsTask().WaitAsync(timeout);
        Assert.That(after, Is.Zero, "no event after close (webrtc-pc §4.4.1)");
    }

    [Test]
    public async Task Close_InsideAMessageHandler_StopsTheMessagesBehindIt(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: s_options);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int before = 0, after = 0;
        bool closed = false;
        pair.Answerer.OnConnectionStateChange += (_, _) => Count();
        pair.Answerer.OnIceConnectionStateChange += (_, _) => Count();
        pair.Answerer.OnDataChannel += (_, e) =>
        {
            e.Channel.OnClosing += (_, _) => Count();
            e.Channel.OnClose += (_, _) => Count();
            e.Channel.OnError += (_, _) => Count();
            e.Channel.OnMessage += (_, _) =>
            {
                Count();
                if (++before != 5) return;
                pair.Answerer.Close();
                Volatile.Write(ref closed, true);
                ended.SetResult();
            };
        };
        RTCDataChannel channel = pair.Offerer.CreateDataChannel("busy");
        await channel.WaitForOpenAsync(timeout);
        for (int i = 0; i < 200; i++) channel.Send(new byte[1000]);       // many are delivered together, so that others wait behind the fifth
        await ended.Task.WaitAsync(timeout);
        await pair.Answerer.DisposeAsync().AsTask().WaitAsync(timeout);
        Assert.That(after, Is.Zero, "no event after close (webrtc-pc §4.4.1)");

        void Count()
        {
            if (Volatile.Read(ref closed)) Interlocked.Increment(ref after);
        }
    }

    [Test]
    public async Task Handler_ThatThrowsWhileTheLogIsFull_LosesNothingElse(CancellationToken timeout)
    {
        using FullDisk log = new();
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: s_options with { LoggerFactory = log });
        int count = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Answerer.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) =>
        {
            if (++count == 10) all.TrySetResult();
            throw new InvalidOperationException("a handler's");
        };
        RTCDataChannel channel = pair.Offerer.CreateDataChannel("bad");
        await channel.WaitForOpenAsync(timeout);
        for (byte i = 0; i < 10; i++) channel.Send([i]);
        await all.Task.WaitAsync(timeout);
        await pair.SendAudioAsync(packets: 10, timeout);
    }

    [Test]
    public async Task Handler_ThatBlocks_HoldsUpItsOwnConnectionAlone(CancellationToken timeout)
    {
        using SocketTransport transport = new(new SocketTransportOptions { Loops = 1 });
        WebRtcOptions options = s_options with { Transport = transport };
        await using ConnectedPair blocked = await ConnectedPair.CreateAsync(timeout, options: options), other = await ConnectedPair.CreateAsync(timeout, options: options);
        using ManualResetEventSlim release = new(false), inside = new(false);
        blocked.Answerer.OnDataChannel += (_, _) =>
        {
            inside.Set();
            release.Wait(timeout);
        };
        blocked.Offerer.CreateDataChannel("slow");
        await Task.Run(() => inside.Wait(timeout), timeout);
        await other.SendAudioAsync(packets: 50, timeout);
        release.Set();
        await blocked.SendAudioAsync(packets: 10, timeout);
    }

    // A process that is stopped (SIGSTOP, a laptop's lid, a debugger) looks so to its connections: the loop does not run, then goes on.
    [Test]
    public async Task Loop_ThatStoodStill_GoesOn(CancellationToken timeout)
    {
        TimeSpan pause = TimeSpan.FromSeconds(double.TryParse(Environment.GetEnvironmentVariable("WEBRTCSTACK_PAUSE_SECONDS"), out double seconds) ? seconds : 1);
        using SocketTransport paused = new(new SocketTransportOptions { Loops = 1 });
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: s_options, answererOptions: s_options with { Transport = paused });
        int count = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Answerer.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => { if (++count == 100) all.TrySetResult(); };
        RTCDataChannel channel = pair.Offerer.CreateDataChannel("patient");
        await channel.WaitForOpenAsync(timeout);
        using ManualResetEventSlim resumed = new(false);
        paused.NextLoop().Post(() => resumed.Wait(pause, timeout));
        for (int i = 0; i < 100; i++) channel.Send(new byte[1000]);
        await all.Task.WaitAsync(timeout);
        await pair.SendAudioAsync(packets: 20, timeout);
        Assert.That(pair.Offerer.ConnectionState, Is.EqualTo(RTCPeerConnectionState.Connected));
    }

    private static async Task<int> OpenPortsAsync(SocketTransport transport)
    {
        SocketEventLoop loop = (SocketEventLoop)transport.NextLoop();
        TaskCompletionSource<int> open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => open.SetResult(loop.OpenPorts));
        return await open.Task;
    }

    private static void SpinFor(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time) Thread.SpinWait(20);
    }

    private sealed class FullDisk : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider) { }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new System.IO.IOException("No space left on device");

        public void Dispose() { }
    }
}
