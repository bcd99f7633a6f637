namespace WebRtcStack;

/// <summary>An error of the transport or of a description (webrtc-pc §11.1).</summary>
public sealed class RTCError : DOMException
{
    /// <summary>Creates an error.</summary>
    public RTCError(RTCErrorDetailType errorDetail, string message) : base("OperationError", message) => ErrorDetail = errorDetail;

    /// <summary>What the error is about.</summary>
    public RTCErrorDetailType ErrorDetail { get; }

    /// <summary>With <see cref="RTCErrorDetailType.SdpSyntaxError"/>, the number of the line, from 1.</summary>
    public int? SdpLineNumber { get; init; }

    /// <summary>With <see cref="RTCErrorDetailType.SctpFailure"/>, the cause code (RFC 9260 §3.3.10).</summary>
    public int? SctpCauseCode { get; init; }

    /// <summary>The DTLS alert that was received (RFC 8446 §6).</summary>
    public uint? ReceivedAlert { get; init; }

    /// <summary>The DTLS alert that was sent.</summary>
    public uint? SentAlert { get; init; }
}
