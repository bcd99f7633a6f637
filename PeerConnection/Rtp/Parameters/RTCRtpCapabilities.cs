using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>What can be sent or received of a kind of media (webrtc-pc §5.2.12).</summary>
public sealed record RTCRtpCapabilities
{
    /// <summary>The codecs; one entry stands for all retransmission (RFC 4588).</summary>
    [JsonPropertyName("codecs")]
    public IReadOnlyList<RTCRtpCodec> Codecs { get; init; } = [];

    /// <summary>The RTP header extensions.</summary>
    [JsonPropertyName("headerExtensions")]
    public IReadOnlyList<RTCRtpHeaderExtensionCapability> HeaderExtensions { get; init; } = [];

    internal static RTCRtpCapabilities Of(MediaKind kind)
    {
        List<RTCRtpCodec> codecs = [];
        foreach (Sdp.SdpCodec codec in MediaCapabilities.Codecs(kind))
        {
            RTCRtpCodec capability = RTCRtpCodec.Of(kind, codec);
            if (!codecs.Contains(capability)) codecs.Add(capability);
        }
        if (MediaCapabilities.HasRetransmission(kind)) codecs.Add(RTCRtpCodec.Of(kind, MediaCapabilities.RetransmissionOf(MediaCapabilities.Codecs(kind)[0], 0)) with { SdpFmtpLine = null });
        return new RTCRtpCapabilities { Codecs = codecs, HeaderExtensions = ExtensionsOf(kind) };
    }

    /// <summary>[[HeaderExtensionsToNegotiate]] of a kind's first transceiver (webrtc-extensions §5.1).</summary>
    internal static IReadOnlyList<RTCRtpHeaderExtensionCapability> ExtensionsOf(MediaKind kind) =>
        [.. WebRtcStack.HeaderExtensions.Supported(kind).Select(uri => new RTCRtpHeaderExtensionCapability { Uri = uri, Direction = WebRtcStack.HeaderExtensions.DefaultDirection(uri) })];
}
