using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>A packet on its way from a receiver to tracks, relays and senders: a view into the datagram.</summary>
internal readonly ref struct IncomingPacket
{
    public RtpPacket Packet { get; init; }

    /// <summary>The payload; not the packet's own where it was unpacked from redundant audio (RFC 2198).</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>What the packet's dependency descriptor says, valid until the call returns; null where there is none, or none that can be read.</summary>
    public DependencyDescriptor? Dependencies { get; init; }

    public RtpPacketFields Fields { get; init; }

    /// <summary>The codec of its payload type, or null where none was negotiated.</summary>
    public SdpCodec? Codec { get; init; }

    /// <summary>The ids of end-to-end header extensions, by number.</summary>
    public ReadOnlySpan<byte> ElementIds { get; init; }

    /// <summary>Whether it is of the only encoding, or of the first of those that were negotiated.</summary>
    public bool IsFirstEncoding { get; init; }

    public Instant Now { get; init; }

    public ReceivedRtpPacket Copy() => new() { Fields = Fields, Ssrc = Packet.Ssrc, Payload = MessageLease.CopyOf(Payload), Arrival = Now };
}
