using WebRtcStack.Sdp;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Simulcast of ours with ours (RFC 8853; webrtc-pc §5.4.3).</summary>
public sealed class SimulcastTests
{
    private static readonly string[] s_rids = ["q", "h", "f"];
    private static readonly RTCRtpTransceiverInit s_three = new() { SendEncodings = [.. s_rids.Select(rid => new RTCRtpEncodingParameters { Rid = rid })] };

    [Test]
    public void Layers_ThatAreSent_AreToldApartByRid()
    {
        using MediaCall call = new(1, MediaKind.Video, s_three);
        Write(call, packets: 10);
        SdpMedia offer = DescriptionValidator.Parse(call.Simulation.Left.LocalDescription!.Sdp).Media[0], answer = DescriptionValidator.Parse(call.Simulation.Right.LocalDescription!.Sdp).Media[0];
        Assert.Multiple(() =>
        {
            Assert.That(offer.Attributes.First("simulcast"), Is.EqualTo("send q;h;f"));
            Assert.That(answer.Attributes.First("simulcast"), Is.EqualTo("recv q;h;f"));
            Assert.That(answer.Attributes.All("rid"), Is.EqualTo(new[] { "q recv", "h recv", "f recv" }));
            Assert.That(offer.Attributes.Contains("ssrc"), Is.False);
            Assert.That(call.Remote.Rids, Is.EqualTo(s_rids));
            Assert.That(call.Receiver.GetParameters().Encodings.Select(encoding => encoding.Rid), Is.EqualTo(s_rids));
            foreach (string rid in s_rids)
            {
                Assert.That(call.Arrived.Count(packet => packet.Fields.Rid == rid), Is.EqualTo(10));
                Assert.That(call.Arrived.Where(packet => packet.Fields.Rid == rid).Select(packet => packet.Payload[0]), Is.All.EqualTo(rid[0]));
            }
        });
    }

    [Test]
    public void SetParametersAsync_OfALayer_PausesAndResumesIt()
    {
        using MediaCall call = new(2, MediaKind.Video, s_three);
        List<string?> wanted = [];
        call.Local.OnKeyFrameRequested += (_, e) => wanted.Add(e.Rid);
        SetActive(call, "h", false);
        Write(call, packets: 5);
        Assert.That(call.Arrived.Select(packet => packet.Fields.Rid).Distinct(), Is.EquivalentTo(new[] { "q", "f" }));
        Assert.That(wanted, Is.Empty);
        SetActive(call, "h", true);
        Assert.That(wanted, Is.EqualTo(new[] { "h" }), "a layer that is sent again starts with a key frame");
        Write(call, packets: 5);
        Assert.That(call.Arrived.Count(packet => packet.Fields.Rid == "h"), Is.EqualTo(5));
    }

    [Test]
    public void Answer_WithoutSimulcast_LeavesTheFirstLayer()
    {
        using MediaCall call = new(3, MediaKind.Video, s_three);
        using PeerSimulation plain = new(3);
        RTCRtpTransceiver transceiver = plain.Left.AddTransceiver(MediaKind.Video, s_three);
        plain.RunUntil(() => transceiver.CurrentDirection is not null, TimeSpan.FromSeconds(5), AnswerMungedAsync(plain, lines => lines.Where(line => !line.StartsWith("a=rid", StringComparison.Ordinal) && !line.StartsWith("a=simulcast", StringComparison.Ordinal))));
        Assert.That(transceiver.Sender.GetParameters().Encodings.Select(encoding => encoding.Rid), Is.EqualTo(new[] { "q" }));
    }

