using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A candidate as signalling carries it (webrtc-pc §4.8.1.1). Its JSON is what browsers take and give.</summary>
public record RTCIceCandidateInit
{
    /// <summary>The candidate attribute (RFC 8839 §5.1): "candidate:..."; empty for the end of candidates.</summary>
    [JsonPropertyName("candidate")]
    public string Candidate { get; init; } = "";

    /// <summary>The identification tag of the media section, or null.</summary>
    [JsonPropertyName("sdpMid")]
    public string? SdpMid { get; init; }

    /// <summary>The index of the media section, or null.</summary>
    [JsonPropertyName("sdpMLineIndex")]
    public ushort? SdpMLineIndex { get; init; }

    /// <summary>The user fragment of the generation that it belongs to, or null.</summary>
    [JsonPropertyName("usernameFragment")]
    public string? UsernameFragment { get; init; }
}

/// <summary>A candidate of this side with what signalling does not carry (webrtc-pc §4.8.1.5).</summary>
public sealed record RTCLocalIceCandidateInit : RTCIceCandidateInit
{
    /// <summary>The protocol towards the TURN server that it is from, or null.</summary>
    [JsonPropertyName("relayProtocol")]
    public RTCIceServerTransportProtocol? RelayProtocol { get; init; }

    /// <summary>The server that it is from, or null.</summary>
    [JsonPropertyName("url")]
    public string? Url { get; init; }
}
