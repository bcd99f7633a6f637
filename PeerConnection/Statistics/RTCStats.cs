using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>What all statistics have (webrtc-pc §8.4). A member that is not known is null and not written to JSON.</summary>
[JsonDerivedType(typeof(RTCCodecStats))]
[JsonDerivedType(typeof(RTCInboundRtpStreamStats))]
[JsonDerivedType(typeof(RTCOutboundRtpStreamStats))]
[JsonDerivedType(typeof(RTCRemoteInboundRtpStreamStats))]
[JsonDerivedType(typeof(RTCRemoteOutboundRtpStreamStats))]
[JsonDerivedType(typeof(RTCAudioSourceStats))]
[JsonDerivedType(typeof(RTCVideoSourceStats))]
[JsonDerivedType(typeof(RTCPeerConnectionStats))]
[JsonDerivedType(typeof(RTCDataChannelStats))]
[JsonDerivedType(typeof(RTCTransportStats))]
[JsonDerivedType(typeof(RTCIceCandidatePairStats))]
[JsonDerivedType(typeof(RTCIceCandidateStats))]
[JsonDerivedType(typeof(RTCCertificateStats))]
public abstract record RTCStats
{
    /// <summary>What is measured, unique within a report and the same in later ones.</summary>
    [JsonPropertyName("id")]
    public required string Id { get; init; }

    /// <summary>The kind of statistics.</summary>
    [JsonPropertyName("type")]
    public abstract RTCStatsType Type { get; }

    /// <summary>When it was measured, in milliseconds since 1970; of what the peer reports, when the report arrived.</summary>
    [JsonPropertyName("timestamp")]
    public required double Timestamp { get; init; }

    /// <summary>The ids of the statistics that these refer to; null for those that are absent.</summary>
    internal virtual IEnumerable<string?> References => [];
}
