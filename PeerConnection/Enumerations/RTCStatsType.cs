using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The kind of statistics (webrtc-stats §6.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCStatsType>))]
public enum RTCStatsType
{
    /// <summary>"codec": A codec.</summary>
    Codec,

    /// <summary>"inbound-rtp": A stream from the peer.</summary>
    InboundRtp,

    /// <summary>"outbound-rtp": A stream to the peer.</summary>
    OutboundRtp,

    /// <summary>"remote-inbound-rtp": A stream to the peer, as the peer reports it.</summary>
    RemoteInboundRtp,

    /// <summary>"remote-outbound-rtp": A stream from the peer, as the peer reports it.</summary>
    RemoteOutboundRtp,

    /// <summary>"media-source": A track that is sent.</summary>
    MediaSource,

    /// <summary>"peer-connection": The connection as a whole.</summary>
    PeerConnection,

    /// <summary>"data-channel": A data channel.</summary>
    DataChannel,

    /// <summary>"transport": A transport.</summary>
    Transport,

    /// <summary>"candidate-pair": A pair of candidates.</summary>
    CandidatePair,

    /// <summary>"local-candidate": A candidate of this side.</summary>
    LocalCandidate,

    /// <summary>"remote-candidate": A candidate of the peer.</summary>
    RemoteCandidate,

    /// <summary>"certificate": A certificate.</summary>
    Certificate,
}
