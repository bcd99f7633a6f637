using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.PeerConnection.Steps;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>What webrtc-extensions adds, over calls: it shows on the wire and at the other end.</summary>
public sealed class ExtensionCallTests
{
    [Test]
    public void HeaderExtension_ThatIsStopped_IsNotOnTheWire([Values] bool isStopped)            // §5.3
    {
        using MediaCall call = new(1, MediaKind.Audio, prepare: call =>
        {
            if (!isStopped) return;
            call.Transceiver.SetHeaderExtensionsToNegotiate([.. call.Transceiver.GetHeaderExtensionsToNegotiate()
                .Select(extension => extension.Uri == RtpHeaderExtensionUri.AudioLevel ? extension with { Direction = RTCRtpTransceiverDirection.Stopped } : extension)]);
        });
        byte opus = call.PayloadType("opus");
        call.Local.WriteRtp(new RtpPacketFields(opus, 0, 0, true) { AudioLevel = new AudioLevel(20, true) }, [0xF8, 1]);
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(100));
        RTCRtpSynchronizationSource source = call.Receiver.GetSynchronizationSources().Single();
        Assert.That(source.AudioLevel, isStopped ? Is.Null : Is.EqualTo(0.1).Within(1e-9));
        Assert.That(call.Transceiver.GetNegotiatedHeaderExtensions().Single(extension => extension.Uri == RtpHeaderExtensionUri.AudioLevel).Direction,
            Is.EqualTo(isStopped ? RTCRtpTransceiverDirection.Stopped : RTCRtpTransceiverDirection.SendRecv));
    }

    [Test]
    public void Codec_OfAnEncoding_IsTheOneThatIsSent()                                          // webrtc-pc §5.2.7, codec
    {
        using MediaCall call = new(2, MediaKind.Video);
        RTCRtpSendParameters given = call.Transceiver.Sender.GetParameters();
        RTCRtpCodecParameters vp9 = given.Codecs.First(codec => codec.MimeType == "video/VP9");
        call.Simulation.Run(call.Transceiver.Sender.SetParametersAsync(given with { Encodings = [given.Encodings[0] with { Codec = vp9 }] }));
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(50));
        Assert.That(call.Local.WriteFrame(new OutgoingFrame { Codec = "video/VP8" }, [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01]), Is.False);
        Assert.That(call.Local.WriteFrame(new OutgoingFrame(), TrackSettingSteps.VideoHead("VP9", 320)), Is.True);
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(100));
        Assert.That(call.Arrived.Single().Fields.PayloadType, Is.EqualTo(vp9.PayloadType));
    }

    [Test]
    public void RtpHeaderEncryptionNegotiated_SaysWhatWasNegotiated([Values] bool cryptex)       // §12.2
    {
        using PeerSimulation simulation = new(3, options: new WebRtcOptions { Cryptex = cryptex });
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Audio));
        Assert.That(transceiver.RtpHeaderEncryptionNegotiated, Is.False);
        simulation.Connect();
        Assert.That((transceiver.RtpHeaderEncryptionNegotiated, simulation.Right.GetTransceivers()[0].RtpHeaderEncryptionNegotiated), Is.EqualTo((cryptex, cryptex)));
    }

    [Test]
    public void SynchronizationSources_OfACall_HaveTheTimeOfTheLatestPacket()                    // webrtc-pc §5.3.2, §5.3.3
    {
        using MediaCall call = new(4, MediaKind.Audio);
        Assert.That(call.Receiver.GetSynchronizationSources(), Is.Empty);
        call.Talk(3);
        RTCRtpSynchronizationSource first = call.Receiver.GetSynchronizationSources().Single();
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        call.Talk(1, first: 3);
        RTCRtpSynchronizationSource second = call.Receiver.GetSynchronizationSources().Single();
        Assert.Multiple(() =>
        {
            RTCRtpContributingSource both = second;
            Assert.That(both is RTCRtpSynchronizationSource { AudioLevel: null } && both.Source == first.Source);
            Assert.That(second.Timestamp - first.Timestamp, Is.EqualTo(2_120).Within(5), "2 s, and 120 ms from one packet to the next");
            Assert.That(second.RtpTimestamp - first.RtpTimestamp, Is.EqualTo(960));
            Assert.That(call.Receiver.GetContributingSources(), Is.Empty, "nothing is mixed");
        });
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(11));
        Assert.That(call.Receiver.GetSynchronizationSources(), Is.Empty, "10 seconds");
    }

    [Test]
    public void CaptureTimestamp_RunsOnBetweenThePacketsThatSayIt()                              // webrtc-extensions §10.1
    {
        ReceivedSources sources = new(TimeProvider.System);
        const ulong captured = 2_208_988_800UL + 100 << 32;                                      // 100 s after 1970
        Note(0, new AbsoluteCaptureTime(captured, -(1L << 31)));
        Note(48_000, null);
        foreach (RTCRtpContributingSource source in sources.GetContributing().Concat(sources.GetSynchronization()))
        {
            Assert.That(source.CaptureTimestamp, Is.EqualTo(101_000).Within(1e-3));
            Assert.That(source.SenderCaptureTimeOffset, Is.EqualTo(-500).Within(1e-3));
            Assert.That(source.Timestamp, Is.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()).Within(60_000));
        }
        Assert.That((sources.GetContributing().Single().Source, sources.GetSynchronization().Single().Source), Is.EqualTo((100u, 7u)));

        void Note(uint timestamp, AbsoluteCaptureTime? time)
        {
            byte[] datagram = new byte[64], element = new byte[16];
            RtpHeaderWriter writer = new(datagram, new RtpHeader(111, 1, timestamp, 7));
            writer.AddContributingSource(100);
            if (time is { } known) writer.AddExtension(5, element.AsSpan(0, known.Write(element)));
            Assert.That(RtpPacket.TryParse(datagram.AsSpan(0, writer.Complete()), out RtpPacket packet));
            sources.Note(packet, 0, 0, 5, 48_000);
        }
    }
}
