using System.Text.Json;
using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §5.2.2 (replaceTrack, setParameters, setStreams) and what webrtc-extensions and mst-content-hint add to them.</summary>
public sealed class SenderSteps
{
    [Test]
    public void ReplaceTrack_AnotherKind_IsRejectedWithTypeErrorAtOnce()
    {
        using PeerSimulation simulation = new(1);
        RTCRtpSender sender = simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio));
        Task promise = sender.ReplaceTrackAsync(new LocalMediaStreamTrack(MediaKind.Video));
        Assert.That(promise.Exception?.InnerException, Is.InstanceOf<ArgumentException>());
    }

    [Test]
    public void ReplaceTrack_StoppedOrClosed_IsRejectedWithInvalidStateError()
    {
        using PeerSimulation simulation = new(2);
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(MediaKind.Audio);
        RTCRtpSender other = simulation.Left.AddTransceiver(MediaKind.Audio).Sender;
        transceiver.Stop();
        simulation.Run(RejectsAsync("InvalidStateError", transceiver.Sender.ReplaceTrackAsync(null)));
        simulation.Left.Close();
        simulation.Run(RejectsAsync("InvalidStateError", other.ReplaceTrackAsync(null)));
    }

    [Test]
    public void ReplaceTrack_OnTheChain_TakesItsTurn_AndNeedsNoNegotiation()
    {
        using PeerSimulation simulation = new(3);
        LocalMediaStreamTrack first = new(MediaKind.Audio), second = new(MediaKind.Audio);
        RTCRtpSender sender = simulation.Left.AddTrack(first);
        simulation.Connect();
        List<string> log = Record(simulation.Left);
        Task offer = simulation.Left.CreateOfferAsync(), replaced = sender.ReplaceTrackAsync(second);
        Assert.That(sender.Track, Is.SameAs(first), "not before the operations that are ahead of it");
        simulation.Run(async () =>
        {
            await offer;
            await replaced;
        });
        Assert.That(sender.Track, Is.SameAs(second));
        simulation.Run(sender.ReplaceTrackAsync(null));
        simulation.Settle();
        Assert.That((sender.Track, log.Count), Is.EqualTo(((MediaStreamTrack?)null, 0)));
    }

    [Test]
    public void SetStreams_ShowsInTheNextOffer()
    {
        using PeerSimulation simulation = new(4);
        MediaStream one = new("one"), two = new("two");
        RTCRtpSender sender = simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio));
        sender.SetStreams(one, two, one);
        simulation.Run(simulation.Left.SetLocalDescriptionAsync());
        string[] msids = [.. simulation.Left.LocalDescription!.Sdp.Split("\r\n").Where(line => line.StartsWith("a=msid:", StringComparison.Ordinal))];
        Assert.That(msids.Select(line => line[7..10]), Is.EqualTo(new[] { "one", "two" }), "step 4: once each");
        simulation.Left.Close();
        Refuses("InvalidStateError", () => sender.SetStreams(one));
    }

    [Test]
    public void SetParameters_WithAKeyFrameOption_AsksTheTrack()                                // webrtc-extensions §8.3
    {
        using PeerSimulation simulation = new(5);
        LocalMediaStreamTrack video = new(MediaKind.Video), audio = new(MediaKind.Audio);
        RTCRtpSender sender = simulation.Left.AddTransceiver(video, new RTCRtpTransceiverInit { SendEncodings = [new() { Rid = "q" }, new() { Rid = "f" }] }).Sender;
        RTCRtpSender sound = simulation.Left.AddTransceiver(audio).Sender;
        List<string?> asked = [];
        video.OnKeyFrameRequested += (_, e) => asked.Add(e.Rid);
        RTCSetParameterOptions second = new() { EncodingOptions = [new RTCEncodingOptions(), new RTCEncodingOptions { KeyFrame = true }] };
        simulation.Run(async () =>
        {
            await RejectsAsync("InvalidModificationError", sender.SetParametersAsync(sender.GetParameters(), new RTCSetParameterOptions { EncodingOptions = [new RTCEncodingOptions()] }));
            await sender.SetParametersAsync(sender.GetParameters(), second);
            await sound.SetParametersAsync(sound.GetParameters(), second);                       // audio has none, and ignores them
            await sender.SetParametersAsync(sender.GetParameters());
        });
        Assert.That(asked, Is.EqualTo(new[] { "f" }));
    }

    [Test]
    public void SetParameters_OfWhatEncodersAreTold_IsKept()                                    // webrtc-extensions §6.1, mst-content-hint §5
    {
        using PeerSimulation simulation = new(6);
        LocalMediaStreamTrack video = new(MediaKind.Video) { ContentHint = "detail" };
        RTCRtpSender sender = simulation.Left.AddTransceiver(video).Sender, sound = simulation.Left.AddTransceiver(MediaKind.Audio).Sender;
        Assert.That(video.ContentHint, Is.EqualTo("detail"));
        simulation.Run(async () =>
        {
            RTCRtpSendParameters given = sender.GetParameters();
            Assert.That((given.DegradationPreference, given.Encodings[0].AdaptivePtime), Is.EqualTo(((RTCDegradationPreference?)null, false)));
            await sender.SetParametersAsync(given with
            {
                DegradationPreference = RTCDegradationPreference.MaintainResolution,
                Encodings = [given.Encodings[0] with { MaxFramerate = 15, ScaleResolutionDownTo = new RTCResolutionRestriction { MaxWidth = 640, MaxHeight = 360 } }],
            });
            RTCRtpSendParameters after = sender.GetParameters();
            Assert.That(after.DegradationPreference, Is.EqualTo(RTCDegradationPreference.MaintainResolution));
            Assert.That((after.Encodings[0].MaxFramerate, after.Encodings[0].ScaleResolutionDownTo?.MaxWidth, after.Encodings[0].ScaleResolutionDownTo?.MaxHeight), Is.EqualTo((15.0, 640u, 360u)));
            string json = JsonSerializer.Serialize(after);
            Assert.That(json, Does.Contain("\"degradationPreference\":\"maintain-resolution\"").And.Contain("\"scaleResolutionDownTo\":{\"maxWidth\":640,\"maxHeight\":360}"));
            await RejectsAsync("InvalidModificationError", sender.SetParametersAsync(after with
            {
                Encodings = [after.Encodings[0] with { ScaleResolutionDownTo = new RTCResolutionRestriction { MaxWidth = 640 } }],
            }));
            RTCRtpSendParameters audio = sound.GetParameters();
            await RejectsAsync("InvalidModificationError", sound.SetParametersAsync(audio with { Encodings = [audio.Encodings[0] with { Ptime = 20, AdaptivePtime = true }] }));
            await sound.SetParametersAsync(audio with { Encodings = [audio.Encodings[0] with { Ptime = 60, MaxFramerate = 5 }] });
            Assert.That((sound.GetParameters().Encodings[0].Ptime, sound.GetParameters().Encodings[0].MaxFramerate), Is.EqualTo(((uint?)60, (double?)null)));
        });
        Refuses("OperationError", () => simulation.Left.AddTransceiver(MediaKind.Video, new RTCRtpTransceiverInit
        {
            SendEncodings = [new() { Rid = "a", ScaleResolutionDownTo = new RTCResolutionRestriction { MaxWidth = 1, MaxHeight = 1 } }, new() { Rid = "b" }],
        }));
    }

    [Test]
    public void SetParameters_UnderWayWhenClosed_EndsAllTheSame()
    {
        using PeerSimulation simulation = new(7);
        RTCRtpSender sender = simulation.Left.AddTransceiver(MediaKind.Audio).Sender;
        Task promise = sender.SetParametersAsync(sender.GetParameters());
        simulation.Left.Close();
        simulation.Settle();
        Assert.That(promise.IsCompleted);
    }

    [Test]
    public void Parameters_BeforeAndAfterNegotiation_AreWhatWasNegotiated()                     // getParameters, steps of §5.2.2 and §5.3.2
    {
        using PeerSimulation simulation = new(8);
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Video));
        Assert.That((transceiver.Sender.GetParameters().Codecs.Count, transceiver.Receiver.GetParameters().Codecs.Count), Is.EqualTo((0, 0)));
        simulation.Connect();
        RTCRtpSendParameters sent = transceiver.Sender.GetParameters();
        Assert.Multiple(() =>
        {
            Assert.That(sent.Codecs[0].MimeType, Is.EqualTo("video/VP8"));
            Assert.That(sent.Codecs.Select(codec => codec.PayloadType), Is.Unique);
            Assert.That(sent.HeaderExtensions.Select(extension => extension.Id), Is.Unique);
            Assert.That(sent.HeaderExtensions.Select(extension => extension.Encrypted), Is.All.False, "RFC 6904 is not offered: Cryptex covers all of them");
            Assert.That(JsonSerializer.Serialize(sent.HeaderExtensions[0]), Does.Contain("\"encrypted\":false"));
            Assert.That(simulation.Right.GetReceivers()[0].GetParameters().Codecs[0].MimeType, Is.EqualTo("video/VP8"));
            Assert.That(simulation.Left.LocalDescription!.Sdp, Does.Not.Contain("hdrext:encrypt"));
        });
    }

    [Test]
    public void HeaderExtension_ThatAsksForItsOwnEncryption_IsNotAnswered()                     // RFC 6904 §3: who does not know it leaves it out
    {
        using PeerSimulation simulation = new(9);
        simulation.Left.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Audio));
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync();
            string sdp = offer.Sdp.Replace("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=extmap:12 urn:ietf:params:rtp-hdrext:encrypt urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n", StringComparison.Ordinal);
            await simulation.Right.SetRemoteDescriptionAsync(offer with { Sdp = sdp });
            await simulation.Right.SetLocalDescriptionAsync();
        });
        IReadOnlyList<RTCRtpHeaderExtensionParameters> received = simulation.Right.GetReceivers()[0].GetParameters().HeaderExtensions;
        Assert.That(received.Select(extension => (extension.Encrypted, extension.Uri.Contains("encrypt", StringComparison.Ordinal))), Is.All.EqualTo((false, false)));
        Assert.That(received, Is.Not.Empty);
    }
}
