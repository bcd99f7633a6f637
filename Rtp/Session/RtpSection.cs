namespace WebRtcStack.Rtp;

/// <summary>A source and the source of its retransmissions (a=ssrc-group:FID, RFC 5576 §4.2, RFC 4588 §8.2).</summary>
/// <param name="Source">The source.</param>
/// <param name="Repair">The source of its retransmissions.</param>
public readonly record struct RtpSourcePair(uint Source, uint Repair);

/// <summary>A media section as the session needs to know it: what tells its packets from those of others.</summary>
public sealed class RtpSection
{
    /// <summary>The identification tag (a=mid), or null.</summary>
    public string? Mid { get; init; }

    /// <summary>Whatever the application ties to the section.</summary>
    public object? Tag { get; init; }

    /// <summary>The id of the mid header extension (RFC 9143 §15), or 0. In a bundle it is the same for all sections.</summary>
    public byte MidExtensionId { get; set; }

    /// <summary>The id of the rid header extension (RFC 8852 §4.1), or 0.</summary>
    public byte RidExtensionId { get; set; }

    /// <summary>The id of the repaired rid header extension (RFC 8852 §4.2), or 0.</summary>
    public byte RepairedRidExtensionId { get; set; }

    /// <summary>The id of the transport-wide sequence number's extension of either version, or 0.</summary>
    public byte TransportSequenceExtensionId { get; set; }

    /// <summary>Whether that is version 2: feedback is then sent when a packet asks for it, and not by time.</summary>
    public bool TransportSequenceIsOnRequest { get; set; }

    /// <summary>The sources that signalling has named (a=ssrc), if any.</summary>
    public IReadOnlyList<uint> Ssrcs { get; set; } = [];

    /// <summary>The sources of retransmissions that signalling has named, if any.</summary>
    public IReadOnlyList<RtpSourcePair> Pairs { get; set; } = [];

    /// <summary>The payload types that may arrive.</summary>
    public RtpPayloadTypes PayloadTypes { get; set; } = RtpPayloadTypes.None;

    /// <summary>The clock rate of a payload type in Hz; 0 when the section does not have it.</summary>
    public uint GetClockRate(byte payloadType) => PayloadTypes[payloadType]?.ClockRate ?? 0;
}
