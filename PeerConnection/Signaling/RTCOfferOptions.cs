namespace WebRtcStack;

/// <summary>Options of an offer (webrtc-pc §4.2.7).</summary>
public sealed record RTCOfferOptions
{
    /// <summary>Whether ICE starts anew with fresh credentials.</summary>
    public bool IceRestart { get; init; }
}

/// <summary>Options of an answer (webrtc-pc §4.2.7); it has none.</summary>
public sealed record RTCAnswerOptions;
