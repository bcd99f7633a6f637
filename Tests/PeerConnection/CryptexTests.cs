using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>a=cryptex in offers and answers (RFC 9335 §4), and media with it.</summary>
[TestFixture]
public sealed class CryptexTests
{
    [Test]
    public void Media_WithCryptexOffered_Arrives([Values] bool cryptex)
    {
        using PeerSimulation simulation = new(1, new PathOptions { Delay = TimeSpan.FromMilliseconds(10) }, options: new WebRtcOptions { Cryptex = cryptex });
        LocalMediaStreamTrack audio = new(MediaKind.Audio);
        int received = 0;
        simulation.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => received++;
        simulation.Left.AddTrack(audio, new MediaStream("stream"));
        simulation.Connect();
        for (ushort i = 0; i < 20; i++)
        {
            audio.WriteRtp(new RtpPacketFields(111, i, (uint)(i * 960), false), [1, 2, 3]);
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.Multiple(() =>
        {
            Assert.That(received, Is.EqualTo(20), simulation.Time.Timeline);
            Assert.That(simulation.Left.LocalDescription!.Sdp.Contains("a=cryptex\r\n", StringComparison.Ordinal), Is.EqualTo(cryptex));
            Assert.That(simulation.Right.LocalDescription!.Sdp.Contains("a=cryptex\r\n", StringComparison.Ordinal), Is.EqualTo(cryptex));
        });
    }

    // webrtc-extensions §12.1: it is offered without further option, and goes both ways.
    [Test]
    public async Task Policy_Require_NegotiatesWithWhoeverTakesIt([Values] bool answers)
    {
        RTCConfiguration strict = new() { RtpHeaderEncryptionPolicy = RTCRtpHeaderEncryptionPolicy.Require };
        await using RTCPeerConnection requiring = new(strict), other = new(new RTCConfiguration(), new WebRtcOptions { Cryptex = true });
        (RTCPeerConnection offerer, RTCPeerConnection answerer) = answers ? (other, requiring) : (requiring, other);
        RTCRtpTransceiver transceiver = offerer.AddTransceiver(MediaKind.Video);
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        await answerer.SetLocalDescriptionAsync();
        await offerer.SetRemoteDescriptionAsync(answerer.LocalDescription!);
        Assert.That(transceiver.RtpHeaderEncryptionNegotiated);
        Assert.That(answerer.GetTransceivers().Single().RtpHeaderEncryptionNegotiated);
        DOMException error = Assert.Throws<DOMException>(() => requiring.SetConfiguration(new RTCConfiguration()))!;
        Assert.That(error.Name, Is.EqualTo("InvalidModificationError"));
    }

    // webrtc-extensions §12.1: "reject p with a newly created InvalidAccessError".
    [Test]
    public async Task Policy_Require_RefusesDescriptionsWithoutCryptex([Values] bool answers)
    {
        RTCConfiguration strict = new() { RtpHeaderEncryptionPolicy = RTCRtpHeaderEncryptionPolicy.Require };
        await using RTCPeerConnection requiring = new(strict), other = new();
        (RTCPeerConnection offerer, RTCPeerConnection answerer) = answers ? (other, requiring) : (requiring, other);
        offerer.AddTransceiver(MediaKind.Audio);
        await offerer.SetLocalDescriptionAsync();
        if (!answers)
        {
            await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
            await answerer.SetLocalDescriptionAsync();
        }
        RTCSignalingState before = requiring.SignalingState;
        DOMException error = Assert.ThrowsAsync<DOMException>(() => requiring.SetRemoteDescriptionAsync(answers ? offerer.LocalDescription! : answerer.LocalDescription!))!;
        Assert.That(error.Name, Is.EqualTo("InvalidAccessError"));
        Assert.That(error.Message, Does.Contain("a=cryptex"));
        Assert.That(requiring.SignalingState, Is.EqualTo(before));
    }

    // Data channels have no header extensions: the policy has nothing to say of them.
    [Test]
    public async Task Policy_Require_LeavesDataAlone()
    {
        await using RTCPeerConnection offerer = new(), answerer = new(new RTCConfiguration { RtpHeaderEncryptionPolicy = RTCRtpHeaderEncryptionPolicy.Require });
        offerer.CreateDataChannel("data");
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        Assert.That(answerer.SignalingState, Is.EqualTo(RTCSignalingState.HaveRemoteOffer));
    }

    // §4: who does not offer it is not answered with it.
    [Test]
    public async Task CreateAnswer_ToAnOfferWithoutCryptex_HasNone()
    {
        await using RTCPeerConnection offerer = new(), answerer = new(new RTCConfiguration(), new WebRtcOptions { Cryptex = true });
        offerer.AddTransceiver(MediaKind.Audio);
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        await answerer.SetLocalDescriptionAsync();
        Assert.That(answerer.LocalDescription!.Sdp, Does.Not.Contain("cryptex"));
    }
}
