using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A codec that a stream is coded with (webrtc-stats §8.3).</summary>
public sealed record RTCCodecStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.Codec;

    /// <summary>The RTP payload type.</summary>
    [JsonPropertyName("payloadType")]
    public required byte PayloadType { get; init; }

    /// <summary>The id of the transport it is used on.</summary>
    [JsonPropertyName("transportId")]
    public required string TransportId { get; init; }

    /// <summary>The media type: "audio/opus".</summary>
    [JsonPropertyName("mimeType")]
    public required string MimeType { get; init; }

    /// <summary>The RTP clock rate in Hz.</summary>
    [JsonPropertyName("clockRate"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? ClockRate { get; init; }

    /// <summary>Audio channels.</summary>
    [JsonPropertyName("channels"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Channels { get; init; }

    /// <summary>The format parameters as the description has them.</summary>
    [JsonPropertyName("sdpFmtpLine"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SdpFmtpLine { get; init; }

    internal override IEnumerable<string?> References => [TransportId];
}
