using System.Text.Json;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>getParameters and setParameters (webrtc-pc §5.2.2), the encodings of addTransceiver (§5.1.2), and capabilities.</summary>
public sealed class SenderParameterTests
{
    private static readonly RTCRtpEncodingParameters[] s_layers = [new() { Rid = "q" }, new() { Rid = "h" }, new() { Rid = "f" }];

    [Test]
    public async Task SetParametersAsync_OfWhatWasGivenLast_ChangesTheEncodings()
    {
        await using RTCPeerConnection connection = new();
        RTCRtpSender sender = connection.AddTransceiver(MediaKind.Video).Sender;
        RTCRtpSendParameters given = sender.GetParameters();
        Assert.That(sender.GetParameters(), Is.SameAs(given), "step 2: until they are set");
        await sender.SetParametersAsync(given with { Encodings = [given.Encodings[0] with { Active = false, MaxBitrate = 100_000, MaxFramerate = 0, ScaleResolutionDownBy = 2 }] });
        RTCRtpSendParameters after = sender.GetParameters();
        Assert.Multiple(() =>
        {
            Assert.That(after.TransactionId, Is.Not.EqualTo(given.TransactionId));
            Assert.That(after.Encodings.Single(), Is.EqualTo(new RTCRtpEncodingParameters { Active = false, MaxBitrate = 100_000, MaxFramerate = 0, ScaleResolutionDownBy = 2 }));
            Assert.That(after.Rtcp.Cname, Is.Not.Empty);
        });
    }

    [Test]
    public async Task SetParametersAsync_WithoutGetParameters_IsInvalidState()
    {
        await using RTCPeerConnection connection = new();
        RTCRtpSender sender = connection.AddTransceiver(MediaKind.Audio).Sender;
        RTCRtpSendParameters given = sender.GetParameters();
        await sender.SetParametersAsync(given);
        Assert.That(NameOf(() => sender.SetParametersAsync(given)), Is.EqualTo("InvalidStateError"), "step 5");
        sender.GetParameters();
        Assert.That(NameOf(() => sender.SetParametersAsync(given)), Is.EqualTo("InvalidModificationError"), "another transaction");
        connection.GetTransceivers()[0].Stop();
        Assert.That(NameOf(() => sender.SetParametersAsync(sender.GetParameters())), Is.EqualTo("InvalidStateError"), "step 4");
    }

