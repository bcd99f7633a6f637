using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of a track (mediacapture-main §4.3.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<MediaStreamTrackState>))]
public enum MediaStreamTrackState
{
    /// <summary>"live": It may give media.</summary>
    Live,

    /// <summary>"ended": It never will again.</summary>
    Ended,
}
