using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>What statistics of RTP streams have at the receiving end (webrtc-stats §8.4).</summary>
public abstract record RTCReceivedRtpStreamStats : RTCRtpStreamStats
{
    /// <summary>Packets received.</summary>
    [JsonPropertyName("packetsReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? PacketsReceived { get; init; }

    /// <summary>Packets lost; negative when duplicates outnumber them (RFC 3550 §6.4.1).</summary>
    [JsonPropertyName("packetsLost"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PacketsLost { get; init; }

    /// <summary>Interarrival jitter in seconds (RFC 3550 §6.4.1).</summary>
    [JsonPropertyName("jitter"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Jitter { get; init; }
}
