using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>RTCDTMFSender (webrtc-pc §7) and its packets on the wire (RFC 4733).</summary>
public sealed class DtmfTests
{
    [Test]
    public void InsertDTMF_BeforeTheCall_IsInvalidState()
    {
        using RTCPeerConnection connection = new();
        RTCDTMFSender dtmf = connection.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Audio)).Sender.Dtmf!;
        Assert.Multiple(() =>
        {
            Assert.That(dtmf.CanInsertDTMF, Is.False);
            Assert.That(dtmf.ToneBuffer, Is.Empty);
            Assert.That(Assert.Throws<DOMException>(() => dtmf.InsertDTMF("1"))!.Name, Is.EqualTo("InvalidStateError"));
            Assert.That(connection.AddTransceiver(MediaKind.Video).Sender.Dtmf, Is.Null);
        });
    }

    [Test]
    public void InsertDTMF_OfTones_ChangesTheToneInTime()
    {
        using MediaCall call = new(1, MediaKind.Audio);
        List<(TimeSpan At, string Tone)> changes = Watch(call, out RTCDTMFSender dtmf);
        Assert.That(Assert.Throws<DOMException>(() => dtmf.InsertDTMF("1x"))!.Name, Is.EqualTo("InvalidCharacterError"));
        dtmf.InsertDTMF("1a,#", 150, 50);
        Assert.That(dtmf.ToneBuffer, Is.EqualTo("1A,#"));
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(4));
        Assert.That(changes.Select(change => change.Tone), Is.EqualTo(new[] { "1", "A", ",", "#", "" }));
        double[] gaps = [.. changes.Skip(1).Zip(changes, (next, last) => (next.At - last.At).TotalMilliseconds)];
        Assert.That(gaps, Is.EqualTo(new[] { 200.0, 200, 2000, 200 }).Within(5));
    }

    [Test]
    public void InsertDTMF_WhileTonesPlay_ReplacesThoseThatWait()
    {
        using MediaCall call = new(1, MediaKind.Audio);
        List<(TimeSpan At, string Tone)> changes = Watch(call, out RTCDTMFSender dtmf);
        dtmf.InsertDTMF("123", 1, 1);
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(10));
        Assert.That(dtmf.ToneBuffer, Is.EqualTo("23"));
        dtmf.InsertDTMF("9", 7000, 10);
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(8));
        Assert.That(changes.Select(change => change.Tone), Is.EqualTo(new[] { "1", "9", "" }));
        Assert.That((changes[1].At - changes[0].At).TotalMilliseconds, Is.EqualTo(70).Within(5), "40 ms and 30 ms are the least");
        Assert.That((changes[2].At - changes[1].At).TotalMilliseconds, Is.EqualTo(6030).Within(5), "6 s is the most");
        dtmf.InsertDTMF("12");
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(10));
        dtmf.InsertDTMF("");
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(changes.Skip(3).Select(change => change.Tone), Is.EqualTo(new[] { "1", "" }));
    }

    [Test]                                               // RFC 4733 §2.5.1
    public void Packets_OfATone_TakeTheAudiosPlaceWithoutAGap()
    {
        using MediaCall call = new(2, MediaKind.Audio);
        call.Talk(5);
        call.Transceiver.Sender.Dtmf!.InsertDTMF("5", 100);
        call.Talk(20, first: 5);
        byte tones = call.Transceiver.Sender.GetParameters().Codecs.First(codec => codec.MimeType == "audio/telephone-event" && codec.ClockRate == 48_000).PayloadType;
        (RtpPacketFields Fields, byte[] Payload)[] events = [.. call.Arrived.Where(packet => packet.Fields.PayloadType == tones)];
        List<TelephoneEvent> reports = [];
        foreach ((_, byte[] payload) in events)
        {
            WireReader reader = new(payload);
            Assert.That(TelephoneEvent.TryRead(ref reader, out TelephoneEvent report) && reader.IsEmpty);
            reports.Add(report);
        }
        ushort first = call.Arrived[0].Fields.SequenceNumber;
        (RtpPacketFields before, _) = call.Arrived.Last(packet => packet.Fields.SequenceNumber < events[0].Fields.SequenceNumber);
        Assert.Multiple(() =>
        {
            Assert.That(call.Arrived.Select(packet => packet.Fields.SequenceNumber - first), Is.EqualTo(Enumerable.Range(0, call.Arrived.Count)), "one numbering, no gap");
            Assert.That(events.Count(packet => packet.Fields.Marker), Is.EqualTo(1));
            Assert.That(events[0].Fields.Marker);
            Assert.That(events.Select(packet => packet.Fields.Timestamp).Distinct().Count(), Is.EqualTo(1), "§2.2.1: the start of the event");
            Assert.That(events[0].Fields.Timestamp - before.Timestamp, Is.InRange(1, 8 * 960), "in the audio's timing");
            Assert.That(reports.Select(report => report.Code), Is.All.EqualTo(5));
            Assert.That(reports.Select(report => (int)report.Duration), Is.Ordered);
            Assert.That(reports.Count(report => report.IsEnd), Is.EqualTo(3), "§2.5.1.4");
            Assert.That(reports.TakeLast(3).Select(report => report.Duration), Is.All.EqualTo(4800));
            Assert.That(call.Arrived.Count - events.Length, Is.InRange(18, 21), "audio rests while the tone sounds");
        });
    }

    [Test]                                               // RFC 4733 §2.5.1.3: longer than a report's 16 bits at 48 kHz
    public void Packets_OfALongTone_ComeInSegments()
    {
        using MediaCall call = new(3, MediaKind.Audio);
        call.Talk(2);
        call.Clear();
        call.Transceiver.Sender.Dtmf!.InsertDTMF("D", 6000);
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(7));
        uint[] starts = [.. call.Arrived.Select(packet => packet.Fields.Timestamp).Distinct()];
        Assert.That(starts.Skip(1).Zip(starts, (next, last) => next - last), Is.EqualTo(new uint[] { 65_535, 65_535, 65_535, 65_535 }));
        Assert.That(call.Arrived.Count(packet => (packet.Payload[1] & 0x80) != 0), Is.EqualTo(3));
    }

    [Test]
    public void CanInsertDTMF_FollowsEachOfItsConditions()
    {
        using MediaCall call = new(4, MediaKind.Audio);
        RTCDTMFSender dtmf = call.Transceiver.Sender.Dtmf!;
        Assert.That(dtmf.CanInsertDTMF);
        RTCRtpSendParameters parameters = call.Transceiver.Sender.GetParameters();
        Run(call, call.Transceiver.Sender.SetParametersAsync(parameters with { Encodings = [parameters.Encodings[0] with { Active = false }] }));
        Assert.That(dtmf.CanInsertDTMF, Is.False, "step 8");
        parameters = call.Transceiver.Sender.GetParameters();
        Run(call, call.Transceiver.Sender.SetParametersAsync(parameters with { Encodings = [parameters.Encodings[0] with { Active = true }] }));
        Assert.That(dtmf.CanInsertDTMF);
        Run(call, call.Transceiver.Sender.ReplaceTrackAsync(null));
        Assert.That(dtmf.CanInsertDTMF, Is.False, "step 6");
        Run(call, call.Transceiver.Sender.ReplaceTrackAsync(call.Local));
        call.Transceiver.Stop();
        Assert.That(dtmf.CanInsertDTMF, Is.False, "step 5");
    }

    private static List<(TimeSpan At, string Tone)> Watch(MediaCall call, out RTCDTMFSender dtmf)
    {
        List<(TimeSpan, string)> changes = [];
        Instant start = call.Simulation.Time.Now;
        dtmf = call.Transceiver.Sender.Dtmf!;
        dtmf.OnToneChange += (_, e) => changes.Add((call.Simulation.Time.Now - start, e.Tone));
        return changes;
    }

    private static void Run(MediaCall call, Task task) => call.Simulation.RunUntil(() => task.IsCompleted, TimeSpan.FromSeconds(1), task);
}
