using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Walks the sources of a goodbye (RFC 3550 §6.6).</summary>
public ref struct Goodbye
{
    private WireReader _sources;

    /// <summary>Why, in UTF-8; empty when it is not said.</summary>
    public ReadOnlySpan<byte> Reason { get; private set; }

    /// <summary>Reads a goodbye. False when the packet is of another type, or has fewer sources than it counts.</summary>
    public static bool TryParse(scoped in RtcpPacket packet, out Goodbye goodbye)
    {
        goodbye = default;
        WireReader reader = new(packet.Body);
        if (packet.Type != RtcpPacketType.Goodbye || !reader.TryReadBytes(packet.Count * 4, out ReadOnlySpan<byte> sources)) return false;
        goodbye._sources = new WireReader(sources);
        if (reader.TryReadByte(out byte length) && reader.TryReadBytes(length, out ReadOnlySpan<byte> reason)) goodbye.Reason = reason;
        return true;
    }

    /// <summary>Reads the next source. False after the last.</summary>
    public bool TryReadSource(out uint ssrc) => _sources.TryReadUInt32(out ssrc);
}
