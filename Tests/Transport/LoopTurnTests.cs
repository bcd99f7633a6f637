using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>Who runs a loop's passes and the application's handlers: the loop's thread, one that sends, or one that takes the loop over.</summary>
[CancelAfter(20_000)]
public sealed class LoopTurnTests
{
    /// <summary>A connection that sends to itself what it is asked to, and notices when two threads are inside of it.</summary>
    private sealed class Mirror : IDrivenConnection
    {
        private int _owed, _inside;

        public LoopRegistration Registration { get; set; } = null!;

        public TransportAddress Address { get; set; }

        public CallbackQueue? Callbacks { get; set; }

        public Action? OnArrival { get; set; }

        public Instant Due { get; set; } = Instant.Never;

        public TimeSpan? DueAfterSend { get; set; }

        public TaskCompletionSource<(Instant Due, Instant At)> Advanced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Received;

        public int Overlaps;

        public int SentBy;

        public Instant NextTimeout => Due;

        public void Send()
        {
            Interlocked.Increment(ref _owed);
            Registration.Send();
        }

        public void Receive(Span<byte> datagram, in NetworkPath path, Instant now)
        {
            Enter();
            Interlocked.Increment(ref Received);
            if (OnArrival is not null) Callbacks!.PostDelivery(OnArrival);
            Leave();
        }

        public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
        {
            path = new NetworkPath(Address, Address);
            if (Volatile.Read(ref _owed) == 0) return 0;
            Enter();
            Interlocked.Decrement(ref _owed);
            SentBy = Environment.CurrentManagedThreadId;
            if (DueAfterSend is { } delay) (Due, DueAfterSend) = (now + delay, null);
            Leave();
            return 20;
        }

        public void AdvanceTo(Instant now)
        {
            if (now < Due) return;
            Advanced.TrySetResult((Due, now));
            Due = Instant.Never;
        }

        public void PublishEvents(Instant now)
        {
            Enter();
            Leave();
        }

        public void Fault(Exception exception) => throw exception;

        private void Enter()
        {
            if (Interlocked.Increment(ref _inside) != 1) Interlocked.Increment(ref Overlaps);
        }

        private void Leave() => Interlocked.Decrement(ref _inside);
    }

    private static SocketTransport OneLoop(TimeSpan? handlers = null, TimeSpan spin = default) => new(new SocketTransportOptions
    {
        Loops = 1, MaxHandlerTime = handlers ?? new SocketTransportOptions().MaxHandlerTime, SpinDuration = spin,
    });

