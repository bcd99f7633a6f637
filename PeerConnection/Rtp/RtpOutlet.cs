using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>Where a sender's packets cross from the application's threads to the loop.</summary>
internal sealed class RtpOutlet(RtpSendStream stream, LoopRegistration registration, ReadOnlyMemory<byte> payloadTypes, RandomSource random, int limit)
{
    private readonly Queue<(RtpPacketFields Fields, MessageLease Payload)> _inbox = new();
    private readonly uint _timestampShift = random.NextUInt32();         // RFC 3550 §5.1: both start at random
    private ushort? _sequenceShift;
    private bool _closed;

    public RtpSendStream Stream => stream;

    /// <summary>The payload types that were negotiated; packets of others are not sent.</summary>
    public ReadOnlyMemory<byte> PayloadTypes { get; set; } = payloadTypes;

    /// <summary>From any thread. False when the packet was dropped.</summary>
    public bool Post(in RtpPacketFields fields, ReadOnlySpan<byte> payload)
    {
        if (PayloadTypes.Span.IndexOf(fields.PayloadType) < 0) return false;
        lock (_inbox)
        {
            if (_closed || _inbox.Count >= limit) return false;
            _inbox.Enqueue((fields, MessageLease.CopyOf(payload)));
        }
        registration.Wake();
        return true;
    }

    /// <summary>On the loop: hands what waits to the session.</summary>
    public void Drain(RtpSession session)
    {
        lock (_inbox)
        {
            while (_inbox.Count > 0)
            {
                (RtpPacketFields fields, MessageLease payload) = _inbox.Dequeue();
                // RFC 3711 §3.3.1: a receiver that misses the first wrap cannot authenticate, so that the start is below 2^15.
                _sequenceShift ??= (ushort)((random.NextUInt32() & 0x7FFF) - fields.SequenceNumber);
                session.Send(stream, new RtpHeader(
                    fields.PayloadType, (ushort)(fields.SequenceNumber + _sequenceShift.Value), fields.Timestamp + _timestampShift, 0, fields.Marker), payload);
            }
        }
    }

    public void Close()
    {
        lock (_inbox)
        {
            _closed = true;
            while (_inbox.Count > 0) _inbox.Dequeue().Payload.Dispose();
        }
    }
}
