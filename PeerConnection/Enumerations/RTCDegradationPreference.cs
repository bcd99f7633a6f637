using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>What an encoder gives up when there is too little bandwidth or processor time (mst-content-hint §5).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCDegradationPreference>))]
public enum RTCDegradationPreference
{
    /// <summary>"maintain-framerate": Resolution.</summary>
    MaintainFramerate,

    /// <summary>"maintain-resolution": Frame rate.</summary>
    MaintainResolution,

    /// <summary>"balanced": Some of both.</summary>
    Balanced,

    /// <summary>"maintain-framerate-and-resolution": Neither: frames are left out instead.</summary>
    MaintainFramerateAndResolution,
}
