using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>How far checking a pair of candidates has come (webrtc-stats §8.19.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCStatsIceCandidatePairState>))]
public enum RTCStatsIceCandidatePairState
{
    /// <summary>"frozen": It waits for another pair of its foundation.</summary>
    Frozen,

    /// <summary>"waiting": It is to be checked.</summary>
    Waiting,

    /// <summary>"in-progress": It is being checked.</summary>
    InProgress,

    /// <summary>"failed": It does not work.</summary>
    Failed,

    /// <summary>"succeeded": It works.</summary>
    Succeeded,
}