    [Test]
    public void Answer_WithSomeLayers_NarrowsTheEnvelope()
    {
        using PeerSimulation plain = new(4);
        RTCRtpTransceiver transceiver = plain.Left.AddTransceiver(MediaKind.Video, s_three);
        plain.RunUntil(() => transceiver.CurrentDirection is not null, TimeSpan.FromSeconds(5), AnswerMungedAsync(plain, lines => lines
            .Where(line => line != "a=rid:h recv").Select(line => line == "a=simulcast:recv q;h;f" ? "a=simulcast:recv q;f" : line)));
        Assert.That(transceiver.Sender.GetParameters().Encodings.Select(encoding => encoding.Rid), Is.EqualTo(new[] { "q", "f" }));
        Task<RTCSessionDescription> next = plain.Left.CreateOfferAsync();
        plain.RunUntil(() => next.IsCompleted, TimeSpan.FromSeconds(5), next);
        Assert.That(next.Result.Sdp, Does.Contain("a=simulcast:send q;f"));
    }

    [Test]                                               // webrtc-pc §4.4.1.5: an offer to receive simulcast proposes an envelope, rollback takes it back
    public void Offer_ToReceiveSimulcast_MakesTheAnswererSendIt()
    {
        using PeerSimulation simulation = new(5);
        LocalMediaStreamTrack local = new(MediaKind.Video);
        RTCRtpSender sender = simulation.Right.AddTrack(local);
        RemoteMediaStreamTrack remote = (RemoteMediaStreamTrack)simulation.Left
            .AddTransceiver(MediaKind.Video, new RTCRtpTransceiverInit { Direction = RTCRtpTransceiverDirection.RecvOnly, ReceiveRids = s_rids }).Receiver.Track;
        List<string?> arrived = [];
        remote.OnRtpPacket += (_, packet) => arrived.Add(packet.Fields.Rid);
        simulation.RunUntil(() => sender.Encodings.Count == 3, TimeSpan.FromSeconds(5), ProposeAsync(simulation));
        simulation.RunUntil(() => sender.Encodings.Count == 1, TimeSpan.FromSeconds(5), simulation.Right.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback, "")));
        Assert.That(sender.Encodings.Single().Rid, Is.Null);
        simulation.Connect();
        simulation.Time.RunFor(TimeSpan.FromMilliseconds(200));
        Assert.That(sender.Encodings.Select(encoding => (encoding.Rid, encoding.ScaleResolutionDownBy)), Is.EqualTo(new (string?, double?)[] { ("q", 4), ("h", 2), ("f", 1) }));
        byte vp8 = sender.GetParameters().Codecs[0].PayloadType;
        foreach (string rid in s_rids) local.WriteRtp(new RtpPacketFields(vp8, 1, 1, true) { Rid = rid }, [1]);
        simulation.RunUntil(() => arrived.Count == 3, TimeSpan.FromSeconds(1));
        Assert.That(arrived, Is.EquivalentTo(s_rids));
    }

    private static async Task ProposeAsync(PeerSimulation simulation)
    {
        await simulation.Left.SetLocalDescriptionAsync();
        await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
    }

    private static async Task AnswerMungedAsync(PeerSimulation simulation, Func<IEnumerable<string>, IEnumerable<string>> munge)
    {
        await simulation.Left.SetLocalDescriptionAsync();
        await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
        await simulation.Right.SetLocalDescriptionAsync();
        string answer = string.Join("\r\n", munge(simulation.Right.LocalDescription!.Sdp.Split("\r\n")));
        await simulation.Left.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Answer, answer));
    }

    private static void SetActive(MediaCall call, string rid, bool active)
    {
        RTCRtpSendParameters parameters = call.Transceiver.Sender.GetParameters();
        Task set = call.Transceiver.Sender.SetParametersAsync(parameters with
        {
            Encodings = [.. parameters.Encodings.Select(encoding => encoding.Rid == rid ? encoding with { Active = active } : encoding)],
        });
        call.Simulation.RunUntil(() => set.IsCompleted, TimeSpan.FromSeconds(1), set);
    }

    private static void Write(MediaCall call, int packets)
    {
        byte vp8 = call.PayloadType("VP8");
        int first = call.Arrived.Count;
        for (int i = first; i < first + packets; i++)
        {
            foreach (string rid in s_rids) call.Local.WriteRtp(new RtpPacketFields(vp8, (ushort)i, (uint)i * 3000, true) { Rid = rid }, [(byte)rid[0], (byte)i]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(200));
    }
}
