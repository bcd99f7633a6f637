using System.Text.Json.Serialization;
using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>How media is sent or received (webrtc-pc §5.2.3). All of it is read-only: it is negotiated.</summary>
public abstract record RTCRtpParameters
{
    /// <summary>The header extensions that were negotiated.</summary>
    [JsonPropertyName("headerExtensions")]
    public IReadOnlyList<RTCRtpHeaderExtensionParameters> HeaderExtensions { get; init => field = Require.NotNull(value); } = [];

    /// <summary>RTCP.</summary>
    [JsonPropertyName("rtcp")]
    public RTCRtcpParameters Rtcp { get; init => field = Require.NotNull(value); } = new();

    /// <summary>The codecs that were negotiated, and what goes along with them.</summary>
    [JsonPropertyName("codecs")]
    public IReadOnlyList<RTCRtpCodecParameters> Codecs { get; init => field = Require.NotNull(value); } = [];
}

/// <summary>How a sender sends (webrtc-pc §5.2.4): taken with GetParameters, changed with a <c>with</c> expression, given to SetParametersAsync.</summary>
public sealed record RTCRtpSendParameters : RTCRtpParameters
{
    /// <summary>Names the transaction. Read-only: parameters can be set only on the ground of those that were given last.</summary>
    [JsonPropertyName("transactionId")]
    public required string TransactionId { get; init => field = Require.NotNull(value); }

    /// <summary>The encodings: one, or those of simulcast. Their number, order and rids cannot be changed.</summary>
    [JsonPropertyName("encodings")]
    public required IReadOnlyList<RTCRtpEncodingParameters> Encodings { get; init => field = Require.NotNull(value); }

    /// <summary>What the application's encoder is to give up first (mst-content-hint §5); null for what the track's ContentHint suggests.</summary>
    [JsonPropertyName("degradationPreference"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCDegradationPreference? DegradationPreference { get; init; }
}

/// <summary>How a receiver receives (webrtc-pc §5.2.5).</summary>
public sealed record RTCRtpReceiveParameters : RTCRtpParameters
{
    /// <summary>The encodings that the peer sends by rid (RFC 8853), when it sends simulcast; else none.</summary>
    [JsonPropertyName("encodings"), JsonIgnore]
    public IReadOnlyList<RTCRtpCodingParameters> Encodings { get; init => field = Require.NotNull(value); } = [];
}

/// <summary>RTCP as negotiated (webrtc-pc §5.2.8).</summary>
public sealed record RTCRtcpParameters
{
    /// <summary>The canonical name of our sources (RFC 3550 §6.5.1); null for a receiver.</summary>
    [JsonPropertyName("cname"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cname { get; init; }

    /// <summary>Whether packets may be smaller than compounds (RFC 5506).</summary>
    [JsonPropertyName("reducedSize")]
    public bool ReducedSize { get; init; }
}

/// <summary>What tells an encoding from others (webrtc-pc §5.2.6).</summary>
public record RTCRtpCodingParameters
{
    /// <summary>The rid by which packets of the encoding are told (RFC 8851), or null when there is but one. It is set with addTransceiver and then read-only.</summary>
    [JsonPropertyName("rid"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Rid { get; init; }
}

/// <summary>One encoding of what is sent (webrtc-pc §5.2.7).</summary>
/// <remarks>
/// Codecs are the application's, so that <see cref="MaxBitrate"/>, <see cref="MaxFramerate"/>, <see cref="ScaleResolutionDownBy"/>,
/// <see cref="ScaleResolutionDownTo"/>, <see cref="Ptime"/> and <see cref="Priority"/> tell its encoder what is wanted;
/// <see cref="Active"/> and <see cref="Codec"/> are carried out here.
/// </remarks>
public sealed record RTCRtpEncodingParameters : RTCRtpCodingParameters
{
    /// <summary>Whether the encoding is sent. What is written for one that is not is dropped; it keeps its source. Default true.</summary>
    [JsonPropertyName("active")]
    public bool Active { get; init; } = true;

    /// <summary>The codec of the encoding; frames of others are not sent. Null: any that was negotiated.</summary>
    [JsonPropertyName("codec"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCRtpCodec? Codec { get; init; }

    /// <summary>The highest bitrate in bit/s, counted as TIAS (RFC 3890 §6.2.2), or null.</summary>
    [JsonPropertyName("maxBitrate"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? MaxBitrate { get; init; }

    /// <summary>The highest frame rate in frames per second, or null. Video only; it is left away for audio.</summary>
    [JsonPropertyName("maxFramerate"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MaxFramerate { get; init; }

    /// <summary>By how much width and height are divided: 1 or more. Video only; it is left away for audio.</summary>
    [JsonPropertyName("scaleResolutionDownBy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ScaleResolutionDownBy { get; init; }

    /// <summary>The most pixels that frames may have; <see cref="ScaleResolutionDownBy"/> is then ignored (webrtc-extensions §6.1). Video only.</summary>
    [JsonPropertyName("scaleResolutionDownTo"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RTCResolutionRestriction? ScaleResolutionDownTo { get; init; }

    /// <summary>Milliseconds of audio in a packet, or null (webrtc-extensions §6.1).</summary>
    [JsonPropertyName("ptime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? Ptime { get; init; }

    /// <summary>Whether the duration of packets may change; <see cref="Ptime"/> is then not set (webrtc-extensions §6.1). Default false.</summary>
    [JsonPropertyName("adaptivePtime")]
    public bool AdaptivePtime { get; init; }

    /// <summary>The share of the bitrate that the encoding gets beside others (webrtc-priority §3). Default low.</summary>
    [JsonPropertyName("priority")]
    public RTCPriorityType Priority { get; init; } = RTCPriorityType.Low;
}

/// <summary>The most pixels of a frame, whichever way it is turned (webrtc-extensions §7).</summary>
public sealed record RTCResolutionRestriction
{
    /// <summary>Pixels across.</summary>
    [JsonPropertyName("maxWidth")]
    public uint MaxWidth { get; init; }

    /// <summary>Pixels down.</summary>
    [JsonPropertyName("maxHeight")]
    public uint MaxHeight { get; init; }
}

/// <summary>Options of SetParametersAsync (webrtc-pc §5.2.14, webrtc-extensions §8).</summary>
public sealed record RTCSetParameterOptions
{
    /// <summary>What is asked for once, for each of the encodings in their order; none for nothing. Audio has no use for it.</summary>
    [JsonPropertyName("encodingOptions")]
    public IReadOnlyList<RTCEncodingOptions> EncodingOptions { get; init => field = Require.NotNull(value); } = [];
}

/// <summary>What is asked of an encoder once (webrtc-extensions §8.2).</summary>
public sealed record RTCEncodingOptions
{
    /// <summary>Whether a key frame is wanted: the track raises <see cref="LocalMediaStreamTrack.OnKeyFrameRequested"/>, or the peer whose track it is gets asked.</summary>
    [JsonPropertyName("keyFrame")]
    public bool KeyFrame { get; init; }
}
