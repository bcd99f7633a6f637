using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>STUN and TURN servers that share their credentials (webrtc-pc §4.2.2).</summary>
public sealed record RTCIceServer
{
    /// <summary>The servers' URIs (RFC 7064, 7065): "stun:stun.example.org", "turn:turn.example.org?transport=udp".</summary>
    [JsonPropertyName("urls")]
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>The user, for TURN.</summary>
    [JsonPropertyName("username")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Username { get; init; }

    /// <summary>The password, for TURN.</summary>
    [JsonPropertyName("credential")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Credential { get; init; }
}
