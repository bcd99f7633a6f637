using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Statistics of a connection as a whole (webrtc-stats §8.15).</summary>
public sealed record RTCPeerConnectionStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.PeerConnection;

    /// <summary>Data channels that have been open.</summary>
    [JsonPropertyName("dataChannelsOpened"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? DataChannelsOpened { get; init; }

    /// <summary>Data channels that were open and are not any more.</summary>
    [JsonPropertyName("dataChannelsClosed"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? DataChannelsClosed { get; init; }
}
