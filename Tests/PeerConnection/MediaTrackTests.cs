using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.PeerConnection.Steps;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Tracks and streams (mediacapture-main §4), and what senders and receivers do with them.</summary>
public sealed class MediaTrackTests
{
    [Test]
    public void Clone_OfAStream_HasClonesOfItsTracks()
    {
        LocalMediaStreamTrack audio = new(MediaKind.Audio, "a") { Enabled = false, ContentHint = "speech" }, video = new(MediaKind.Video);
        MediaStream stream = new([audio, video, audio]), clone = stream.Clone();
        Assert.Multiple(() =>
        {
            Assert.That(stream.GetTracks(), Is.EqualTo(new MediaStreamTrack[] { audio, video }));
            Assert.That(stream.GetAudioTracks().Single(), Is.SameAs(audio));
            Assert.That(stream.GetVideoTracks().Single(), Is.SameAs(video));
            Assert.That(stream.GetTrackById(video.Id), Is.SameAs(video));
            Assert.That(stream.GetTrackById(""), Is.Null);
            Assert.That(clone.Id, Is.Not.EqualTo(stream.Id));
            Assert.That(clone.GetTracks().Select(track => track.Id).Intersect(stream.GetTracks().Select(track => track.Id)), Is.Empty);
            Assert.That(clone.GetAudioTracks()[0], Has.Property("Enabled").False.And.Property("ContentHint").EqualTo("speech").And.Property("Label").EqualTo("a"));
            Assert.That(new MediaStream(stream).GetTracks(), Is.EqualTo(stream.GetTracks()));
        });
        audio.Stop();
        Assert.That(audio.Clone().ReadyState, Is.EqualTo(MediaStreamTrackState.Ended));
        Assert.That(stream.Active);
        video.Stop();
        Assert.That(stream.Active, Is.False);
        Assert.That(clone.Active, "clones are stopped by themselves");
    }

    [Test]
    public void Enabled_OfALocalTrack_DecidesWhatIsSent()
    {
        using MediaCall call = new(1, MediaKind.Video);
        int wanted = 0;
        call.Local.OnKeyFrameRequested += (_, _) => wanted++;
        byte vp8 = call.PayloadType("VP8");
        Assert.That(call.Local.WriteRtp(new RtpPacketFields(vp8, 1, 0, true), [1]));
        call.Local.Enabled = false;
        Assert.That(call.Local.WriteRtp(new RtpPacketFields(vp8, 2, 0, true), [2]), Is.False);
        call.Local.Enabled = true;
        Assert.That(wanted, Is.EqualTo(1));
        Assert.That(call.Local.WriteRtp(new RtpPacketFields(vp8, 3, 0, true), [3]));
        call.Local.Stop();
        Assert.That(call.Local.WriteRtp(new RtpPacketFields(vp8, 4, 0, true), [4]), Is.False);
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(call.Arrived.Select(packet => packet.Payload[0]), Is.EqualTo(new byte[] { 1, 3 }));
    }

    [Test]                                               // mediacapture-main §4.3: a clone is another track of the same source
    public void Clone_OfALocalTrack_IsSentForItself()
    {
        using MediaCall call = new(2, MediaKind.Audio);
        LocalMediaStreamTrack source = new(MediaKind.Audio), clone = (LocalMediaStreamTrack)source.Clone();
        Task replaced = call.Transceiver.Sender.ReplaceTrackAsync(clone);
        call.Simulation.RunUntil(() => replaced.IsCompleted, TimeSpan.FromSeconds(1), replaced);
        source.Enabled = false;
        call.Talk(3, track: source);
        Assert.That(call.Arrived, Has.Count.EqualTo(3));
        clone.Stop();
        call.Talk(3, track: source);
        Assert.That(call.Arrived, Has.Count.EqualTo(3));
    }

