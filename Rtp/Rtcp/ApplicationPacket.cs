using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>An application-defined packet as a view into its bytes (RFC 3550 §6.7).</summary>
public readonly ref struct ApplicationPacket
{
    /// <summary>Who sends it.</summary>
    public uint Ssrc { get; private init; }

    /// <summary>A number from 0 to 31 that the application gives its meaning.</summary>
    public byte Subtype { get; private init; }

    /// <summary>Four ASCII characters that name the application.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>The data, a multiple of four bytes.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }

    /// <summary>Reads the packet. False when it is of another type, or too short.</summary>
    public static bool TryParse(scoped in RtcpPacket packet, out ApplicationPacket application)
    {
        application = default;
        WireReader reader = new(packet.Body);
        if (packet.Type != RtcpPacketType.Application || !reader.TryReadUInt32(out uint ssrc) || !reader.TryReadBytes(4, out ReadOnlySpan<byte> name)) return false;
        application = new ApplicationPacket { Ssrc = ssrc, Subtype = packet.Count, Name = name, Data = reader.Rest };
        return true;
    }
}
