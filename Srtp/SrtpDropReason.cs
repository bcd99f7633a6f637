namespace WebRtcStack.Srtp;

/// <summary>Why a packet was dropped; counted in <see cref="SrtpUnprotector.GetDropCount"/>.</summary>
public enum SrtpDropReason
{
    /// <summary>It is no RTP or RTCP packet, or too short to be protected.</summary>
    Malformed,

    /// <summary>It was received before, or is older than the replay window.</summary>
    Replay,

    /// <summary>Its tag is wrong.</summary>
    AuthenticationFailed,

    /// <summary>It authenticates, but its SSRC is one more than <see cref="SrtpOptions.MaxStreams"/>.</summary>
    StreamLimit,

    /// <summary>Its master key identifier is not <see cref="SrtpOptions.Mki"/>.</summary>
    UnknownKey,
}
