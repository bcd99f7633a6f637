using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Rtp;

/// <summary>The contract of layers, kept by the RTP session.</summary>
public sealed class RtpSessionContractTests : LayerContractTests
{
    protected override (ILayer Left, ILayer Right) Create(RandomSource random, Instant now)
    {
        SessionLayer left = new(random, 42), right = new(random, 52);
        left.Send(now);
        right.Send(now);
        return (left, right);
    }

    protected override bool TrySend(ILayer left, ILayer right, Instant now)
    {
        ((SessionLayer)left).Send(now);
        ((SessionLayer)left).Send(now);
        ((SessionLayer)right).Send(now);
        return true;
    }

    private sealed class SessionLayer : ILayer
    {
        private readonly RtpSession _session;
        private readonly RtpSendStream _stream;
        private ushort _next;

        public SessionLayer(RandomSource random, uint ssrc)
        {
            RtpPayloadTypes types = new(
            [
                new RtpPayloadType(96, 90_000) { Feedback = RtpFeedback.Nack | RtpFeedback.PictureLossIndication | RtpFeedback.TransportWide },
                new RtpPayloadType(97, 90_000) { Repairs = 96 },
            ]);
            _session = new RtpSession(new RtpSessionOptions { Cname = "contract" }, random) { UsesReducedSize = true, MeasuresAsReceiver = true };
            _session.AddSection(new RtpSection { Mid = "0", MidExtensionId = 1, TransportSequenceExtensionId = 4, PayloadTypes = types });
            _stream = _session.AddSendStream(ssrc, 90_000, ssrc + 1);
            (_stream.PayloadTypes, _stream.Mid, _stream.MidExtensionId, _stream.TransportSequenceExtensionId) = (types, "0"u8.ToArray(), 1, 4);
        }

        public int MinDatagramSize => 1200;

        public Instant NextTimeout => _session.NextTimeout;

        public void Send(Instant now)
        {
            MessageLease payload = MessageLease.Rent(1000);
            payload.Span.Fill((byte)_next);
            _session.Send(_stream, new RtpHeader(96, _next, (uint)(now.Ticks / 111), 0, true), payload);
            _next++;
        }

        public void Receive(Span<byte> datagram, Instant now)
        {
            if (RtcpPacket.IsRtcp(datagram)) _session.ReceiveRtcp(datagram, now);
            else _session.Receive(datagram, now, out _);
        }

        public int Transmit(Span<byte> destination, Instant now) => _session.Transmit(destination, now, out _);

        public void AdvanceTo(Instant now) => _session.AdvanceTo(now);

        public void DrainEvents()
        {
            while (_session.TryReadEvent(out _)) { }
        }
    }
}

/// <summary>The same, kept by the jitter buffer: packets go in as datagrams, and what it hands out is a datagram that begins as a packet does.</summary>
public sealed class JitterBufferContractTests : LayerContractTests
{
    protected override (ILayer Left, ILayer Right) Create(RandomSource random, Instant now)
    {
        BufferLayer left = new(), right = new();
        left.Produce(now, 3);                            // one packet that waits for the one before it
        return (left, right);
    }

    protected override bool TrySend(ILayer left, ILayer right, Instant now)
    {
        ((BufferLayer)left).Produce(now, 2);
        return true;
    }

    private sealed class BufferLayer : ILayer, IDisposable
    {
        private readonly JitterBuffer _buffer = new(new JitterBufferOptions { RepairTime = TimeSpan.FromMilliseconds(20) });
        private ushort _next;

        public BufferLayer() => _buffer.SetFormat(96, Vp8Depacketizer.Instance, 90_000);

        public int MinDatagramSize => 1200;

        public Instant NextTimeout => _buffer.NextTimeout;

        public void Produce(Instant now, int packets)
        {
            for (int i = 0; i < packets; i++, _next++)
            {
                if (_next == 1) continue;
                byte[] payload = Vp8Payload;
                _buffer.Insert(new RtpHeader(96, _next, (uint)(_next / 2 * 3000), 7, _next % 2 == 1), payload.AsSpan(0, _next % 2 == 0 ? payload.Length : 1 + 10), now);
            }
        }

        private static byte[] Vp8Payload { get; } = [0x10, 0x00, 0x00, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00, 0x00];

        public void Receive(Span<byte> datagram, Instant now)
        {
            if (RtpPacket.TryParse(datagram, out RtpPacket packet)) _buffer.Insert(packet, now);
        }

        public int Transmit(Span<byte> destination, Instant now)
        {
            if (!_buffer.TryReadFrame(now, out EncodedFrame frame)) return 0;
            using (frame)
            {
                RtpHeaderWriter writer = new(destination, new RtpHeader(frame.PayloadType, frame.FirstSequenceNumber, frame.Timestamp, frame.Ssrc, true));
                int header = writer.Complete();
                destination[header] = 0x10;
                frame.Payload.Span[..Math.Min(frame.Payload.Length, 1000)].CopyTo(destination[(header + 1)..]);
                return header + 1 + Math.Min(frame.Payload.Length, 1000);
            }
        }

        public void AdvanceTo(Instant now) => _buffer.AdvanceTo(now);

        public void DrainEvents()
        {
            while (_buffer.TryReadEvent(out _)) { }
        }

        public void Dispose() => _buffer.Dispose();
    }
}
