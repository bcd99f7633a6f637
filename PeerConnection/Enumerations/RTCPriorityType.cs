using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A priority (RFC 8831 §6.4, webrtc-priority).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCPriorityType>))]
public enum RTCPriorityType
{
    /// <summary>"very-low": Below normal.</summary>
    VeryLow,

    /// <summary>"low": Normal.</summary>
    Low,

    /// <summary>"medium": High.</summary>
    Medium,

    /// <summary>"high": Extra high.</summary>
    High,
}
