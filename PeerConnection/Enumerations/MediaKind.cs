using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Audio or video (mediacapture-main §4.3.3).</summary>
[JsonConverter(typeof(W3CEnumConverter<MediaKind>))]
public enum MediaKind
{
    /// <summary>"audio": Audio.</summary>
    Audio,

    /// <summary>"video": Video.</summary>
    Video,
}
