using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The type of a session description (webrtc-pc §4.6.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCSdpType>))]
public enum RTCSdpType
{
    /// <summary>"offer": An offer.</summary>
    Offer,

    /// <summary>"pranswer": A provisional answer.</summary>
    PrAnswer,

    /// <summary>"answer": An answer.</summary>
    Answer,

    /// <summary>"rollback": Undoes the offer under way.</summary>
    Rollback,
}
