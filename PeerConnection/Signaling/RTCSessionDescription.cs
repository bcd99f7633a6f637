using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A session description and its type (webrtc-pc §4.6.2). Its JSON is what browsers take and give.</summary>
public sealed record RTCSessionDescription
{
    /// <summary>Creates a description.</summary>
    [JsonConstructor]
    public RTCSessionDescription(RTCSdpType type, string sdp = "") => (Type, Sdp) = (type, sdp ?? "");

    /// <summary>The type.</summary>
    [JsonPropertyName("type")]
    public RTCSdpType Type { get; init; }

    /// <summary>The description (RFC 8866); empty for a rollback.</summary>
    [JsonPropertyName("sdp")]
    public string Sdp { get; init; }
}

/// <summary>A local description to set (webrtc-pc §4.6.2); what is left out is made.</summary>
public sealed record RTCLocalSessionDescriptionInit
{
    /// <summary>The type; null for the one that the state asks for.</summary>
    [JsonPropertyName("type"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCSdpType? Type { get; init; }

    /// <summary>The description; empty for what CreateOfferAsync or CreateAnswerAsync gives.</summary>
    [JsonPropertyName("sdp")]
    public string Sdp { get; init; } = "";
}
