namespace WebRtcStack;

/// <summary>Options of offers and answers (webrtc-pc §4.2.6.1).</summary>
public abstract record RTCOfferAnswerOptions
{
    private protected RTCOfferAnswerOptions() { }

    /// <summary>Accepted and without effect, as in browsers: whether pauses are sent as such is the application's encoder's business.</summary>
    public bool VoiceActivityDetection { get; init; } = true;
}

/// <summary>Options of an offer (webrtc-pc §4.2.6.2, §4.4.3.2).</summary>
public sealed record RTCOfferOptions : RTCOfferAnswerOptions
{
    /// <summary>Whether ICE starts anew with fresh credentials.</summary>
    public bool IceRestart { get; init; }

    /// <summary>True adds a transceiver that receives audio if none does; false stops all of audio from receiving; null changes nothing.</summary>
    [Obsolete("Use AddTransceiver(MediaKind.Audio), or the direction of a transceiver.")]
    public bool? OfferToReceiveAudio { get; init; }

    /// <summary>The same for video.</summary>
    [Obsolete("Use AddTransceiver(MediaKind.Video), or the direction of a transceiver.")]
    public bool? OfferToReceiveVideo { get; init; }
}

/// <summary>Options of an answer (webrtc-pc §4.2.6): those of both.</summary>
public sealed record RTCAnswerOptions : RTCOfferAnswerOptions;