    [Test]
    public async Task SetParametersAsync_OfReadOnlyMembers_IsInvalidModification()
    {
        await using RTCPeerConnection connection = new();
        RTCRtpSender sender = connection.AddTransceiver(MediaKind.Video, new RTCRtpTransceiverInit { SendEncodings = s_layers }).Sender;
        RTCRtpSendParameters given = sender.GetParameters();
        RTCRtpSendParameters[] wrong =
        [
            given with { TransactionId = "another" },
            given with { Encodings = [.. given.Encodings.Skip(1)] },
            given with { Encodings = [.. given.Encodings.Reverse()] },
            given with { Encodings = [given.Encodings[0] with { Rid = "x" }, .. given.Encodings.Skip(1)] },
            given with { Rtcp = new RTCRtcpParameters { Cname = "mine" } },
            given with { Codecs = [new RTCRtpCodecParameters { MimeType = "video/VP8", ClockRate = 90_000, PayloadType = 96 }] },
            given with { HeaderExtensions = [new RTCRtpHeaderExtensionParameters { Uri = "urn:x", Id = 1 }] },
            given with { Encodings = [given.Encodings[0] with { Codec = new RTCRtpCodec { MimeType = "video/none", ClockRate = 90_000 } }, .. given.Encodings.Skip(1)] },
        ];
        foreach (RTCRtpSendParameters parameters in wrong) Assert.That(NameOf(() => sender.SetParametersAsync(parameters)), Is.EqualTo("InvalidModificationError"), parameters.ToString());
        Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => sender.SetParametersAsync(given with { Encodings = [given.Encodings[0] with { ScaleResolutionDownBy = 0.5 }, .. given.Encodings.Skip(1)] }));
        Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => sender.SetParametersAsync(given with { Encodings = [given.Encodings[0] with { MaxFramerate = -1 }, .. given.Encodings.Skip(1)] }));
        await sender.SetParametersAsync(given);
    }

    [Test]
    public async Task SetParametersAsync_ForAudio_LeavesVideosMembersAway()
    {
        await using RTCPeerConnection connection = new();
        RTCRtpSender sender = connection.AddTransceiver(MediaKind.Audio).Sender;
        RTCRtpSendParameters given = sender.GetParameters();
        await sender.SetParametersAsync(given with { Encodings = [given.Encodings[0] with { ScaleResolutionDownBy = 0.1, MaxFramerate = -4 }] });
        Assert.That(sender.GetParameters().Encodings.Single(), Is.EqualTo(new RTCRtpEncodingParameters()));
    }

    [Test]
    public void AddTransceiver_WithEncodings_ScalesThemFromSmallToLarge()
    {
        using RTCPeerConnection connection = new();
        IReadOnlyList<RTCRtpEncodingParameters> layers = Encodings(connection, s_layers);
        Assert.That(layers.Select(layer => (layer.Rid, layer.ScaleResolutionDownBy)), Is.EqualTo(new (string?, double?)[] { ("q", 4), ("h", 2), ("f", 1) }));
        layers = Encodings(connection, [s_layers[0] with { ScaleResolutionDownBy = 3 }, s_layers[1]]);
        Assert.That(layers.Select(layer => layer.ScaleResolutionDownBy), Is.EqualTo(new double?[] { 3, 1 }), "step 9");
        Assert.That(Encodings(connection, [s_layers[0]]).Single().Rid, Is.Null, "step 12");
        Assert.That(Encodings(connection, []).Single(), Is.EqualTo(new RTCRtpEncodingParameters { ScaleResolutionDownBy = 1 }));
        Assert.That(Encodings(connection, [.. Enumerable.Range(0, 9).Select(i => new RTCRtpEncodingParameters { Rid = $"r{i}" })]), Has.Count.EqualTo(4), "step 10: the limit");
    }

    [Test]
    public void AddTransceiver_WithBadEncodings_Throws()
    {
        using RTCPeerConnection connection = new();
        Assert.Multiple(() =>
        {
            Assert.Throws<ArgumentException>(() => Encodings(connection, [new() { Rid = "a b" }, new() { Rid = "b" }]), "grammar");
            Assert.Throws<ArgumentException>(() => Encodings(connection, [new() { Rid = "" }, new() { Rid = "b" }]), "empty");
            Assert.Throws<ArgumentException>(() => Encodings(connection, [new() { Rid = "a" }, new()]), "some but not all");
            Assert.Throws<ArgumentException>(() => Encodings(connection, [new() { Rid = "a" }, new() { Rid = "a" }]), "twice");
            Assert.Throws<ArgumentOutOfRangeException>(() => Encodings(connection, [new() { ScaleResolutionDownBy = 0.9 }]));
            Assert.Throws<ArgumentOutOfRangeException>(() => Encodings(connection, [new() { MaxFramerate = 0 }]));
            Assert.That(Assert.Throws<DOMException>(() => Encodings(connection, [new() { Codec = new RTCRtpCodec { MimeType = "video/x", ClockRate = 1 } }]))!.Name, Is.EqualTo("OperationError"));
            Assert.That(connection.GetTransceivers(), Is.Empty, "what throws adds nothing");
        });
    }

    [Test]
    public void GetCapabilities_OfAKind_NamesItsCodecsAndExtensionsOnce()
    {
        Assert.That(RTCRtpSender.GetCapabilities("text"), Is.Null);
        foreach (MediaKind kind in new[] { MediaKind.Audio, MediaKind.Video })
        {
            RTCRtpCapabilities capabilities = RTCRtpReceiver.GetCapabilities(kind.ToW3CString())!;
            Assert.Multiple(() =>
            {
                Assert.That(capabilities.Codecs, Is.Unique);
                Assert.That(capabilities.Codecs.Select(codec => codec.MimeType.Split('/')[0]), Is.All.EqualTo(kind.ToW3CString()));
                Assert.That(capabilities.Codecs.Count(codec => codec.MimeType.EndsWith("/rtx", StringComparison.Ordinal)), Is.LessThanOrEqualTo(1));
                Assert.That(capabilities.HeaderExtensions.Select(extension => extension.Uri), Does.Contain("urn:ietf:params:rtp-hdrext:sdes:mid"));
            });
        }
        string json = JsonSerializer.Serialize(RTCRtpSender.GetCapabilities(MediaKind.Audio).Codecs[0]);
        Assert.That(json, Is.EqualTo("""{"mimeType":"audio/opus","clockRate":48000,"channels":2,"sdpFmtpLine":"minptime=10;useinbandfec=1"}"""));
    }

    [Test]
    public async Task SetCodecPreferences_OfSome_IsWhatOfferAndAnswerHave()
    {
        await using RTCPeerConnection offerer = new(), answerer = new();
        RTCRtpTransceiver transceiver = offerer.AddTransceiver(MediaKind.Video);
        IReadOnlyList<RTCRtpCodec> all = RTCRtpSender.GetCapabilities(MediaKind.Video).Codecs;
        RTCRtpCodec Codec(string name) => all.First(codec => codec.MimeType == "video/" + name);
        transceiver.SetCodecPreferences([Codec("AV1"), Codec("VP9"), Codec("VP8"), Codec("AV1")]);
        RTCSessionDescription offer = await offerer.CreateOfferAsync();
        Assert.That(Names(offer), Is.EqualTo(new[] { "AV1", "VP9", "VP8" }));
        await answerer.SetRemoteDescriptionAsync(offer);
        answerer.GetTransceivers()[0].SetCodecPreferences([Codec("VP8"), Codec("H264")]);
        Assert.That(Names(await answerer.CreateAnswerAsync()), Is.EqualTo(new[] { "VP8" }));
        answerer.GetTransceivers()[0].SetCodecPreferences([Codec("H264")]);
        Assert.That(Names(await answerer.CreateAnswerAsync()), Is.EqualTo(new[] { "AV1", "VP9", "VP8" }), "what filters to nothing is no preference");
        transceiver.SetCodecPreferences([]);
        Assert.That(Names(await offerer.CreateOfferAsync()), Does.Contain("H264"));
    }

    [Test]
    public void SetCodecPreferences_OfUnknownOrOnlyHelpers_IsInvalidModification()
    {
        using RTCPeerConnection connection = new();
        RTCRtpTransceiver transceiver = connection.AddTransceiver(MediaKind.Audio);
        RTCRtpCodec tones = RTCRtpSender.GetCapabilities(MediaKind.Audio).Codecs.First(codec => codec.MimeType == "audio/telephone-event");
        RTCRtpCodec opus = RTCRtpSender.GetCapabilities(MediaKind.Audio).Codecs[0];
        foreach (RTCRtpCodec[] wrong in new RTCRtpCodec[][]
        {
            [tones], [opus with { MimeType = "audio/other" }], [opus with { Channels = 1 }], [opus with { SdpFmtpLine = "x=1" }], [opus with { SdpFmtpLine = null }],
        })
            Assert.That(Assert.Throws<DOMException>(() => transceiver.SetCodecPreferences(wrong))!.Name, Is.EqualTo("InvalidModificationError"));
        transceiver.SetCodecPreferences([opus with { MimeType = "AUDIO/OPUS", SdpFmtpLine = "useinbandfec=1;minptime=10" }, tones]);
    }

    [Test]
    public async Task HeaderExtensions_StoppedOnOneSide_AreNotNegotiated()
    {
        await using RTCPeerConnection offerer = new(), answerer = new();
        RTCRtpTransceiver transceiver = offerer.AddTransceiver(MediaKind.Audio);
        IReadOnlyList<RTCRtpHeaderExtensionCapability> before = transceiver.GetHeaderExtensionsToNegotiate();
        Assert.That(Name(() => transceiver.SetHeaderExtensionsToNegotiate([.. before.Skip(1)])), Is.EqualTo("InvalidModificationError"));
        Assert.That(Name(() => transceiver.SetHeaderExtensionsToNegotiate([before[0] with { Direction = RTCRtpTransceiverDirection.Stopped }, .. before.Skip(1)])),
            Is.EqualTo("InvalidModificationError"), "mid is mandatory");
        transceiver.SetHeaderExtensionsToNegotiate([before[0], before[1] with { Direction = RTCRtpTransceiverDirection.SendOnly }, .. before.Skip(2).Select(extension => extension with { Direction = RTCRtpTransceiverDirection.Stopped })]);
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        answerer.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.SendRecv;
        await answerer.SetLocalDescriptionAsync();
        await offerer.SetRemoteDescriptionAsync(answerer.LocalDescription!);
        RTCRtpTransceiver theirs = answerer.GetTransceivers()[0];
        Assert.Multiple(() =>
        {
            Assert.That(transceiver.GetNegotiatedHeaderExtensions().Select(extension => extension.Direction).Take(3),
                Is.EqualTo(new[] { RTCRtpTransceiverDirection.SendRecv, RTCRtpTransceiverDirection.SendOnly, RTCRtpTransceiverDirection.Stopped }));
            Assert.That(theirs.GetNegotiatedHeaderExtensions()[1].Direction, Is.EqualTo(RTCRtpTransceiverDirection.RecvOnly));
            Assert.That(transceiver.Sender.GetParameters().HeaderExtensions, Has.Count.EqualTo(2));
            Assert.That(transceiver.Receiver.GetParameters().HeaderExtensions, Has.Count.EqualTo(1));
            Assert.That(theirs.Receiver.GetParameters().HeaderExtensions, Has.Count.EqualTo(2));
            Assert.That(theirs.Sender.GetParameters().Codecs[0].MimeType, Is.EqualTo("audio/opus"));
            Assert.That(theirs.Sender.GetParameters().Rtcp.ReducedSize);
        });
    }

    [Test]
    public void JitterBufferTarget_OutOfRange_IsARangeError()
    {
        using RTCPeerConnection connection = new();
        RTCRtpReceiver receiver = connection.AddTransceiver(MediaKind.Audio).Receiver;
        Assert.That(receiver.JitterBufferTarget, Is.Null);
        receiver.JitterBufferTarget = 4000;
        Assert.Throws<ArgumentOutOfRangeException>(() => receiver.JitterBufferTarget = 4001);
        Assert.Throws<ArgumentOutOfRangeException>(() => receiver.JitterBufferTarget = -1);
        Assert.That(receiver.JitterBufferTarget, Is.EqualTo(4000));
        receiver.JitterBufferTarget = null;
    }

    private static IReadOnlyList<RTCRtpEncodingParameters> Encodings(RTCPeerConnection connection, RTCRtpEncodingParameters[] encodings) =>
        connection.AddTransceiver(MediaKind.Video, new RTCRtpTransceiverInit { SendEncodings = encodings }).Sender.GetParameters().Encodings;

    private static string NameOf(Func<Task> call) => Assert.ThrowsAsync<DOMException>(call)!.Name;

    private static string Name(Action call) => Assert.Throws<DOMException>(call)!.Name;

    private static string[] Names(RTCSessionDescription description) =>
        [.. DescriptionValidator.Parse(description.Sdp).Media[0].GetCodecs().Select(codec => codec.Name).Where(name => name != "rtx").Distinct()];
}
