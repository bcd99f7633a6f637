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
