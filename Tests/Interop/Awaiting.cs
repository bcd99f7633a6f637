using System.Runtime.CompilerServices;

namespace WebRtcStack.Tests.Interop;

/// <summary>Awaits what the connection tells by events.</summary>
internal static class Awaiting
{
    /// <summary>Awaits a task; the test's output tells what was waited for in vain.</summary>
    public static async Task<T> WithinAsync<T>(this Task<T> task, CancellationToken timeout, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        try
        {
            return await task.WaitAsync(timeout);
        }
        catch (OperationCanceledException)
        {
            await TestContext.Out.WriteLineAsync($"in vain: {what}");
            throw;
        }
    }

    /// <inheritdoc cref="WithinAsync{T}"/>
    public static Task WithinAsync(this Task task, CancellationToken timeout, [CallerArgumentExpression(nameof(task))] string what = "") =>
        CompleteAsync(task).WithinAsync(timeout, what);

    /// <summary>Looks again and again, for what no event tells; the test fails with what there was instead.</summary>
    public static async Task UntilAsync(Func<bool> done, Func<string> what, CancellationToken timeout)
    {
        while (!done())
        {
            if (timeout.IsCancellationRequested) Assert.Fail(what());
            await Task.Delay(20, CancellationToken.None);
        }
    }

    public static async Task ReachesAsync(this RTCPeerConnection connection, RTCPeerConnectionState state, CancellationToken timeout)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnConnectionStateChange += Look;
        Look(null, EventArgs.Empty);
        try
        {
            await reached.Task.WithinAsync(timeout, $"{state}; the connection is {connection.ConnectionState}");
        }
        finally
        {
            connection.OnConnectionStateChange -= Look;
        }

        void Look(object? sender, EventArgs e)
        {
            if (connection.ConnectionState == state) reached.TrySetResult();
        }
    }

    public static async Task OpensAsync(this RTCDataChannel channel, CancellationToken timeout)
    {
        TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.OnOpen += (_, _) => opened.TrySetResult();
        if (channel.ReadyState == RTCDataChannelState.Open) return;
        await opened.Task.WithinAsync(timeout, $"{channel.Label} opens");
    }

    public static async Task ClosesAsync(this RTCDataChannel channel, CancellationToken timeout)
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.OnClose += (_, _) => closed.TrySetResult();
        if (channel.ReadyState == RTCDataChannelState.Closed) return;
        await closed.Task.WithinAsync(timeout, $"{channel.Label} closes");
    }

    /// <summary>The next channel that the peer opens; subscribe before it can come.</summary>
    public static Task<RTCDataChannel> NextDataChannelAsync(this RTCPeerConnection connection, CancellationToken timeout)
    {
        TaskCompletionSource<RTCDataChannel> announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnDataChannel += (_, e) => announced.TrySetResult(e.Channel);
        return announced.Task.WithinAsync(timeout);
    }

    /// <summary>Sends a message and awaits the next that comes.</summary>
    public static async Task<(byte[] Data, bool IsBinary)> RoundTripAsync(this RTCDataChannel channel, byte[] message, bool isBinary, CancellationToken timeout)
    {
        TaskCompletionSource<(byte[], bool)> returned = new(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.OnMessage += Take;
        try
        {
            if (isBinary) channel.Send(message);
            else channel.Send(System.Text.Encoding.UTF8.GetString(message));
            return await returned.Task.WithinAsync(timeout, $"{channel.Label} returns {message.Length} bytes; {channel.BufferedAmount} wait");
        }
        finally
        {
            channel.OnMessage -= Take;
        }

        void Take(object? sender, MessageEvent e) => returned.TrySetResult((e.Data.ToArray(), e.IsBinary));
    }

    public static void Echo(this RTCDataChannel channel) => channel.OnMessage += (_, message) =>
    {
        if (message.IsBinary) channel.Send(message.Data.Span);
        else channel.Send(message.Text);
    };

    private static async Task<bool> CompleteAsync(Task task)
    {
        await task;
        return true;
    }
}
