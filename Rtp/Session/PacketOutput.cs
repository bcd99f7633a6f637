using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>RTP packets on their way out: new ones, and those that are sent again (RFC 4588). Headers are written when a packet is polled for.</summary>
internal sealed class PacketOutput(RtpSessionState state)
{
    private const int MaxRetransmissions = 1024;
    private readonly Queue<Outgoing> _outgoing = new();
    private readonly Queue<(RtpSendStream Stream, ushort Sequence)> _again = new();
    private readonly SentPacketLog _log = new();
    private readonly FeedbackRequests _requests = new(state.Options);
    private ushort _transportSequence = (ushort)(state.Random.NextUInt32() & 0x7FFF);

    /// <summary>Whether retransmissions may repeat a packet as it was, where there is no stream for them. AEAD forbids that (RFC 7714 §10.1).</summary>
    public bool MayRepeat { get; set; }

    public bool IsEmpty => _outgoing.Count == 0 && _again.Count == 0;

    public SentPacketLog Log => _log;

    public void Send(RtpSendStream stream, in RtpHeader header, MessageLease payload, MessageLease elements)
    {
        if (_outgoing.Count >= state.Options.MaxQueuedPackets)
        {
            _outgoing.Dequeue().Dispose();
            state.Drop(RtpDropReason.SendQueueFull);
        }
        _outgoing.Enqueue(new Outgoing(stream, header, payload, elements));
    }

    /// <summary>The other side misses a packet (RFC 4585 §6.2.1).</summary>
    public void Nacked(RtpSendStream stream, ushort sequence, Instant now)
    {
        if (!stream.History.TryFind(sequence, out int at))
        {
            state.Drop(RtpDropReason.UnknownNack);
            return;
        }
        ref SentMedia packet = ref stream.History[at];
        // A storm of requests costs no more than what is lost: each packet goes again once in (most of) a round trip.
        if (now < packet.AllowedAt || packet.Retransmissions >= state.Options.MaxRetransmissionsPerPacket || _again.Count >= MaxRetransmissions)
        {
            state.Drop(RtpDropReason.RepeatedNack);
            return;
        }
        packet.Retransmissions++;
        packet.AllowedAt = now + TimeSpan.FromTicks(state.RoundTrip.HasMeasured ? state.RoundTrip.Smoothed.Ticks / 2 : TimeSpan.TicksPerMillisecond * 5);
        _again.Enqueue((stream, sequence));
    }

    public int Transmit(Span<byte> destination, Instant now)
    {
        while (_again.Count > 0)
        {
            (RtpSendStream stream, ushort sequence) = _again.Dequeue();
            if (!stream.History.TryFind(sequence, out int at)) continue;
            int length = WriteAgain(destination, stream, ref stream.History[at], now);
            if (length > 0) return length;
        }
        while (_outgoing.Count > 0)
        {
            Outgoing next = _outgoing.Dequeue();
            int length = WriteNew(destination, next, now);
            if (length > 0) return length;
            state.Drop(RtpDropReason.TooLarge);
        }
        return 0;
    }

    /// <summary>Gives back what waits for a stream that ends.</summary>
    public void Forget(RtpSendStream stream)
    {
        for (int i = _outgoing.Count; i > 0; i--)
        {
            Outgoing next = _outgoing.Dequeue();
            if (next.Stream == stream) next.Dispose();
            else _outgoing.Enqueue(next);
        }
    }

    public void Close()
    {
        while (_outgoing.Count > 0) _outgoing.Dequeue().Dispose();
        _again.Clear();
    }

    private int WriteNew(Span<byte> destination, in Outgoing next, Instant now)
    {
        RtpSendStream stream = next.Stream;
        RtpHeader header = next.Header with { Ssrc = stream.Ssrc };
        ReadOnlySpan<byte> rid = stream.LastReportAt.IsNever ? stream.Rid.Span : default;     // RFC 8852 §3.2: until it is known
        int length = WriteHeader(destination, stream, header, rid, stream.RidExtensionId, next.Elements.Span, now, out ushort number);
        if (length == 0 || destination.Length - length < next.Payload.Length)
        {
            next.Dispose();
            return 0;
        }
        next.Payload.Span.CopyTo(destination[length..]);
        stream.Introduce(header);
        Count(stream, header.SequenceNumber, number, length, next.Payload.Length, header.Timestamp, isRetransmission: false, now);
        Keep(next, header, destination[..length], now);
        return length + next.Payload.Length;
    }

    private void Keep(in Outgoing next, in RtpHeader header, ReadOnlySpan<byte> written, Instant now)
    {
        RtpSendStream stream = next.Stream;
        bool hasRepair = stream.Repair is not null && stream.PayloadTypes.FindRepair(header.PayloadType) is not null;
        if (!stream.KeepsHistory || state.Options.MaxRetransmissionsPerPacket == 0 || !(hasRepair || MayRepeat))
        {
            next.Dispose();
            return;
        }
        SentMedia sent = new() { Header = header, Payload = next.Payload, Elements = next.Elements, SentAt = now };
        if (!hasRepair) sent.SentHeader = MessageLease.CopyOf(written);
        stream.History.Add(sent, now);
    }