    [Test]                                               // webrtc-pc §5.2.2: "switch seamlessly"
    public void ReplaceTrackAsync_WhileSending_ContinuesTheStream()
    {
        using MediaCall call = new(3, MediaKind.Audio);
        call.Talk(5);
        LocalMediaStreamTrack other = new(MediaKind.Audio);
        Assert.ThrowsAsync<ArgumentException>(() => call.Transceiver.Sender.ReplaceTrackAsync(new LocalMediaStreamTrack(MediaKind.Video)));
        Task replaced = call.Transceiver.Sender.ReplaceTrackAsync(other);
        call.Simulation.RunUntil(() => replaced.IsCompleted, TimeSpan.FromSeconds(1), replaced);
        Assert.That(call.Local.WriteRtp(new RtpPacketFields(111, 9, 0, false), [0]), Is.False);
        call.Talk(5, first: 40_000, other);
        RtpPacketFields[] fields = [.. call.Arrived.Select(packet => packet.Fields)];
        Assert.That(fields.Zip(fields.Skip(1), (last, next) => (ushort)(next.SequenceNumber - last.SequenceNumber)), Is.All.EqualTo(1));
        Assert.That(fields.Zip(fields.Skip(1), (last, next) => next.Timestamp - last.Timestamp), Is.All.InRange(960, 10 * 960));
        call.Transceiver.Stop();
        Assert.That(Assert.ThrowsAsync<DOMException>(() =>
        {
            Task late = call.Transceiver.Sender.ReplaceTrackAsync(null);
            call.Simulation.Time.RunUntil(() => late.IsCompleted, TimeSpan.FromSeconds(1));
            return late;
        })!.Name, Is.EqualTo("InvalidStateError"));
    }

