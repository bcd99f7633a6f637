using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Data channels as tasks, asynchronous sequences and streams, over loopback.</summary>
public sealed class DataChannelViewTests
{
    [Test, CancelAfter(20_000)]
    public async Task ReadAllAsync_GivesEveryMessageInOrder_AndEndsWithTheChannel(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        (RTCDataChannel ours, IAsyncEnumerator<MessageEvent> messages) = await OpenAsync(pair, channel => channel.ReadAllAsync(timeout).GetAsyncEnumerator(timeout), timeout);
        for (int i = 0; i < 200; i++)
        {
            if (i % 2 == 0) await ours.SendAsync($"text {i}", timeout);
            else await ours.SendAsync(new byte[i], timeout);
        }
        ours.Close();
        List<string> received = [];
        while (await messages.MoveNextAsync()) received.Add(messages.Current.IsBinary ? $"{messages.Current.Data.Length}" : messages.Current.Text);
        Assert.That(received, Is.EqualTo(Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? $"text {i}" : $"{i}")));
    }

    [Test, CancelAfter(20_000)]
    public async Task ReadAllAsync_Twice_ThrowsInvalidStateError_UntilTheFirstIsDisposed(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        RTCDataChannel channel = pair.Offerer.CreateDataChannel("x");
        await using (IAsyncEnumerator<MessageEvent> first = channel.ReadAllAsync(timeout).GetAsyncEnumerator(timeout))
        {
            Task<bool> waits = first.MoveNextAsync().AsTask();
            Assert.That(Assert.Throws<DOMException>(() => channel.AsStream())!.Name, Is.EqualTo("InvalidStateError"));
            channel.Close();
            Assert.That(await waits, Is.False);
        }
    }

    [Test, CancelAfter(20_000)]
    public async Task ReadAllAsync_Cancelled_EndsTheWaitAlone(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        RTCDataChannel channel = pair.Offerer.CreateDataChannel("x");
        await channel.WaitForOpenAsync(timeout);
        using CancellationTokenSource cancelled = new();
        Task<bool> waits = channel.ReadAllAsync(cancelled.Token).GetAsyncEnumerator(cancelled.Token).MoveNextAsync().AsTask();
        cancelled.Cancel();
        Assert.CatchAsync<OperationCanceledException>(() => waits);
        Assert.That(channel.ReadyState, Is.EqualTo(RTCDataChannelState.Open));
    }

    [Test, CancelAfter(20_000)]
    public async Task AsStream_CarriesBytesBothWays(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        (RTCDataChannel ours, Stream theirs) = await OpenAsync(pair, channel => channel.AsStream(), timeout);
        byte[] data = new byte[200_000];
        new Random(1).NextBytes(data);
        using Stream stream = ours.AsStream();
        Task written = stream.WriteAsync(data, timeout).AsTask();
        byte[] received = new byte[data.Length];
        await theirs.ReadExactlyAsync(received, timeout);
        await written;
        Assert.That(received, Is.EqualTo(data));
        await theirs.WriteAsync(new byte[] { 1, 2, 3 }, timeout);
        byte[] back = new byte[3];
        await stream.ReadExactlyAsync(back, timeout);
        Assert.That(back, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That((stream.CanRead, stream.CanWrite, stream.CanSeek), Is.EqualTo((true, true, false)));
        theirs.Dispose();
        Assert.That(await stream.ReadAsync(back, timeout), Is.Zero, "the end of the channel is the end of the stream");
        Assert.ThrowsAsync<ObjectDisposedException>(() => theirs.WriteAsync(back, timeout).AsTask());
    }

    [Test, CancelAfter(20_000)]
    public async Task SendAsync_BeyondTheBuffer_WaitsForRoom(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: LoopbackTests.Loopback with { Sctp = new SctpOptions { MaxSendBuffer = 64 * 1024 } });
        long received = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (RTCDataChannel ours, _) = await OpenAsync(pair, channel =>
        {
            channel.OnMessage += (_, message) =>
            {
                received += message.Data.Length;
                if (received == 100 * 20_000) all.TrySetResult();
            };
            return channel;
        }, timeout);
        for (int i = 0; i < 100; i++) await ours.SendAsync(new byte[20_000], timeout);
        await all.Task.WaitAsync(timeout);
        Assert.That(received, Is.EqualTo(2_000_000));
    }

    [Test, CancelAfter(20_000)]
    public async Task WaitForOpenAsync_OfAChannelThatIsClosedFirst_ThrowsInvalidStateError(CancellationToken timeout)
    {
        using RTCPeerConnection connection = new();
        RTCDataChannel channel = connection.CreateDataChannel("x");
        Task waits = channel.WaitForOpenAsync(timeout);
        channel.Close();
        DOMException thrown = Assert.CatchAsync<DOMException>(() => waits)!;
        Assert.That(thrown.Name, Is.EqualTo("InvalidStateError"));
        await Task.CompletedTask;
    }

    // A new channel of the offerer, and what its twin is seen as; attached in the event, so that nothing is missed.
    private static async Task<(RTCDataChannel Ours, T Theirs)> OpenAsync<T>(ConnectedPair pair, Func<RTCDataChannel, T> view, CancellationToken timeout)
    {
        TaskCompletionSource<T> announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Answerer.OnDataChannel += (_, e) => announced.TrySetResult(view(e.Channel));
        RTCDataChannel ours = pair.Offerer.CreateDataChannel("view");
        await ours.WaitForOpenAsync(timeout);
        return (ours, await announced.Task.WaitAsync(timeout));
    }
}
