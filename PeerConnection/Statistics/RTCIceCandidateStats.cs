using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A candidate of either side (webrtc-stats §8.18).</summary>
public sealed record RTCIceCandidateStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => IsRemote ? RTCStatsType.RemoteCandidate : RTCStatsType.LocalCandidate;

    /// <summary>Whether it is the peer's.</summary>
    [JsonIgnore]
    public bool IsRemote { get; init; }

    /// <summary>The id of the transport.</summary>
    [JsonPropertyName("transportId")]
    public required string TransportId { get; init; }

    /// <summary>The address, or the name that it hides behind; absent for one of the peer that was not signalled.</summary>
    [JsonPropertyName("address"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    /// <summary>The port.</summary>
    [JsonPropertyName("port"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ushort? Port { get; init; }

    /// <summary>The protocol.</summary>
    [JsonPropertyName("protocol"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCIceProtocol? Protocol { get; init; }

    /// <summary>The type.</summary>
    [JsonPropertyName("candidateType")]
    public required RTCIceCandidateType CandidateType { get; init; }

    /// <summary>The priority (RFC 8445 §5.1.2).</summary>
    [JsonPropertyName("priority"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? Priority { get; init; }

    /// <summary>The foundation.</summary>
    [JsonPropertyName("foundation"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Foundation { get; init; }

    /// <summary>The address that it was derived from.</summary>
    [JsonPropertyName("relatedAddress"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RelatedAddress { get; init; }

    /// <summary>The port that it was derived from.</summary>
    [JsonPropertyName("relatedPort"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ushort? RelatedPort { get; init; }

    /// <summary>The user fragment of its generation.</summary>
    [JsonPropertyName("usernameFragment"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UsernameFragment { get; init; }

    /// <summary>The kind of a TCP candidate.</summary>
    [JsonPropertyName("tcpType"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCIceTcpCandidateType? TcpType { get; init; }

    /// <summary>The server that a local candidate is from.</summary>
    [JsonPropertyName("url"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Url { get; init; }

    /// <summary>The protocol towards the TURN server that a local candidate is from.</summary>
    [JsonPropertyName("relayProtocol"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCIceServerTransportProtocol? RelayProtocol { get; init; }

    internal override IEnumerable<string?> References => [TransportId];
}
