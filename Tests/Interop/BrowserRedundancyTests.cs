using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>Redundant audio (RFC 2198) with Chromium, which offers it: we send it and it receives all of it, it sends it and we take it apart.</summary>
[TestFixture(PeerHost.Chromium)]
public sealed class BrowserRedundancyTests(string peer) : PeerTests(peer)
{
    private const string PrefersRedundancy = """
        (() => {
          const codecs = RTCRtpSender.getCapabilities('audio').codecs, red = codecs.filter(codec => codec.mimeType === 'audio/red');
          pc.getTransceivers()[0].setCodecPreferences([...red, ...codecs.filter(codec => codec.mimeType !== 'audio/red')]);
        })()
        """;

    [Test, CancelAfter(20_000)]
    public async Task Audio_ThatWeSendRedundantly_IsReceived(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host, Host.Options with { AudioRedundancy = 2 });
        MediaEcho echo = new(call.Connection);
        await call.Peer.EvaluateAsync("send('audio')");
        await call.AnswerAsync(echo.AttachAsync);
        await call.ConnectedAsync(timeout);
        await call.Peer.EvaluateAsync("grows('inbound-rtp', { kind: 'audio' }, 'packetsReceived', 50)");
        JsonElement audio = await call.StatAsync("inbound-rtp", "{ kind: 'audio' }");
        TestContext.Out.WriteLine(audio);
        string codec = audio.GetProperty("codecId").GetString()!;
        JsonElement used = await call.StatAsync("codec", $"{{ id: '{codec}' }}");
        RTCStatsReport ours = await call.Connection.GetStatsAsync();
        RTCOutboundRtpStreamStats sent = ours.OfType<RTCOutboundRtpStreamStats>().Single();
        Assert.Multiple(() =>
        {
            Assert.That(used.GetProperty("mimeType").GetString(), Is.EqualTo("audio/red").Or.EqualTo("audio/opus"), "what it names the stream by");
            Assert.That(ours.OfType<RTCCodecStats>().Single(each => each.Id == sent.CodecId).MimeType, Is.EqualTo("audio/red"));
            Assert.That(audio.GetProperty("packetsLost").GetInt64(), Is.Zero);
        });
    }

    [Test, CancelAfter(20_000)]
    public async Task Audio_ThatTheBrowserSendsRedundantly_IsTakenApart(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        TaskCompletionSource<RTCTrackEvent> arrives = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<RtpPacketFields> packets = [];
        call.Connection.OnTrack += (_, e) =>
        {
            ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, packet) =>
            {
                lock (packets) packets.Add(packet.Fields);
            };
            arrives.TrySetResult(e);
        };
        await call.Peer.EvaluateAsync("send('audio')");
        await call.Peer.EvaluateAsync(PrefersRedundancy);
        await call.AnswerAsync();
        await call.ConnectedAsync(timeout);
        RTCTrackEvent track = await arrives.Task.WithinAsync(timeout);
        await call.Peer.EvaluateAsync("grows('outbound-rtp', { kind: 'audio' }, 'packetsSent', 100)");
        RTCStatsReport ours = await call.Connection.GetStatsAsync();
        RTCInboundRtpStreamStats received = ours.OfType<RTCInboundRtpStreamStats>().Single();
        byte opus = track.Receiver.GetParameters().Codecs.First(codec => codec.MimeType == "audio/opus").PayloadType;
        RtpPacketFields[] arrived;
        lock (packets) arrived = [.. packets];
        Assert.Multiple(() =>
        {
            Assert.That(ours.OfType<RTCCodecStats>().Single(each => each.Id == received.CodecId).MimeType, Is.EqualTo("audio/red"), "what is on the wire");
            Assert.That(arrived.Select(packet => packet.PayloadType), Is.All.EqualTo(opus), "what the application gets");
            Assert.That(arrived.Select(packet => packet.SequenceNumber), Is.Unique);
            Assert.That(arrived, Has.Length.GreaterThan(50));
        });
    }
}
