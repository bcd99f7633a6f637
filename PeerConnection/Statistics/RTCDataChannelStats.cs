using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Statistics of a data channel (webrtc-stats §8.16).</summary>
public sealed record RTCDataChannelStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.DataChannel;

    /// <summary>The label.</summary>
    [JsonPropertyName("label"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Label { get; init; }

    /// <summary>The subprotocol.</summary>
    [JsonPropertyName("protocol"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Protocol { get; init; }

    /// <summary>The id; absent before it is known.</summary>
    [JsonPropertyName("dataChannelIdentifier"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ushort? DataChannelIdentifier { get; init; }

    /// <summary>How far the channel has come.</summary>
    [JsonPropertyName("state")]
    public required RTCDataChannelState State { get; init; }

    /// <summary>Messages sent.</summary>
    [JsonPropertyName("messagesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MessagesSent { get; init; }

    /// <summary>Payload bytes sent.</summary>
    [JsonPropertyName("bytesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesSent { get; init; }

    /// <summary>Messages received.</summary>
    [JsonPropertyName("messagesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MessagesReceived { get; init; }

    /// <summary>Payload bytes received.</summary>
    [JsonPropertyName("bytesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesReceived { get; init; }
}
