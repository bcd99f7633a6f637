namespace WebRtcStack.Tests.Interop;

/// <summary>Three layers of a browser, told apart by their rids; one is relayed back, one paused and resumed.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserSimulcastTests(string peer) : PeerTests(peer)
{
    private static readonly string[] s_rids = ["q", "h", "f"];

    // Chromium sends three layers of a large picture only, and a camera has the size that the first page has opened it with.
    private protected override bool SharesHost => false;

    [Test, CancelAfter(30_000)]
    public async Task Simulcast_OfThreeLayers_ArrivesByRidAndIsRelayedPausedAndResumed(CancellationToken timeout)
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
        await Awaiting.UntilAsync(() => frames.All(count => count > 10), () => string.Join(", ", frames), timeout);
        double decoded = await call.GrowsAsync("video", "framesDecoded", 0);
        await call.GrowsAsync("video", "framesDecoded", decoded + 10);
        relay.SwitchTo(remote, "h");
        await Awaiting.UntilAsync(() => relay.Rid == "h", () => "still the old layer", timeout);
        await call.GrowsAsync("video", "framesDecoded", (await call.InboundAsync("video")).GetProperty("framesDecoded").GetDouble() + 10);
        await call.Peer.EvaluateAsync("grows('inbound-rtp', { kind: 'video' }, 'frameWidth', 320)");
        await call.Peer.EvaluateAsync("activate('f', false)");
        int[] before;
        do
        {
            before = [.. frames];
            await Awaiting.UntilAsync(() => Volatile.Read(ref frames[0]) > before[0] + 10, () => "the small layer stands still", timeout);
        }
        while (frames[2] != before[2]);
        await call.Peer.EvaluateAsync("activate('f', true)");
        await Awaiting.UntilAsync(() => Volatile.Read(ref frames[2]) > before[2] + 5, () => "the large layer does not come back", timeout);
    }
}
