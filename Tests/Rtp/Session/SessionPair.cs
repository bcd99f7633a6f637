using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>A session that sends video and one that receives it, joined by simulated paths: what a call is, without SRTP and the rest.</summary>
internal sealed class SessionPair
{
    public const byte Video = 96, Repair = 97;
    public const uint Ssrc = 42, RepairSsrc = 43;
    private readonly byte[] _buffer = new byte[1500];
    private Instant _wake = Instant.Never;

    public SessionPair(int seed, PathOptions path, RtpFeedback feedback = RtpFeedback.Nack | RtpFeedback.PictureLossIndication, bool withRepair = true, RtpSessionOptions? options = null)
    {
        Time = new VirtualTime(seed);
        options ??= new RtpSessionOptions();
        options = options with { Cname = "sender", NtpTimeAtOrigin = 0xE000_0000_0000_0000 };
        Sender = new RtpSession(options, Time.Random) { UsesReducedSize = true, MeasuresAsReceiver = true };
        Receiver = new RtpSession(options with { Cname = "receiver" }, Time.Random) { UsesReducedSize = true, MeasuresAsReceiver = true };
        Forward = new SimulatedPath(Time, "media", path);
        Back = new SimulatedPath(Time, "feedback", path);
        RtpPayloadType[] types = withRepair
            ? [new RtpPayloadType(Video, 90_000) { Feedback = feedback }, new RtpPayloadType(Repair, 90_000) { Repairs = Video, Feedback = feedback & RtpFeedback.CongestionControl }]
            : [new RtpPayloadType(Video, 90_000) { Feedback = feedback }];
        Section = new RtpSection
        {
            Mid = "0", MidExtensionId = 1, RidExtensionId = 2, RepairedRidExtensionId = 3, TransportSequenceExtensionId = 4, PayloadTypes = new RtpPayloadTypes(types),
        };
        Receiver.AddSection(Section);
        Stream = AddStream(Ssrc, withRepair ? RepairSsrc : null);
    }

    public VirtualTime Time { get; }

    public RtpSession Sender { get; }

    public RtpSession Receiver { get; }

    public RtpSection Section { get; }

    public RtpSendStream Stream { get; }

    public SimulatedPath Forward { get; }

    public SimulatedPath Back { get; }

    /// <summary>What came, by stream: sequence numbers in the order of arrival.</summary>
    public Dictionary<RtpReceiveStream, List<ushort>> Arrived { get; } = [];

    /// <summary>Each RTCP compound that the receiver sends.</summary>
    public Action<byte[], Instant>? FeedbackSent { get; set; }

    public RtpSendStream AddStream(uint ssrc, uint? repair, string? rid = null)
    {
        RtpSendStream stream = Sender.AddSendStream(ssrc, 90_000, repair);
        (stream.PayloadTypes, stream.Mid, stream.MidExtensionId, stream.TransportSequenceExtensionId) = (Section.PayloadTypes, "0"u8.ToArray(), 1, 4);
        if (rid is not null)
            (stream.Rid, stream.RidExtensionId, stream.RepairedRidExtensionId) = (System.Text.Encoding.ASCII.GetBytes(rid), 2, 3);
        return stream;
    }

    public void Send(RtpSendStream stream, ushort sequence, int size = 1000)
    {
        MessageLease payload = MessageLease.Rent(size);
        payload.Span.Fill((byte)sequence);
        Sender.Send(stream, new RtpHeader(Video, sequence, (uint)(sequence / 5 * 3000), 0, sequence % 5 == 4), payload);
        Pump();
    }

    /// <summary>Sends so many packets, five for each frame of 30 a second.</summary>
    public void SendVideo(int packets, RtpSendStream? stream = null, ushort first = 65_000)
    {
        for (int i = 0; i < packets; i++)
        {
            ushort sequence = (ushort)(first + i);
            Time.Schedule(TimeSpan.FromMilliseconds(i / 5 * 33.0), () => Send(stream ?? Stream, sequence));
        }
    }

    public void RunFor(TimeSpan time)
    {
        Pump();
        Time.RunFor(time);
    }

    public void Pump()
    {
        Drain(Sender, Forward, Receiver);
        Drain(Receiver, Back, Sender);
        Instant next = Instant.Min(Sender.NextTimeout, Receiver.NextTimeout);
        if (next.IsNever || (next >= _wake && _wake > Time.Now)) return;
        _wake = next;
        Time.Schedule(Instant.Max(next, Time.Now), Wake);
    }

    private void Wake()
    {
        _wake = Instant.Never;
        Sender.AdvanceTo(Time.Now);
        Receiver.AdvanceTo(Time.Now);
        Pump();
    }

    private void Drain(RtpSession from, SimulatedPath path, RtpSession to)
    {
        while (from.Transmit(_buffer.AsSpan(0, 1200), Time.Now, out bool isRtcp) is > 0 and int length)
        {
            if (isRtcp && from == Receiver) FeedbackSent?.Invoke(_buffer[..length], Time.Now);
            path.Send(_buffer.AsSpan(0, length), datagram =>
            {
                if (isRtcp) to.ReceiveRtcp(datagram, Time.Now);
                else Take(to, datagram);
                Pump();
            });
        }
    }

    private void Take(RtpSession to, Span<byte> datagram)
    {
        if (to.Receive(datagram, Time.Now, out RtpPacket packet) is not { } stream) return;
        Assert.That(packet.PayloadType, Is.EqualTo(Video));
        Assert.That(packet.Ssrc, Is.EqualTo(stream.Ssrc));
        Assert.That(packet.Payload.Length, Is.EqualTo(1000));
        Assert.That(packet.Payload[999], Is.EqualTo((byte)packet.SequenceNumber));
        if (!Arrived.TryGetValue(stream, out List<ushort>? list)) Arrived[stream] = list = [];
        list.Add(packet.SequenceNumber);
    }
}
