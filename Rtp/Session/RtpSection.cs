namespace WebRtcStack.Rtp;

/// <summary>A media section as the session needs to know it: what tells its packets from those of others.</summary>
public sealed class RtpSection
{
    private readonly uint[] _clockRates = new uint[128];

    /// <summary>The identification tag (a=mid), or null.</summary>
    public string? Mid { get; init; }

    /// <summary>The id of the mid header extension, or 0.</summary>
    public byte MidExtensionId { get; set; }

    /// <summary>Whatever the application ties to the section.</summary>
    public object? Tag { get; init; }

    /// <summary>The sources that signalling has named (a=ssrc), if any.</summary>
    public IReadOnlyList<uint> Ssrcs { get; set; } = [];

    /// <summary>Sets the payload types that may arrive, with their clock rates in Hz.</summary>
    public void SetPayloadTypes(IEnumerable<KeyValuePair<byte, uint>> payloadTypes)
    {
        Array.Clear(_clockRates, 0, _clockRates.Length);
        foreach (KeyValuePair<byte, uint> type in Core.Require.NotNull(payloadTypes)) _clockRates[type.Key & 0x7F] = type.Value;
    }

    /// <summary>The clock rate of a payload type in Hz; 0 when the section does not have it.</summary>
    public uint GetClockRate(byte payloadType) => _clockRates[payloadType & 0x7F];
}
