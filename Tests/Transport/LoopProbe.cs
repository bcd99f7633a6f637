using System.Collections.Concurrent;
using System.Threading.Channels;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>A connection on a loop that sends and takes what a test wants.</summary>
internal sealed class LoopProbe : IDrivenConnection
{
    private readonly ConcurrentQueue<(byte[] Datagram, NetworkPath Path)> _owed = new();
    private readonly Channel<(byte[] Datagram, NetworkPath Path)> _received = Channel.CreateUnbounded<(byte[] Datagram, NetworkPath Path)>();

    public LoopRegistration? Registration { get; set; }

    public Instant Due { get; set; } = Instant.Never;

    public bool Throws { get; set; }

    public bool ThrowsAtItsEnd { get; set; }

    public TaskCompletionSource<Instant> Advanced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<Exception> Faulted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Instant NextTimeout => Due;

    public void Send(byte[] datagram, NetworkPath path)
    {
        _owed.Enqueue((datagram, path));
        Registration!.Wake();
    }

    public ValueTask<(byte[] Datagram, NetworkPath Path)> ReceivedAsync(CancellationToken timeout) => _received.Reader.ReadAsync(timeout);

    public void Receive(Span<byte> datagram, in NetworkPath path, Instant now)
    {
        if (Throws) throw new InvalidOperationException("a defect");
        _received.Writer.TryWrite((datagram.ToArray(), path));
    }

    public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
    {
        path = default;
        if (!_owed.TryDequeue(out (byte[] Datagram, NetworkPath Path) next)) return 0;
        path = next.Path;
        next.Datagram.CopyTo(destination);
        return next.Datagram.Length;
    }

    public void AdvanceTo(Instant now)
    {
        if (now < Due) return;
        Due = Instant.Never;
        Advanced.TrySetResult(now);
    }

    public void PublishEvents(Instant now) { }

    public void Fault(Exception exception)
    {
        Faulted.TrySetResult(exception);
        if (ThrowsAtItsEnd) throw new InvalidOperationException("a defect at the end");
    }
}

internal static class LoopQuestions
{
    /// <summary>Runs a function on the loop.</summary>
    public static Task<T> AskAsync<T>(this EventLoop loop, Func<T> function)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            try
            {
                result.SetResult(function());
            }
            catch (Exception exception)
            {
                result.SetException(exception);
            }
        });
        return result.Task;
    }
}
