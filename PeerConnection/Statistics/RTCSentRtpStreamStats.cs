using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>What statistics of RTP streams have at the sending end (webrtc-stats §8.7).</summary>
public abstract record RTCSentRtpStreamStats : RTCRtpStreamStats
{
    /// <summary>Packets sent.</summary>
    [JsonPropertyName("packetsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? PacketsSent { get; init; }

    /// <summary>Payload bytes sent.</summary>
    [JsonPropertyName("bytesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? BytesSent { get; init; }
}
