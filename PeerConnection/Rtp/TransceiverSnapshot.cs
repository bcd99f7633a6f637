using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What a rollback restores of a transceiver.</summary>
internal sealed record TransceiverSnapshot(
    RTCRtpTransceiver Transceiver, string? Mid, int? MLineIndex, RTCRtpTransceiverDirection? CurrentDirection,
    IReadOnlyList<SdpCodec> Codecs, IReadOnlyList<MediaStream> ReceiverStreams, BundleTransport? Transport,
    IReadOnlyList<RTCRtpEncodingParameters> Encodings)
{
    public void Restore() => Transceiver.Restore(this);
}