    private static async Task<Mirror> OpenAsync(EventLoop loop, Action? onArrival = null)
    {
        Mirror mirror = new() { Callbacks = loop.CreateCallbackQueue(), OnArrival = onArrival };
        await loop.AskAsync(() =>
        {
            mirror.Registration = loop.Attach(mirror);
            TransportAddress.TryParse("127.0.0.1", 0, out TransportAddress local);
            Assert.That(mirror.Registration.TryOpenUdp(local, PortRange.Any, out TransportAddress bound, out string? error), error);
            mirror.Address = bound;
            return true;
        });
        return mirror;
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken timeout)
    {
        while (!condition())
        {
            timeout.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Test]
    public async Task Send_WhileTheLoopSleeps_LeavesOnTheCallersThread(CancellationToken timeout)
    {
        using SocketTransport transport = OneLoop();
        Mirror mirror = await OpenAsync(transport.NextLoop());
        int own = 0;
        for (int sent = 1; own == 0; sent++)                      // the loop may be busy with what came before
        {
            mirror.Send();
            await UntilAsync(() => Volatile.Read(ref mirror.Received) == sent, timeout);
            if (mirror.SentBy == Environment.CurrentManagedThreadId) own++;
        }
    }

    [Test]
    public async Task Turns_OfManyThreads_DoNotOverlapAndLoseNothing(CancellationToken timeout)
    {
        const int Threads = 6, Each = 400;
        using SocketTransport transport = OneLoop();
        Mirror mirror = await OpenAsync(transport.NextLoop());
        Task[] senders = [.. Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                mirror.Send();
                Thread.SpinWait(thread * 200);
            }
        }))];
        await Task.WhenAll(senders);
        await UntilAsync(() => Volatile.Read(ref mirror.Received) == Threads * Each, timeout);
        Assert.That(mirror.Overlaps, Is.Zero);
    }

    [Test]
    public async Task Deadline_ThatComesUpInAnotherThreadsTurn_IsKept(CancellationToken timeout)
    {
        using SocketTransport transport = OneLoop();
        Mirror mirror = await OpenAsync(transport.NextLoop());
        mirror.DueAfterSend = TimeSpan.FromMilliseconds(20);
        mirror.Send();
        (Instant due, Instant at) = await mirror.Advanced.Task.WaitAsync(timeout);
        Assert.That(at, Is.GreaterThanOrEqualTo(due));
    }

    [Test]
    public async Task Handlers_RunOnTheLoopsThreadUnlessToldNotTo([Values] bool onPool, CancellationToken timeout)
    {
        using SocketTransport transport = OneLoop(handlers: onPool ? TimeSpan.Zero : TimeSpan.FromSeconds(1));
        EventLoop loop = transport.NextLoop();
        List<bool> pool = [];
        int handled = 0;
        Mirror mirror = await OpenAsync(loop, () =>
        {
            pool.Add(Thread.CurrentThread.IsThreadPoolThread);
            Volatile.Write(ref handled, handled + 1);
        });
        for (int sent = 1; sent <= 50; sent++)
        {
            mirror.Send();
            await UntilAsync(() => Volatile.Read(ref handled) == sent, timeout);
        }
        Assert.That(pool, onPool ? Is.All.True : Has.Some.False);
    }

    [Test]
    public async Task Handler_ThatBlocksTheLoopsThread_IsLeftBehindByTheLoop(CancellationToken timeout)
    {
        using SocketTransport transport = OneLoop();
        EventLoop loop = transport.NextLoop();
        using ManualResetEventSlim release = new(false), inside = new(false);
        int handled = 0;
        Mirror blocked = await OpenAsync(loop, () =>
        {
            inside.Set();
            release.Wait(timeout);
            Interlocked.Increment(ref handled);
        });
        Mirror other = await OpenAsync(loop);
        blocked.Send();
        inside.Wait(timeout);
        for (int sent = 1; sent <= 100; sent++)
        {
            other.Send();
            await UntilAsync(() => Volatile.Read(ref other.Received) == sent, timeout);
        }
        blocked.Send();
        await UntilAsync(() => Volatile.Read(ref blocked.Received) == 2, timeout);
        Assert.That(handled, Is.Zero, "one handler at a time");
        release.Set();
        await UntilAsync(() => Volatile.Read(ref handled) == 2, timeout);
        Assert.That(blocked.Overlaps + other.Overlaps, Is.Zero);
    }

    [Test]
    public async Task Handler_ThatWaitsForTheLoopItself_IsAnswered(CancellationToken timeout)
    {
        using SocketTransport transport = OneLoop();
        EventLoop loop = transport.NextLoop();
        TaskCompletionSource<int> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Mirror mirror = await OpenAsync(loop, () => asked.TrySetResult(loop.AskAsync(() => 7).GetAwaiter().GetResult()));
        mirror.Send();
        Assert.That(await asked.Task.WaitAsync(timeout), Is.EqualTo(7));
    }

    [Test]
    public async Task Dispose_InsideAHandler_EndsTheLoop(CancellationToken timeout)
    {
        SocketTransport transport = OneLoop();
        TaskCompletionSource disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Mirror mirror = await OpenAsync(transport.NextLoop(), () =>
        {
            transport.Dispose();
            disposed.TrySetResult();
        });
        mirror.Send();
        await disposed.Task.WaitAsync(timeout);
        mirror.Send();                                            // to nobody
    }

    [Test]
    public async Task Spinning_ALoopThatHasNothingToDo_KeepsItsDeadlinesAndLosesNothing(CancellationToken timeout)
    {
        using SocketTransport transport = OneLoop(spin: TimeSpan.FromMicroseconds(200));
        Mirror mirror = await OpenAsync(transport.NextLoop());
        mirror.DueAfterSend = TimeSpan.FromMilliseconds(10);
        for (int sent = 1; sent <= 200; sent++)
        {
            mirror.Send();
            await UntilAsync(() => Volatile.Read(ref mirror.Received) == sent, timeout);
        }
        (Instant due, Instant at) = await mirror.Advanced.Task.WaitAsync(timeout);
        Assert.That(at, Is.GreaterThanOrEqualTo(due));
    }
}
