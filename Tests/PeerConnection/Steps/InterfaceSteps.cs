using System.Reflection;
using System.Text.Json;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>What event interfaces and dictionaries hold (§4.6, §4.8, §5.7, §6.3, §7.4, §11.3), and what is no more (historical).</summary>
public sealed class InterfaceSteps
{
    [Test]
    public void Events_HoldWhatTheyWereMadeWith()
    {
        using RTCPeerConnection connection = new();
        RTCDataChannel channel = connection.CreateDataChannel("x");
        RTCRtpTransceiver transceiver = connection.AddTransceiver(MediaKind.Audio);
        MediaStream stream = new();
        RTCTrackEvent track = new(transceiver.Receiver, transceiver.Receiver.Track, [stream], transceiver);
        RTCPeerConnectionIceEvent found = new(null, "stun:192.0.2.1");
        RTCPeerConnectionIceErrorEvent failed = new() { Address = "192.0.2.1", Port = 9, Url = "stun:x", ErrorCode = 701, ErrorText = "why" };
        RTCError error = new(RTCErrorDetailType.SctpFailure, "bad") { SctpCauseCode = 12 };
        Assert.Multiple(() =>
        {
            Assert.That((track.Receiver, track.Track, track.Streams[0], track.Transceiver), Is.EqualTo((transceiver.Receiver, transceiver.Receiver.Track, stream, transceiver)));
            Assert.That((found.Candidate, found.Url), Is.EqualTo(((RTCIceCandidate?)null, "stun:192.0.2.1")));
            Assert.That((failed.Address, failed.Port, failed.Url, failed.ErrorCode, failed.ErrorText), Is.EqualTo(("192.0.2.1", (ushort?)9, "stun:x", 701, "why")));
            Assert.That(new RTCDataChannelEvent(channel).Channel, Is.SameAs(channel));
            Assert.That(new RTCDTMFToneChangeEvent("A").Tone, Is.EqualTo("A"));
            Assert.That(new RTCErrorEvent(error).Error, Is.SameAs(error));
            Assert.That(new MediaStreamTrackEvent(track.Track).Track, Is.SameAs(track.Track));
            Assert.That((error.ErrorDetail, error.SctpCauseCode, error.SdpLineNumber, error.ReceivedAlert, error.SentAlert),
                Is.EqualTo((RTCErrorDetailType.SctpFailure, (int?)12, (int?)null, (uint?)null, (uint?)null)));
        });
    }

    [Test]
    public void SessionDescription_IsItsOwnJson()                                                // §4.6.2.3, toJSON
    {
        RTCSessionDescription description = new(RTCSdpType.PrAnswer, "v=0\r\n");
        string json = JsonSerializer.Serialize(description);
        Assert.That(json, Is.EqualTo("""{"type":"pranswer","sdp":"v=0\r\n"}"""));
        Assert.That(JsonSerializer.Deserialize<RTCSessionDescription>(json), Is.EqualTo(description));
        Assert.That(JsonSerializer.Deserialize<RTCSessionDescription>("""{"type":"rollback"}"""), Is.EqualTo(new RTCSessionDescription(RTCSdpType.Rollback)));
    }

    [Test]
    public void OfferAndAnswerOptions_ShareTheirBase()                                           // §4.2.6
    {
        using PeerSimulation simulation = new(1);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        RTCOfferAnswerOptions[] options = [new RTCOfferOptions { VoiceActivityDetection = false }, new RTCAnswerOptions { VoiceActivityDetection = false }];
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync((RTCOfferOptions)options[0]);
            await simulation.Right.SetRemoteDescriptionAsync(offer);
            Assert.That((await simulation.Right.CreateAnswerAsync((RTCAnswerOptions)options[1])).Type, Is.EqualTo(RTCSdpType.Answer));
        });
        Assert.That(options.Select(each => each.VoiceActivityDetection), Is.All.False);
    }

    [Test]
    public void Constructor_OfACertificatesExpiration_IsMillisecondsFromNow()                    // §4.9.2
    {
        AlgorithmIdentifier algorithm = new() { Name = "ECDSA", NamedCurve = "P-256", Expires = 60_000 };
        Assert.That(algorithm.Expires, Is.EqualTo(60_000));
        Assert.That(JsonSerializer.Serialize(algorithm), Is.EqualTo("""{"name":"ECDSA","namedCurve":"P-256","expires":60000}"""));
    }

    // Names that the specification has taken out, or never had: an application would look for them in vain.
    [TestCase(typeof(RTCPeerConnection), "UpdateIce", "GetStreamById", "CreateDTMFSenderAsync", "GetIdentityAssertion")]
    [TestCase(typeof(RTCDataChannel), "Reliable", "MaxRetransmitTime")]
    [TestCase(typeof(RTCRtpTransceiver), "SetDirection", "Stopped", "IsStopped")]
    [TestCase(typeof(RTCRtpSender), "RtcpTransport", "SetTrack"), TestCase(typeof(RTCRtpReceiver), "RtcpTransport")]
    [TestCase(typeof(RTCIceTransport), "Start", "Stop", "Gather"), TestCase(typeof(MediaStreamTrack), "Remote", "Readonly")]
    public void Historical_Names_AreNotThere(Type type, params string[] names) =>
        Assert.That(type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static).Select(member => member.Name).Intersect(names), Is.Empty);

    [Test]
    public void DataChannel_Send_WithEmptyMessages_DeliversThem()                                // §6.2.10; RFC 8831 §6.6
    {
        using PeerSimulation simulation = new(2);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        List<(bool, int)> arrived = [];
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, message) => arrived.Add((message.IsBinary, message.Data.Length));
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        channel.Send("");
        channel.Send([]);
        channel.Send("x");
        simulation.Settle();
        Assert.That(arrived, Is.EqualTo(new[] { (false, 0), (true, 0), (false, 1) }));
    }
}
