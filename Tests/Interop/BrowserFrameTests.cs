using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>Frames of browsers taken apart and sent back packetised by us; simulcast received and one layer relayed; tones both ways.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserFrameTests(string peer) : PeerTests(peer)
{
    private static readonly string[] s_rids = ["q", "h", "f"];

    // What the installed browsers encode; Debian's Firefox has no encoder of H.264, which is a plug-in that it downloads.
    private static bool Encodes(string peer, string codec) => peer == PeerHost.Chromium || codec is not ("H264" or "AV1");

    [Test, CancelAfter(30_000)]
    public async Task Frames_PacketisedAnew_AreDecoded([Values("VP8", "VP9", "H264", "AV1")] string codec, CancellationToken timeout)
    {
        if (!Encodes(PeerName, codec)) Assert.Ignore($"{PeerName} does not encode {codec}.");
        await using PeerCall call = await PeerCall.StartAsync(Host);
        FrameEcho echo = new(call.Connection, MediaKind.Video, codec);
        await call.Peer.EvaluateAsync("send('video')");
        await call.AnswerAsync(echo.AttachAsync);
        await call.ConnectedAsync(timeout);
        double frames = await GrowsAsync(call, "video", "framesDecoded", 0);
        await GrowsAsync(call, "video", "framesDecoded", frames + 20);
        TestContext.Out.WriteLine($"{codec}: {echo.Frames} frames, {echo.KeyFrames} key frames, {echo.Refused} refused");
        Assert.Multiple(() =>
        {
            Assert.That(echo.KeyFrames, Is.Positive);
            Assert.That(echo.Refused, Is.Zero);
        });
    }

    [Test, CancelAfter(30_000)]
    public async Task Audio_PacketisedAnew_IsPlayed([Values("opus", "G722", "PCMU", "PCMA")] string codec, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        FrameEcho echo = new(call.Connection, MediaKind.Audio, codec);
        await call.Peer.EvaluateAsync("send('audio')");
        await call.AnswerAsync(echo.AttachAsync);
        await call.ConnectedAsync(timeout);
        double packets = await GrowsAsync(call, "audio", "packetsReceived", 0);
        await GrowsAsync(call, "audio", "packetsReceived", packets + 50);
        string mimeType = (await call.StatAsync("codec")).GetProperty("mimeType").GetString()!;
        Assert.That(mimeType, Is.EqualTo("audio/" + codec).IgnoreCase);
    }

    [Test, CancelAfter(40_000)]
    public async Task Simulcast_OfThreeLayers_ArrivesByRidAndOneIsRelayedBack(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RelayTrack relay = new(MediaKind.Video);
        RemoteMediaStreamTrack? remote = null;
        int[] frames = new int[s_rids.Length];
        await call.Peer.EvaluateAsync("sendSimulcast('q', 'h', 'f')");
        call.Connection.OnTrack += (_, e) =>
        {
            remote = (RemoteMediaStreamTrack)e.Track;
            remote.OnFrame += (_, arrived) =>
            {
                if (Array.IndexOf(s_rids, arrived.Rid) is >= 0 and int index) Interlocked.Increment(ref frames[index]);
            };
        };
        await call.AnswerAsync(async () =>
        {
            RTCRtpTransceiver transceiver = call.Connection.GetTransceivers()[0];
            transceiver.Direction = RTCRtpTransceiverDirection.SendRecv;
            await transceiver.Sender.ReplaceTrackAsync(relay);
        });
        Assert.That(remote!.Rids, Is.EqualTo(s_rids));
        relay.SwitchTo(remote, "q");
        await call.ConnectedAsync(timeout);
        await UntilAsync(() => frames.All(count => count > 10), () => string.Join(", ", frames), timeout);
        double decoded = await GrowsAsync(call, "video", "framesDecoded", 0);
        await GrowsAsync(call, "video", "framesDecoded", decoded + 10);
        relay.SwitchTo(remote, "h");
        await UntilAsync(() => relay.Rid == "h", () => "still the old layer", timeout);
        await GrowsAsync(call, "video", "framesDecoded", (await call.StatAsync("inbound-rtp", "{ kind: 'video' }")).GetProperty("framesDecoded").GetDouble() + 10);
        await call.Peer.EvaluateAsync("grows('inbound-rtp', { kind: 'video' }, 'frameWidth', 320)");
    }

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
        await GrowsAsync(call, "audio", "packetsReceived", 10);
        await call.Peer.EvaluateAsync("insertDtmf('1A#')");
        await UntilAsync(() => tones.Count == 3, () => string.Join(", ", tones), timeout);
        Assert.That(tones, Is.EqualTo(new char?[] { '1', 'A', '#' }));
        RTCDTMFSender dtmf = call.Connection.GetSenders()[0].Dtmf!;
        TaskCompletionSource played = new(TaskCreationOptions.RunContinuationsAsynchronously);
        dtmf.OnToneChange += (_, e) =>
        {
            if (e.Tone.Length == 0) played.TrySetResult();
        };
        dtmf.InsertDTMF("59*D");
        await played.Task.WithinAsync(timeout);
        double packets = await GrowsAsync(call, "audio", "packetsReceived", 0);
        await GrowsAsync(call, "audio", "packetsReceived", packets + 20);
        Assert.That((await call.StatAsync("inbound-rtp", "{ kind: 'audio' }")).GetProperty("packetsLost").GetInt64(), Is.Zero, "tones take the audio's place in its numbering");
    }

    internal static async Task UntilAsync(Func<bool> done, Func<string> what, CancellationToken timeout)
    {
        while (!done())
        {
            if (timeout.IsCancellationRequested) Assert.Fail(what());
            await Task.Delay(20, CancellationToken.None);
        }
    }

    internal static Task<double> GrowsAsync(PeerCall call, string kind, string member, double beyond) =>
        call.Peer.EvaluateAsync<double>($"grows('inbound-rtp', {{ kind: '{kind}' }}, '{member}', {beyond})");
}
