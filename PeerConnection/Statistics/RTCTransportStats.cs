using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Statistics of an ICE and DTLS transport, which bundled media sections and data channels share (webrtc-stats §8.17).</summary>
public sealed record RTCTransportStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.Transport;

    /// <summary>Packets sent over the transport, connectivity checks not among them.</summary>
    [JsonPropertyName("packetsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PacketsSent { get; init; }

    /// <summary>Packets received over the transport, connectivity checks not among them.</summary>
    [JsonPropertyName("packetsReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PacketsReceived { get; init; }

    /// <summary>Bytes of the packets sent, without IP and UDP headers.</summary>
    [JsonPropertyName("bytesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesSent { get; init; }

    /// <summary>Bytes of the packets received, without IP and UDP headers.</summary>
    [JsonPropertyName("bytesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesReceived { get; init; }

    /// <summary>The id of the transport of RTCP where that is not multiplexed with RTP; null where it is. No longer in webrtc-stats.</summary>
    [JsonPropertyName("rtcpTransportStatsId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RtcpTransportStatsId { get; init; }

    /// <summary>Whether this side chooses the pair.</summary>
    [JsonPropertyName("iceRole"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCIceRole? IceRole { get; init; }

    /// <summary>The user fragment of this side.</summary>
    [JsonPropertyName("iceLocalUsernameFragment"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IceLocalUsernameFragment { get; init; }

    /// <summary>How far DTLS has come.</summary>
    [JsonPropertyName("dtlsState")]
    public required RTCDtlsTransportState DtlsState { get; init; }

    /// <summary>How far ICE has come.</summary>
    [JsonPropertyName("iceState"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCIceTransportState? IceState { get; init; }

    /// <summary>The id of the pair in use; see <see cref="RTCIceCandidatePairStats"/>.</summary>
    [JsonPropertyName("selectedCandidatePairId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SelectedCandidatePairId { get; init; }

    /// <summary>The id of the certificate of this side.</summary>
    [JsonPropertyName("localCertificateId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LocalCertificateId { get; init; }

    /// <summary>The id of the certificate of the peer.</summary>
    [JsonPropertyName("remoteCertificateId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RemoteCertificateId { get; init; }

    /// <summary>The DTLS version in four hexadecimal digits: FEFD for 1.2, FEFC for 1.3.</summary>
    [JsonPropertyName("tlsVersion"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TlsVersion { get; init; }

    /// <summary>The name of the cipher suite (IANA).</summary>
    [JsonPropertyName("dtlsCipher"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DtlsCipher { get; init; }

    /// <summary>The group of the key exchange (IANA), for example X25519MLKEM768. Not in webrtc-stats.</summary>
    [JsonPropertyName("dtlsGroup"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DtlsGroup { get; init; }

    /// <summary>Whether this side is client or server; "unknown" before that is negotiated.</summary>
    [JsonPropertyName("dtlsRole"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCDtlsRole? DtlsRole { get; init; }

    /// <summary>The name of the SRTP protection profile (IANA).</summary>
    [JsonPropertyName("srtpCipher"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SrtpCipher { get; init; }

    /// <summary>How often the pair in use has changed; the first one counts.</summary>
    [JsonPropertyName("selectedCandidatePairChanges"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SelectedCandidatePairChanges { get; init; }

    /// <summary>Congestion control feedback of RFC 8888 sent; null where it is not negotiated.</summary>
    [JsonPropertyName("ccfbMessagesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? CcfbMessagesSent { get; init; }

    /// <summary>Congestion control feedback of RFC 8888 received; null where it is not negotiated.</summary>
    [JsonPropertyName("ccfbMessagesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? CcfbMessagesReceived { get; init; }

    internal override IEnumerable<string?> References => [RtcpTransportStatsId, SelectedCandidatePairId, LocalCertificateId, RemoteCertificateId];
}