    private int WriteAgain(Span<byte> destination, RtpSendStream stream, ref SentMedia packet, Instant now)
    {
        int length;
        ushort number = 0;
        ReadOnlySpan<byte> payload = packet.Payload.Span;
        RtpSendStream counted = stream;
        RtpHeader header = packet.Header;
        if (stream.Repair is { } repair && stream.PayloadTypes.FindRepair(header.PayloadType) is { } payloadType)
        {
            header = header with { PayloadType = payloadType, Ssrc = repair.Ssrc, SequenceNumber = repair.NextSequence };
            ReadOnlySpan<byte> rid = repair.LastReportAt.IsNever ? stream.Rid.Span : default;
            length = WriteHeader(destination, stream, header, rid, stream.RepairedRidExtensionId, packet.Elements.Span, now, out number);
            if (length == 0 || destination.Length - length < payload.Length + Retransmission.HeaderLength) return 0;
            repair.NextSequence++;
            BinaryPrimitives.WriteUInt16BigEndian(destination[length..], packet.Header.SequenceNumber);
            length += Retransmission.HeaderLength;
            counted = repair;
        }
        else
        {
            // Byte for byte as it was: SRTP's keystream for this number has been used for these bytes (RFC 3711 §9.1).
            length = packet.SentHeader.Length;
            if (length == 0 || destination.Length < length + payload.Length) return 0;
            packet.SentHeader.Span.CopyTo(destination);
        }
        payload.CopyTo(destination[length..]);
        stream.RetransmittedPackets++;
        stream.RetransmittedBytes += (ulong)payload.Length;
        Count(counted, header.SequenceNumber, number, length, payload.Length, header.Timestamp, isRetransmission: true, now);
        return length + payload.Length;
    }

    // The session's own elements, then those that go with the packet. What fits no one-byte header makes all two-byte ones where the
    // packets of a stream may differ (RFC 8285 §4.1.2), and is left out elsewhere.
    private int WriteHeader(
        Span<byte> destination, RtpSendStream stream, in RtpHeader header, ReadOnlySpan<byte> rid, byte ridId, ReadOnlySpan<byte> elements, Instant now, out ushort number)
    {
        ReadOnlySpan<byte> ids = stream.ElementIds.Span, mid = stream.MidExtensionId > 0 ? stream.Mid.Span : default;
        if (ridId == 0) rid = default;
        byte sendTime = stream.AbsoluteSendTimeExtensionId;
        bool isTwoByte = stream.MixesHeaderForms && (
            RtpHeaderElements.NeedTwoByteHeaders(elements, ids) || Math.Max(sendTime, stream.TransportSequenceExtensionId) > RtpHeaderElements.MaxOneByteId ||
            !FitsOneByteHeader(stream.MidExtensionId, mid) || !FitsOneByteHeader(ridId, rid));
        RtpHeaderWriter writer = new(destination, header, isTwoByte);
        RtpHeaderElements.AddContributingSources(ref writer, elements);
        if (!mid.IsEmpty && (isTwoByte || FitsOneByteHeader(stream.MidExtensionId, mid))) writer.AddExtension(stream.MidExtensionId, mid);
        if (!rid.IsEmpty && (isTwoByte || FitsOneByteHeader(ridId, rid))) writer.AddExtension(ridId, rid);
        if (sendTime > 0 && (isTwoByte || sendTime <= RtpHeaderElements.MaxOneByteId)) writer.AddExtension(sendTime, AbsoluteSendTime.From(now));
        number = 0;
        if (stream.TransportSequenceExtensionId is > 0 and var sequence && (isTwoByte || sequence <= RtpHeaderElements.MaxOneByteId))
        {
            number = _transportSequence++;
            ushort request = stream.RequestsTransportFeedback ? _requests.Next(now) : (ushort)0;
            writer.AddExtension(sequence, new TransportSequenceNumber(number, request, WantsTimestamps: request > 0));
        }
        RtpHeaderElements.AddExtensions(ref writer, elements, ids, isTwoByte);
        return writer.Complete();
    }

    private static bool FitsOneByteHeader(byte id, ReadOnlySpan<byte> value) => value.IsEmpty || RtpHeaderElements.FitsOneByteHeader(id, value.Length);

    private void Count(RtpSendStream stream, ushort sequence, ushort number, int header, int payload, uint timestamp, bool isRetransmission, Instant now)
    {
        stream.CountSent(header, payload, timestamp, now);
        bool hasNumber = (stream.Repairs ?? stream).TransportSequenceExtensionId != 0 && !(isRetransmission && stream.Repairs is null);
        bool logs = (stream.Repairs ?? stream).LogsPackets;
        if (hasNumber || logs || state.Controller is not null)
        {
            SentPacket packet = new(number, hasNumber, stream.Ssrc, sequence, header + payload, now, isRetransmission);
            if (hasNumber) _log.Add(number, packet);
            if (logs) stream.Log.Add(sequence, packet);
            state.Controller?.PacketSent(packet);
        }
        state.Scheduler.Start(state.Members, now);
    }

    private readonly record struct Outgoing(RtpSendStream Stream, RtpHeader Header, MessageLease Payload, MessageLease Elements)
    {
        public void Dispose()
        {
            Payload.Dispose();
            Elements.Dispose();
        }
    }
}
