namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Two connections in one process over real sockets on loopback.</summary>
public sealed class LoopbackTests
{
    internal static WebRtcOptions Loopback { get; } = new() { IncludeLoopback = true, AddressFilter = local => local.Address.IsLoopback };

    [Test, CancelAfter(20_000)]
    public async Task Channel_BetweenTwoConnections_CarriesMessages(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        pair.Answerer.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, message) => e.Channel.Send("echo " + message.Text);
        TaskCompletionSource<string> echoed = new();
        RTCDataChannel channel = pair.Offerer.CreateDataChannel("echo");
        channel.OnMessage += (_, message) => echoed.TrySetResult(message.Text);
        channel.OnOpen += (_, _) => channel.Send("hello");
        Assert.That(await echoed.Task.WaitAsync(timeout), Is.EqualTo("echo hello"));
    }
}
