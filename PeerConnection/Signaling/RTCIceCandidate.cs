using System.Text.Json.Serialization;
using WebRtcStack.Core;
using WebRtcStack.Ice;

namespace WebRtcStack;

/// <summary>A candidate (webrtc-pc §4.8.1). Its JSON is that of <see cref="RTCIceCandidateInit"/>.</summary>
public sealed class RTCIceCandidate
{
    private readonly IceCandidate? _parsed;

    /// <summary>Creates a candidate; fields that cannot be read from the attribute stay null (webrtc-pc §4.8.1).</summary>
    /// <exception cref="ArgumentException">Both the tag and the index of the media section are null.</exception>
    public RTCIceCandidate(RTCIceCandidateInit init)
    {
        Require.NotNull(init);
        if (init.SdpMid is null && init.SdpMLineIndex is null)
            throw new ArgumentException("A candidate names its media section: set SdpMid or SdpMLineIndex.", nameof(init));
        (Candidate, SdpMid, SdpMLineIndex) = (init.Candidate, init.SdpMid, init.SdpMLineIndex);
        if (init.Candidate.Length > 0 && IceCandidate.TryParse(init.Candidate, out IceCandidate? parsed, out _)) _parsed = parsed;
        UsernameFragment = init.UsernameFragment ?? _parsed?.UsernameFragment;
        if (init is RTCLocalIceCandidateInit local) (RelayProtocol, Url) = (local.RelayProtocol, local.Url);
    }

    /// <summary>The end of a generation's candidates (webrtc-pc §5.6).</summary>
    internal static RTCIceCandidate End(string mid, int index, string usernameFragment) =>
        new(new RTCIceCandidateInit { SdpMid = mid, SdpMLineIndex = (ushort)index, UsernameFragment = usernameFragment });

    internal RTCIceCandidate(IceCandidate candidate, string? mid, ushort index, string usernameFragment, string? url = null)
    {
        (_parsed, Url) = (candidate, url);
        RelayProtocol = candidate.RelayProtocol switch
        {
            TransportProtocol.Udp => RTCIceServerTransportProtocol.Udp,
            TransportProtocol.Tcp => RTCIceServerTransportProtocol.Tcp,
            TransportProtocol.Tls => RTCIceServerTransportProtocol.Tls,
            _ => null,
        };
        (Candidate, SdpMid, SdpMLineIndex, UsernameFragment) = (candidate.ToString(), mid, index, usernameFragment);
    }

    /// <summary>The candidate attribute (RFC 8839 §5.1): "candidate:..."; empty for the end of candidates.</summary>
    [JsonPropertyName("candidate")]
    public string Candidate { get; }

    /// <summary>The identification tag of the media section, or null.</summary>
    [JsonPropertyName("sdpMid")]
    public string? SdpMid { get; }

    /// <summary>The index of the media section, or null.</summary>
    [JsonPropertyName("sdpMLineIndex")]
    public ushort? SdpMLineIndex { get; }

    /// <summary>The user fragment of the generation that it belongs to, or null.</summary>
    [JsonPropertyName("usernameFragment")]
    public string? UsernameFragment { get; }

    /// <summary>The foundation: equal for candidates that share base, type, protocol and server.</summary>
    [JsonIgnore]
    public string? Foundation => _parsed?.Foundation;

    /// <summary>RTP or RTCP.</summary>
    [JsonIgnore]
    public RTCIceComponent? Component => _parsed is null ? null : _parsed.Component == IceComponent.Rtp ? RTCIceComponent.Rtp : RTCIceComponent.Rtcp;

    /// <summary>The priority (RFC 8445 §5.1.2).</summary>
    [JsonIgnore]
    public uint? Priority => _parsed?.Priority;

    /// <summary>The address, or the name when it is hidden behind one.</summary>
    [JsonIgnore]
    public string? Address => _parsed is null ? null : _parsed.HostName ?? _parsed.Address.ToIPAddress().ToString();

    /// <summary>The protocol.</summary>
    [JsonIgnore]
    public RTCIceProtocol? Protocol => _parsed is null ? null : _parsed.Protocol == TransportProtocol.Udp ? RTCIceProtocol.Udp : RTCIceProtocol.Tcp;

    /// <summary>The port.</summary>
    [JsonIgnore]
    public ushort? Port => _parsed?.Port;

    /// <summary>The type.</summary>
    [JsonIgnore]
    public RTCIceCandidateType? Type => _parsed?.Type switch
    {
        IceCandidateType.Host => RTCIceCandidateType.Host,
        IceCandidateType.ServerReflexive => RTCIceCandidateType.Srflx,
        IceCandidateType.PeerReflexive => RTCIceCandidateType.Prflx,
        IceCandidateType.Relayed => RTCIceCandidateType.Relay,
        _ => null,
    };

    /// <summary>The kind of a TCP candidate, or null.</summary>
    [JsonIgnore]
    public RTCIceTcpCandidateType? TcpType => _parsed?.TcpType switch
    {
        IceTcpType.Active => RTCIceTcpCandidateType.Active,
        IceTcpType.Passive => RTCIceTcpCandidateType.Passive,
        IceTcpType.SimultaneousOpen => RTCIceTcpCandidateType.So,
        _ => null,
    };

    /// <summary>The address that this one was derived from, or null.</summary>
    [JsonIgnore]
    public string? RelatedAddress => _parsed is { RelatedAddress.IsNone: false } candidate ? candidate.RelatedAddress.ToIPAddress().ToString() : null;

    /// <summary>The port that this one was derived from, or null.</summary>
    [JsonIgnore]
    public ushort? RelatedPort => _parsed is { RelatedAddress.IsNone: false } candidate ? candidate.RelatedAddress.Port : null;

    /// <summary>The protocol towards the TURN server that this local candidate is from, or null.</summary>
    [JsonIgnore]
    public RTCIceServerTransportProtocol? RelayProtocol { get; }

    /// <summary>The server that this local candidate is from, or null.</summary>
    [JsonIgnore]
    public string? Url { get; }

    /// <summary>The candidate as signalling carries it.</summary>
    public RTCIceCandidateInit ToJson() => new()
    {
        Candidate = Candidate, SdpMid = SdpMid, SdpMLineIndex = SdpMLineIndex, UsernameFragment = UsernameFragment,
    };
}
