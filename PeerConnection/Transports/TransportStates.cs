using WebRtcStack.Dtls;
using WebRtcStack.Ice;

namespace WebRtcStack;

/// <summary>The layers' states by their W3C names.</summary>
internal static class TransportStates
{
    public static RTCIceTransportState ToW3C(this IceConnectionState state) => state switch
    {
        IceConnectionState.New => RTCIceTransportState.New,
        IceConnectionState.Checking => RTCIceTransportState.Checking,
        IceConnectionState.Connected => RTCIceTransportState.Connected,
        IceConnectionState.Completed => RTCIceTransportState.Completed,
        IceConnectionState.Disconnected => RTCIceTransportState.Disconnected,
        IceConnectionState.Failed => RTCIceTransportState.Failed,
        _ => RTCIceTransportState.Closed,
    };

    public static RTCDtlsTransportState ToW3C(this DtlsState state) => state switch
    {
        DtlsState.New => RTCDtlsTransportState.New,
        DtlsState.Connecting => RTCDtlsTransportState.Connecting,
        DtlsState.Connected => RTCDtlsTransportState.Connected,
        DtlsState.Closed => RTCDtlsTransportState.Closed,
        _ => RTCDtlsTransportState.Failed,
    };
}
