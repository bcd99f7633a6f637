using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Source-generated JSON of the types that signalling carries, for trimmed and natively compiled applications.</summary>
[JsonSerializable(typeof(RTCSessionDescription))]
[JsonSerializable(typeof(RTCIceCandidate))]
[JsonSerializable(typeof(RTCIceCandidateInit))]
[JsonSerializable(typeof(RTCConfiguration))]
[JsonSerializable(typeof(RTCStatsReport))]
[JsonSerializable(typeof(RTCStats))]
public sealed partial class WebRtcJsonContext : JsonSerializerContext;
