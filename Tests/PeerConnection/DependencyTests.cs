using WebRtcStack.Rtp;
using WebRtcStack.Sdp;
using WebRtcStack.Tests.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Header extensions that take two-byte elements, first of all dependency descriptors (AV1 RTP Appendix A), through relays and into frames.</summary>
public sealed class DependencyTests
{
    private static readonly int[] s_templates = [1, 3, 2, 4];            // of L1T3: T0, T2, T1, T2

    [TestCase("AV1"), TestCase("VP8"), TestCase("H264")]
    public void Relay_OfVideoWithDescriptors_ForwardsTheLayersThatAreWanted(string codec)
    {
        using MediaCall call = new(1, MediaKind.Video);
        using PeerSimulation @out = new(2);
        RelayTrack relay = new(MediaKind.Video);
        List<ushort> packets = [];
        List<int> frames = [];
        @out.Right.OnTrack += (_, e) =>
        {
            RemoteMediaStreamTrack track = (RemoteMediaStreamTrack)e.Track;
            track.OnRtpPacket += (_, packet) => packets.Add(packet.Fields.SequenceNumber);
            track.OnFrame += (_, frame) => frames.Add(frame.Frame.Payload.Span[^1] & 0x7F);
        };
        @out.Left.AddTrack(relay);
        @out.Connect();
        relay.SwitchTo(call.Remote);
        DependencyDescriptor descriptor = new();
        FrameDependencyStructure structure = DependencyDescriptorTests.L1T3();
        Random random = new(3);
        for (int i = 0; i < 48; i++)
        {
            if (i == 16) relay.MaxTemporalLayer = 0;
            if (i == 32) relay.MaxTemporalLayer = 1;
            byte[] frame = TestFrames.Draw(codec, random, 600, isKey: i == 0);
            frame[^1] = (byte)(0x80 | i);
            descriptor.Structure = i == 0 ? structure : null;
            descriptor.FrameNumber = (ushort)(65_530 + i);
            descriptor.SetTemplate(structure.Templates[i == 0 ? 0 : s_templates[i % 4]], 1);
            Assert.That(call.Local.WriteFrame(new OutgoingFrame { Codec = codec, Timestamp = (uint)(i * 3000), Dependencies = descriptor }, frame));
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(300));
        @out.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(frames, Is.EqualTo(Enumerable.Range(0, 48).Where(i => i < 16 || (i < 32 ? i % 4 == 0 : i % 2 == 0))));
        Assert.That(packets.Zip(packets.Skip(1), (a, b) => (ushort)(b - a)), Is.All.EqualTo(1), "no gap where layers are left out");
    }

    [Test]                                                                // RFC 8285 §6
    public void MixedHeaderForms_AreOfferedAndAnswered()
    {
        using MediaCall call = new(2, MediaKind.Video);
        foreach (RTCSessionDescription description in new[] { call.Simulation.Left.LocalDescription!, call.Simulation.Right.LocalDescription! })
        {
            SdpMedia section = DescriptionValidator.Parse(description.Sdp).Media[0];
            Assert.That(section.Attributes.Contains("extmap-allow-mixed"));
            Assert.That(SdpExtmap.ReadAll(section.Attributes).Select(line => line.Uri), Does.Contain(RtpHeaderExtensionUri.DependencyDescriptor));
            Assert.That(SdpExtmap.ReadAll(section.Attributes).Select(line => line.Id), Is.All.InRange(1, 14));
        }
    }

    [TestCase(true, new[] { 3, 20, 255 }), TestCase(false, new[] { 3 })]      // RFC 8285 §4.2: 15 ends one-byte elements, and is no id
    public void Answer_HasIdsThatTheFormsAllow(bool allowsMixed, int[] expected)
    {
        SdpMedia offered = new() { Kind = "video" };
        int[] ids = [3, 15, 20, 255, 256, 4100];
        string[] uris = [.. HeaderExtensions.Supported(MediaKind.Video)];
        for (int i = 0; i < ids.Length; i++) offered.Attributes.Add("extmap", $"{ids[i]} {uris[i]}");
        List<SdpExtmap> answered = HeaderExtensions.Answer(RTCRtpCapabilities.ExtensionsOf(MediaKind.Video), offered, allowsMixed);
        Assert.That(answered.Select(line => line.Id), Is.EqualTo(expected));
        Assert.That(HeaderExtensions.Negotiated(offered, isOurs: false, allowsMixed).Lines.Select(line => line.Id), Is.EqualTo(expected), "nor what an answer makes up");
    }

    [Test]                                                                // transport-wide-cc-02
    public void FeedbackOnRequest_WhereBothWantIt_TakesThePlaceOfTheOtherVersion()
    {
        using MediaCall call = new(3, MediaKind.Video, prepare: call =>
        {
            Ask(call.Transceiver);
            call.Simulation.Right.OnTrack += (_, e) => Ask(e.Transceiver);
        });
        string[] answered = [.. SdpExtmap.ReadAll(DescriptionValidator.Parse(call.Simulation.Right.LocalDescription!.Sdp).Media[0].Attributes).Select(line => line.Uri)];
        Assert.That(answered, Does.Contain(RtpHeaderExtensionUri.TransportWideCongestionControl2).And.Not.Contain(RtpHeaderExtensionUri.TransportWideCongestionControl));
        byte type = call.PayloadType("VP8");
        for (ushort i = 0; i < 200; i++)
        {
            call.Local.WriteRtp(new RtpPacketFields(type, i, (uint)(i * 3000), true), new byte[500]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        RtpSession session = call.Transceiver.Transport!.Stack!.Rtp;
        Assert.That(session.ArrivalFeedbacks, Is.InRange(30, 45), "one for each tenth of a second");
        Assert.That(session.PacketsAcknowledged, Is.GreaterThan(190));
        Assert.That(session.GetDropped(RtpDropReason.UnknownFeedback), Is.Zero);

        static void Ask(RTCRtpTransceiver transceiver) => transceiver.SetHeaderExtensionsToNegotiate(
        [
            .. transceiver.GetHeaderExtensionsToNegotiate().Select(extension =>
                extension.Uri == RtpHeaderExtensionUri.TransportWideCongestionControl2 ? extension with { Direction = RTCRtpTransceiverDirection.SendRecv } : extension),
        ]);
    }
}
