using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>How a data channel is made (webrtc-pc §6.2.1).</summary>
public sealed record RTCDataChannelInit
{
    /// <summary>Whether messages arrive in order. Default true.</summary>
    [JsonPropertyName("ordered")]
    public bool Ordered { get; init; } = true;

    /// <summary>Milliseconds for which a message is sent again, or null for no limit. Not with <see cref="MaxRetransmits"/>.</summary>
    [JsonPropertyName("maxPacketLifeTime")]
    public ushort? MaxPacketLifeTime { get; init; }

    /// <summary>How often a message is sent again, or null for no limit. Not with <see cref="MaxPacketLifeTime"/>.</summary>
    [JsonPropertyName("maxRetransmits")]
    public ushort? MaxRetransmits { get; init; }

    /// <summary>The subprotocol, at most 65535 bytes of UTF-8. Default empty.</summary>
    [JsonPropertyName("protocol")]
    public string Protocol { get; init; } = "";

    /// <summary>Whether both applications create the channel with the same <see cref="Id"/>, so that it is not announced. Default false.</summary>
    [JsonPropertyName("negotiated")]
    public bool Negotiated { get; init; }

    /// <summary>The id, 0 to 65534, of a negotiated channel; not looked at otherwise.</summary>
    [JsonPropertyName("id")]
    public ushort? Id { get; init; }

    /// <summary>The priority (RFC 8831 §6.4). Default low, which RFC 8831 calls normal.</summary>
    [JsonPropertyName("priority")]
    public RTCPriorityType Priority { get; init; } = RTCPriorityType.Low;
}
