using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Directions of transceivers as SDP has them.</summary>
internal static class RtpDirections
{
    public static bool Sends(this RTCRtpTransceiverDirection direction) => direction is RTCRtpTransceiverDirection.SendRecv or RTCRtpTransceiverDirection.SendOnly;

    public static bool Receives(this RTCRtpTransceiverDirection direction) => direction is RTCRtpTransceiverDirection.SendRecv or RTCRtpTransceiverDirection.RecvOnly;

    public static SdpDirection ToSdp(this RTCRtpTransceiverDirection direction) => direction switch
    {
        RTCRtpTransceiverDirection.SendRecv => SdpDirection.SendRecv,
        RTCRtpTransceiverDirection.SendOnly => SdpDirection.SendOnly,
        RTCRtpTransceiverDirection.RecvOnly => SdpDirection.RecvOnly,
        _ => SdpDirection.Inactive,
    };

    public static RTCRtpTransceiverDirection ToRtp(this SdpDirection direction) => direction switch
    {
        SdpDirection.SendRecv => RTCRtpTransceiverDirection.SendRecv,
        SdpDirection.SendOnly => RTCRtpTransceiverDirection.SendOnly,
        SdpDirection.RecvOnly => RTCRtpTransceiverDirection.RecvOnly,
        _ => RTCRtpTransceiverDirection.Inactive,
    };
}
