using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>Tones of telephones, both ways (RFC 4733).</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserToneTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(30_000)]
    public async Task Tones_OfEitherSide_Arrive(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        MediaEcho echo = new(call.Connection);
        await call.Peer.EvaluateAsync("send('audio')");
        List<char?> tones = [];
        await call.AnswerAsync(async () =>
        {
            await echo.AttachAsync();
            RTCRtpTransceiver transceiver = call.Connection.GetTransceivers()[0];
            TelephoneEventReceiver receiver = new();
            ((RemoteMediaStreamTrack)transceiver.Receiver.Track).OnRtpPacket += (_, packet) =>
            {
                RTCRtpCodecParameters? codec = transceiver.Receiver.GetParameters().Codecs.FirstOrDefault(each => each.PayloadType == packet.Fields.PayloadType);
                if (codec?.MimeType != "audio/telephone-event") return;
                receiver.Receive(packet.Payload.Span, packet.Fields.Timestamp, packet.Fields.Marker, new Instant(0));
                while (receiver.TryReadEvent(out TelephoneEventNotice notice))
                {
                    if (notice.Change == TelephoneEventChange.Started) tones.Add(TelephoneEvent.ToneOf(notice.Code));
                }
            };
        });
        await call.ConnectedAsync(timeout);
        await call.GrowsAsync("audio", "packetsReceived", 10);
        await call.Peer.EvaluateAsync("insertDtmf('1A#')");
        await Awaiting.UntilAsync(() => tones.Count == 3, () => string.Join(", ", tones), timeout);
        Assert.That(tones, Is.EqualTo(new char?[] { '1', 'A', '#' }));
        RTCDTMFSender dtmf = call.Connection.GetSenders()[0].Dtmf!;
        TaskCompletionSource played = new(TaskCreationOptions.RunContinuationsAsynchronously);
        dtmf.OnToneChange += (_, e) =>
        {
            if (e.Tone.Length == 0) played.TrySetResult();
        };
        dtmf.InsertDTMF("59*D");
        await played.Task.WithinAsync(timeout);
        double packets = await call.GrowsAsync("audio", "packetsReceived", 0);
        await call.GrowsAsync("audio", "packetsReceived", packets + 20);
        Assert.That((await call.InboundAsync("audio")).GetProperty("packetsLost").GetInt64(), Is.Zero, "tones take the audio's place in its numbering");
    }
}
