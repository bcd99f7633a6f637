using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>How media sections share transports when the peer does not bundle (webrtc-pc §4.2.5).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCBundlePolicy>))]
public enum RTCBundlePolicy
{
    /// <summary>"balanced": One transport for each kind of media.</summary>
    Balanced,

    /// <summary>"max-compat": One transport for each media section.</summary>
    MaxCompat,

    /// <summary>"max-bundle": One transport for everything.</summary>
    MaxBundle,
}
