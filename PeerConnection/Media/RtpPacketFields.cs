using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>The fields of an RTP packet that an application sets and sees.</summary>
/// <param name="PayloadType">The payload type, as negotiated with the peer.</param>
/// <param name="SequenceNumber">The sequence number; one more for each packet.</param>
/// <param name="Timestamp">The timestamp in units of the payload's clock rate.</param>
/// <param name="Marker">Whether the end of a frame, or the start of a talk spurt, is marked.</param>
public readonly record struct RtpPacketFields(byte PayloadType, ushort SequenceNumber, uint Timestamp, bool Marker)
{
    /// <summary>With simulcast, the encoding it belongs to (RFC 8851); null for the only one, or the first.</summary>
    public string? Rid { get; init; }

    /// <summary>The level of its audio (RFC 6464), or null. It is sent if the header extension was negotiated.</summary>
    public AudioLevel? AudioLevel { get; init; }
}

/// <summary>What an application says of an encoded frame that it writes.</summary>
public readonly record struct OutgoingFrame
{
    /// <summary>A frame of the first codec that was negotiated.</summary>
    public OutgoingFrame()
    {
    }

    /// <summary>The frame's codec, such as "video/VP8" or "opus"; senders that have not negotiated it drop the frame. Null: each sender's first codec.</summary>
    public string? Codec { get; init; }

    /// <summary>When it was sampled, in units of the codec's clock rate (90 kHz for video), from any start. Senders shift it by a constant.</summary>
    public uint Timestamp { get; init; }

    /// <summary>With simulcast, the encoding it belongs to (RFC 8851); null for the only one, or the first.</summary>
    public string? Rid { get; init; }

    /// <summary>For audio: whether a talk spurt starts with it (RFC 3551 §4.1). Video's markers are set by the packetizer.</summary>
    public bool StartsTalkSpurt { get; init; }

    /// <summary>Layers of scalable video.</summary>
    public FrameDescription Description { get; init; } = new();

    /// <summary>
    /// What the frame needs and who needs it (AV1 RTP Appendix A), or null. It is sent if the header extension was negotiated, with the structure in
    /// the first packet; starts and ends of frames are filled in. A relay then chooses layers by it.
    /// </summary>
    public DependencyDescriptor? Dependencies { get; init; }

    /// <summary>The level of its audio (RFC 6464), or null. It is sent if the header extension was negotiated.</summary>
    public AudioLevel? AudioLevel { get; init; }

    /// <summary>How it is to be turned (3GPP TS 26.114 §7.4.5), or null. It is sent if the header extension was negotiated.</summary>
    public VideoOrientation? Orientation { get; init; }
}

/// <summary>An RTP packet that has arrived. Its holder disposes it, once: the payload's memory is pooled.</summary>
public readonly record struct ReceivedRtpPacket : IDisposable
{
    /// <summary>Its fields, as they arrived.</summary>
    public RtpPacketFields Fields { get; init; }

    /// <summary>Its synchronization source.</summary>
    public uint Ssrc { get; init; }

    /// <summary>Its payload, padding taken off, owned by whoever holds the packet.</summary>
    public MessageLease Payload { get; init; }

    /// <summary>When it arrived, on the loop's clock.</summary>
    public Instant Arrival { get; init; }

    /// <summary>Gives the payload's memory back.</summary>
    public void Dispose() => Payload.Dispose();
}

/// <summary>An RTP packet has arrived. The event is valid until the handler returns: one object serves all packets of a track, so that a packet costs no garbage.</summary>
public sealed class RtpPacketEvent : EventArgs
{
    internal RtpPacketEvent() { }

    /// <summary>Its fields.</summary>
    public RtpPacketFields Fields { get; private set; }

    /// <summary>Its payload, padding taken off. It is valid until the handler returns: copy what must live longer.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>Its synchronization source.</summary>
    public uint Ssrc { get; private set; }

    internal RtpPacketEvent With(in ReceivedRtpPacket packet)
    {
        (Fields, Payload, Ssrc) = (packet.Fields, packet.Payload.Memory, packet.Ssrc);
        return this;
    }
}

/// <summary>A frame has arrived.</summary>
/// <param name="frame">The frame; it is disposed when the handler returns.</param>
/// <param name="rid">With simulcast, the encoding it belongs to, or null.</param>
public sealed class EncodedFrameEvent(EncodedFrame frame, string? rid) : EventArgs
{
    /// <summary>The frame. Its payload is valid until the handler returns: copy what must live longer.</summary>
    public EncodedFrame Frame { get; } = frame;

    /// <summary>With simulcast, the encoding it belongs to, or null.</summary>
    public string? Rid { get; } = rid;
}
