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

    [TestCase(TcpCandidates.ActiveAndPassive)]
    [TestCase(TcpCandidates.All)]
    [CancelAfter(20_000)]
    public async Task Connections_WithTcpCandidatesAlone_CarryDataAndMedia(TcpCandidates candidates, CancellationToken timeout)     // RFC 6544
    {
        WebRtcOptions options = Loopback with
        {
            TcpCandidates = candidates, Ice = new WebRtcStack.Ice.IceAgentOptions { LocalCandidateFilter = candidate => candidate.Protocol == WebRtcStack.Core.TransportProtocol.Tcp },
        };
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: options);
        await pair.SendAudioAsync(packets: 20, timeout);
        RTCIceCandidatePair selected = pair.Offerer.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!;
        Assert.That((selected.Local.Protocol, selected.Remote.Protocol), Is.EqualTo((RTCIceProtocol.Tcp, RTCIceProtocol.Tcp)));
    }
}