    [Test]                                               // webrtc-pc §5.3.2
    public void GetSynchronizationSources_WithinTenSeconds_TellWhenAndHowLoud()
    {
        using MediaCall call = new(4, MediaKind.Audio);
        byte opus = call.PayloadType("opus");
        Assert.That(call.Receiver.GetSynchronizationSources(), Is.Empty);
        (byte Level, double Linear)[] levels = [(0, 1), (20, 0.1), (127, 0)];
        for (ushort i = 0; i < levels.Length; i++)
        {
            call.Local.WriteRtp(new RtpPacketFields(opus, i, i * 960u, false) { AudioLevel = new AudioLevel(levels[i].Level, true) }, [1]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(100));
            RTCRtpSynchronizationSource source = call.Receiver.GetSynchronizationSources().Single();
            Assert.That(source.AudioLevel, Is.EqualTo(levels[i].Linear).Within(1e-9));
            Assert.That((source.Source, source.RtpTimestamp), Is.EqualTo((call.Transceiver.Sender.Ssrc, call.Arrived[^1].Fields.Timestamp)));
            Assert.That(call.Arrived[^1].Fields.AudioLevel, Is.EqualTo(new AudioLevel(levels[i].Level, true)));
        }
        call.Local.WriteRtp(new RtpPacketFields(opus, 3, 3 * 960u, false), [1]);
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(9.5));
        Assert.That(call.Receiver.GetSynchronizationSources().Single().AudioLevel, Is.Null);
        Assert.That(call.Receiver.GetContributingSources(), Is.Empty);
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(call.Receiver.GetSynchronizationSources(), Is.Empty);
    }

    [Test]                                               // webrtc-pc §5.3.3, RFC 6465
    public void Note_OfMixedPackets_NamesTheirContributors()
    {
        ReceivedSources sources = new(TimeProvider.System);
        byte[] datagram = new byte[64];
        RtpHeaderWriter writer = new(datagram, new RtpHeader(111, 1, 960, 7));
        writer.AddContributingSource(100);
        writer.AddContributingSource(200);
        writer.AddExtension(3, [20, 127]);
        Assert.That(RtpPacket.TryParse(datagram.AsSpan(0, writer.Complete()), out RtpPacket packet));
        sources.Note(packet, 0, 3, 0, 0);
        Assert.Multiple(() =>
        {
            Assert.That(sources.GetContributing().Select(source => (source.Source, source.RtpTimestamp)), Is.EquivalentTo(new[] { (100u, 960u), (200u, 960u) }));
            Assert.That(sources.GetContributing().Single(source => source.Source == 100).AudioLevel, Is.EqualTo(0.1).Within(1e-9));
            Assert.That(sources.GetContributing().Single(source => source.Source == 200).AudioLevel, Is.Zero);
            Assert.That(sources.GetSynchronization().Single().AudioLevel, Is.Null);
        });
        sources.Note(packet, 0, 0, 0, 0);
        Assert.That(sources.GetContributing().Select(source => source.AudioLevel), Is.All.Null);
    }

    [Test]
    public void ReadRtpAsync_OfARemoteTrack_GivesPacketsUntilItEnds()
    {
        using MediaCall call = new(5, MediaKind.Audio);
        List<byte> read = [];
        Task reading = ReadAsync(call.Remote, read);
        call.Talk(4);
        Assert.That(read, Is.EqualTo(new byte[] { 0, 1, 2, 3 }));
        RemoteMediaStreamTrack clone = (RemoteMediaStreamTrack)call.Remote.Clone();
        int cloned = 0;
        clone.OnRtpPacket += (_, _) => cloned++;
        call.Remote.Stop();
        call.Simulation.RunUntil(() => reading.IsCompleted, TimeSpan.FromSeconds(1), reading);
        call.Talk(2, first: 4);
        Assert.That((read.Count, cloned), Is.EqualTo((4, 2)), "a clone goes on");
    }

    [Test]
    public void ReadRtpAsync_OfASlowReader_DropsTheOldest()
    {
        using MediaCall call = new(6, MediaKind.Audio);
        IAsyncEnumerator<ReceivedRtpPacket> reader = call.Remote.ReadRtpAsync().GetAsyncEnumerator();
        Task<bool> first = reader.MoveNextAsync().AsTask();
        call.Talk(600);
        Assert.That(first.Result, "the first packet was taken at once");
        Assert.That(call.Remote.PacketsDropped, Is.EqualTo(600 - 1 - 512));
        Task<bool> second = reader.MoveNextAsync().AsTask();
        Assert.That(second.Result);
        Assert.That(reader.Current.Fields.SequenceNumber - call.Arrived[0].Fields.SequenceNumber, Is.EqualTo(600 - 512));
        reader.Current.Dispose();
    }

    [Test]                                               // webrtc-pc §9.3
    public void Track_WhoseSourceSaysGoodbye_IsMutedUntilMediaComes()
    {
        using MediaCall call = new(7, MediaKind.Audio);
        List<string> events = [];
        call.Remote.OnMute += (_, _) => events.Add("mute");
        call.Remote.OnUnmute += (_, _) => events.Add("unmute");
        call.Remote.OnEnded += (_, _) => events.Add("ended");
        Assert.That(call.Remote.Muted);
        call.Talk(2);
        call.Transceiver.Direction = RTCRtpTransceiverDirection.Inactive;
        call.Simulation.Run(call.Simulation.NegotiateAsync());
        Assert.That(call.Remote.Muted);
        call.Transceiver.Direction = RTCRtpTransceiverDirection.SendOnly;
        call.Simulation.Run(call.Simulation.NegotiateAsync());
        call.Talk(2, first: 2);
        call.Transceiver.Stop();
        call.Simulation.RunUntil(() => events.Contains("ended"), TimeSpan.FromSeconds(5), call.Simulation.NegotiateAsync());
        Assert.That(events, Is.EqualTo(new[] { "unmute", "mute", "unmute", "mute", "ended" }), "§4.4.1.4: step 17 comes before the task in which the track ends");
    }

    private static async Task ReadAsync(RemoteMediaStreamTrack track, List<byte> read)
    {
        await foreach (ReceivedRtpPacket packet in track.ReadRtpAsync())
        {
            using (packet) read.Add(packet.Payload.Span[1]);
        }
    }
}
