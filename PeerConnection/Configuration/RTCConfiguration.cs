using System.Text.Json.Serialization;
using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>How a connection is made (webrtc-pc §4.2.1).</summary>
public sealed record RTCConfiguration
{
    /// <summary>STUN and TURN servers. Default: none.</summary>
    [JsonPropertyName("iceServers")]
    public IReadOnlyList<RTCIceServer> IceServers { get; init; } = [];

    /// <summary>Which candidates are used. Default: all.</summary>
    [JsonPropertyName("iceTransportPolicy")]
    public RTCIceTransportPolicy IceTransportPolicy { get; init; } = RTCIceTransportPolicy.All;

    /// <summary>How media sections share transports. Default: balanced.</summary>
    [JsonPropertyName("bundlePolicy")]
    public RTCBundlePolicy BundlePolicy { get; init; } = RTCBundlePolicy.Balanced;

    /// <summary>Whether RTCP may go by a transport of its own. Default: it may not.</summary>
    [JsonPropertyName("rtcpMuxPolicy")]
    public RTCRtcpMuxPolicy RtcpMuxPolicy { get; init; } = RTCRtcpMuxPolicy.Require;

    /// <summary>Whether RTP header extensions must be encrypted (webrtc-extensions §12.3). Default: negotiate.</summary>
    [JsonPropertyName("rtpHeaderEncryptionPolicy")]
    public RTCRtpHeaderEncryptionPolicy RtpHeaderEncryptionPolicy { get; init; } = RTCRtpHeaderEncryptionPolicy.Negotiate;

    /// <summary>The certificate to use. Default: none, one is made.</summary>
    [JsonIgnore]
    public IReadOnlyList<RTCCertificate> Certificates { get; init; } = [];

    /// <summary>Transports that gather before they are needed; the first media sections then take them. Each holds sockets and allocations of its own. Default 0; from 0 to 255.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    [JsonPropertyName("iceCandidatePoolSize")]
    public int IceCandidatePoolSize { get; init => field = Require.InRange(value, 0, 255); }

    /// <summary>Whether offers have a section for data channels from the start, as the first of all, before there is a channel (webrtc-extensions §15.1). Default false.</summary>
    [JsonPropertyName("alwaysNegotiateDataChannels")]
    public bool AlwaysNegotiateDataChannels { get; init; }
}
