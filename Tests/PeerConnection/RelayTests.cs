using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Forwarding of what is received: an SFU's heart.</summary>
public sealed class RelayTests
{
    private const byte KeyFrame = 0x00, DeltaFrame = 0x01;               // VP8's first payload byte: its lowest bit (RFC 6386 §9.1)

    [Test]
    public void AddTrack_OfARemoteTrack_ForwardsItsPackets()
    {
        using PeerSimulation @in = new(1);
        LocalMediaStreamTrack source = new(MediaKind.Video);
        RemoteMediaStreamTrack? remote = null;
        @in.Right.OnTrack += (_, e) => remote = (RemoteMediaStreamTrack)e.Track;
        @in.Left.AddTrack(source);
        @in.Connect();
        byte payloadType = @in.Left.GetSenders()[0].GetParameters().Codecs[0].PayloadType;
        using PeerSimulation @out = new(2);              // two simulations are set up one after the other: continuations go to the newest
        List<RtpPacketFields> arrived = [];
        @out.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, packet) => arrived.Add(packet.Fields);
        @out.Left.AddTrack(remote!);
        @out.Connect();
        Write(@in, @out, source, payloadType, 1, 5);
        Assert.That(arrived, Has.Count.EqualTo(5));
        AssertContinuous(arrived);
    }

    [Test]
    public void SwitchTo_AnotherSource_HappensAtItsKeyFrameWithoutASeam()
    {
        using PeerSimulation @in = new(3);
        LocalMediaStreamTrack first = new(MediaKind.Video), second = new(MediaKind.Video);
        List<RemoteMediaStreamTrack> remotes = [];
        int asked = 0;
        second.OnKeyFrameRequested += (_, _) => asked++;
        @in.Right.OnTrack += (_, e) => remotes.Add((RemoteMediaStreamTrack)e.Track);
        @in.Left.AddTrack(first);
        @in.Left.AddTrack(second);
        @in.Connect();
        using PeerSimulation @out = new(4);
        using RelayScope relay = new(@out);
        relay.Track.SwitchTo(remotes[0]);
        byte vp8 = @in.Left.GetSenders()[0].GetParameters().Codecs[0].PayloadType;
        Write(@in, @out, first, vp8, 10, 3, DeltaFrame);
        Assert.That(relay.Arrived, Is.Empty, "video starts with a key frame");
        Write(@in, @out, first, vp8, 20, 1);
        Write(@in, @out, first, vp8, 21, 4, DeltaFrame);
        Write(@in, @out, second, vp8, 60_000, 1);
        relay.Track.SwitchTo(remotes[1]);
        Write(@in, @out, first, vp8, 25, 2, DeltaFrame);
        Write(@in, @out, second, vp8, 60_001, 2, DeltaFrame);
        Assert.That(relay.Arrived, Has.Count.EqualTo(7), "until the key frame the old source goes on");
        Assert.That(relay.Track.Source, Is.SameAs(remotes[0]));
        Assert.That(asked, Is.EqualTo(1));
        Write(@in, @out, second, vp8, 60_003, 1);
        Write(@in, @out, second, vp8, 60_004, 3, DeltaFrame);
        Write(@in, @out, first, vp8, 27, 2, DeltaFrame);
        Assert.That(relay.Arrived, Has.Count.EqualTo(11));
        Assert.That(relay.Track.Source, Is.SameAs(remotes[1]));
        AssertContinuous(relay.Arrived);
        relay.Track.Pause();
        Write(@in, @out, second, vp8, 60_007, 3);
        Assert.That((relay.Arrived.Count, relay.Track.IsPaused), Is.EqualTo((11, true)));
        relay.Track.Resume();
        Write(@in, @out, second, vp8, 60_010, 2, DeltaFrame);
        Assert.That(relay.Arrived, Has.Count.EqualTo(11));
        Write(@in, @out, second, vp8, 60_012, 2);
        Assert.That(relay.Arrived, Has.Count.EqualTo(13));
        AssertContinuous(relay.Arrived);
        relay.Track.SwitchTo(null);
        Write(@in, @out, second, vp8, 60_014, 2);
        Assert.That(relay.Arrived, Has.Count.EqualTo(13));
        Assert.Throws<ArgumentException>(() => relay.Track.SwitchTo(remotes[0], "none"));
    }

    [Test]
    public void SwitchTo_ALayerOfSimulcast_ForwardsThatLayerAlone()
    {
        string[] rids = ["q", "h", "f"];
        using MediaCall call = new(5, MediaKind.Video, new RTCRtpTransceiverInit { SendEncodings = [.. rids.Select(rid => new RTCRtpEncodingParameters { Rid = rid })] });
        using PeerSimulation @out = new(6);
        using RelayScope relay = new(@out);
        List<string?> wanted = [];
        call.Local.OnKeyFrameRequested += (_, e) => wanted.Add(e.Rid);
        byte vp8 = call.PayloadType("VP8");
        void All(ushort first, int packets, byte kind)
        {
            for (int i = 0; i < packets; i++)
            {
                foreach (string rid in rids)
                    call.Local.WriteRtp(new RtpPacketFields(vp8, (ushort)(first + i), (uint)((first + i) * 3000), true) { Rid = rid }, [0x10, kind, 0, 0, 0x9D, 0x01, 0x2A, (byte)rid[0]]);
                call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
            }
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(200));
            @out.Time.RunFor(TimeSpan.FromMilliseconds(500));
        }
        All(1, 1, KeyFrame);
        relay.Track.SwitchTo(call.Remote);
        All(2, 2, KeyFrame);
        Assert.That(relay.Track.Rid, Is.EqualTo("q"));
        relay.Track.SwitchTo(call.Remote, "f");
        All(4, 2, DeltaFrame);
        All(6, 2, KeyFrame);
        Assert.That(relay.Track.Rid, Is.EqualTo("f"));
        Assert.That(relay.Payloads.Select(payload => (char)payload[^1]), Is.EqualTo("qqqqqff"), "until the key frame the old layer goes on");
        Assert.That(wanted, Does.Contain("f"));
        AssertContinuous(relay.Arrived);
    }

    [Test]
    public void SwitchTo_WithManySenders_CopiesAPayloadOnce()
    {
        using PeerSimulation @in = new(7);
        LocalMediaStreamTrack source = new(MediaKind.Audio);
        RemoteMediaStreamTrack? remote = null;
        @in.Right.OnTrack += (_, e) => remote = (RemoteMediaStreamTrack)e.Track;
        @in.Left.AddTrack(source);
        @in.Connect();
        RelayTrack relay = new(MediaKind.Audio);
        relay.SwitchTo(remote);
        List<PeerSimulation> outs = [];
        int arrived = 0;
        for (int i = 0; i < 5; i++)
        {
            PeerSimulation each = new(10 + i);
            outs.Add(each);
            each.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, packet) => { if (packet.Payload.Span[0] == 42) arrived++; };
            each.Left.AddTrack(relay);
            each.Connect();
        }
        byte opus = @in.Left.GetSenders()[0].GetParameters().Codecs[0].PayloadType;
        for (ushort i = 0; i < 10; i++) source.WriteRtp(new RtpPacketFields(opus, i, i * 960u, false), [42, (byte)i]);
        @in.Time.RunFor(TimeSpan.FromMilliseconds(300));
        outs[0].Left.Close();
        foreach (PeerSimulation each in outs) each.Time.RunFor(TimeSpan.FromMilliseconds(300));
        Assert.That(arrived, Is.EqualTo(40).Or.EqualTo(50));
        Assert.That(relay.PacketsForwarded, Is.EqualTo(10));
        for (int i = outs.Count - 1; i >= 0; i--) outs[i].Dispose();
    }

    [Test]                                               // RFC 7741 §4.2: the descriptor says the temporal layer
    public void MaxTemporalLayer_OfZero_LeavesOutHigherLayersWithoutAGap()
    {
        using MediaCall call = new(8, MediaKind.Video);
        using PeerSimulation @out = new(9);
        using RelayScope relay = new(@out);
        relay.Track.SwitchTo(call.Remote);
        byte vp8 = call.PayloadType("VP8");
        for (ushort i = 0; i < 20; i++)
        {
            if (i == 10) relay.Track.MaxTemporalLayer = 0;
            byte layer = (byte)(i & 1);                  // X and S; T; TID and Y
            call.Local.WriteRtp(new RtpPacketFields(vp8, i, i * 3000u, true), [0x90, 0x20, (byte)(layer << 6 | 0x20), i == 0 ? KeyFrame : DeltaFrame, 0, 0, 0x9D, 0x01, 0x2A, (byte)i]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(200));
        @out.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(relay.Payloads.Select(payload => (int)payload[^1]), Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18 }));
        AssertContinuous(relay.Arrived);
    }

    [Test]
    public void Share_OfALease_GivesItsMemoryBackOnce()
    {
        MessageLease lease = MessageLease.CopyOf([1, 2, 3]).Share(3);
        Assert.Throws<InvalidOperationException>(() => lease.Share(2));
        lease.Dispose();
        lease.Dispose();
        Assert.That(lease.Span.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        lease.Dispose();
        Assert.That(MessageLease.CopyOf([]).Share(5).Length, Is.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageLease.Rent(1).Share(0));
    }

    // A VP8 payload of one packet: descriptor with S, frame tag, start code.
    private static void Write(PeerSimulation @in, PeerSimulation @out, LocalMediaStreamTrack track, byte payloadType, ushort first, int packets, byte kind = KeyFrame)
    {
        for (int i = 0; i < packets; i++)
        {
            track.WriteRtp(new RtpPacketFields(payloadType, (ushort)(first + i), (uint)((first + i) * 3000), true), [0x10, kind, 0, 0, 0x9D, 0x01, 0x2A, 0]);
            @in.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
        @in.Time.RunFor(TimeSpan.FromMilliseconds(200));
        @out.Time.RunFor(TimeSpan.FromMilliseconds(400));
    }

    private static void AssertContinuous(List<RtpPacketFields> arrived)
    {
        Assert.That(arrived.Zip(arrived.Skip(1), (last, next) => (ushort)(next.SequenceNumber - last.SequenceNumber)), Is.All.EqualTo(1));
        Assert.That(arrived.Zip(arrived.Skip(1), (last, next) => next.Timestamp - last.Timestamp), Is.All.InRange(1, 900_000));
    }

    private sealed class RelayScope : IDisposable
    {
        private readonly PeerSimulation _out;

        public RelayScope(PeerSimulation @out)
        {
            _out = @out;
            @out.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, packet) =>
            {
                Arrived.Add(packet.Fields);
                Payloads.Add(packet.Payload.ToArray());
            };
            @out.Left.AddTrack(Track);
            @out.Connect();
        }

        public RelayTrack Track { get; } = new(MediaKind.Video);

        public List<RtpPacketFields> Arrived { get; } = [];

        public List<byte[]> Payloads { get; } = [];

        public void Dispose() => _out.Left.Close();
    }
}
