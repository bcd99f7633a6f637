using System.Text.Json.Serialization;
using WebRtcStack.Core;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>A codec (webrtc-pc §5.2.10).</summary>
public record RTCRtpCodec
{
    /// <summary>Type and subtype, such as "video/VP8"; compared without case.</summary>
    [JsonPropertyName("mimeType")]
    public required string MimeType { get; init => field = Require.NotNull(value); }

    /// <summary>The RTP clock rate in Hz.</summary>
    [JsonPropertyName("clockRate")]
    public required uint ClockRate { get; init; }

    /// <summary>The largest number of audio channels; null for video.</summary>
    [JsonPropertyName("channels"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ushort? Channels { get; init; }

    /// <summary>The format's parameters as the a=fmtp line has them, or null.</summary>
    [JsonPropertyName("sdpFmtpLine"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SdpFmtpLine { get; init; }

    /// <summary>The subtype of <see cref="MimeType"/>.</summary>
    internal string Name => MimeType[(MimeType.IndexOf('/') + 1)..];

    /// <summary>Whether it carries media of its own, and not what repairs, fills or goes along with others'.</summary>
    internal bool IsMedia => !CodecPreferences.IsHelper(Name);

    internal static RTCRtpCodec Of(MediaKind kind, SdpCodec codec) => new()
    {
        MimeType = $"{kind.ToW3CString()}/{codec.Name}", ClockRate = codec.ClockRate, Channels = kind == MediaKind.Audio ? (ushort)codec.Channels : null,
        SdpFmtpLine = codec.Parameters.Text.Length > 0 ? codec.Parameters.Text : null,
    };

    internal SdpCodec ToSdp() => new()
    {
        PayloadType = 0, Name = Name, ClockRate = ClockRate, Channels = Channels ?? 1, Parameters = new SdpFormatParameters(SdpFmtpLine ?? ""),
    };

    /// <summary>The codec dictionary match algorithm (webrtc-pc §5.4.2, setCodecPreferences).</summary>
    /// <param name="other">The codec to compare with.</param>
    /// <param name="ignoreAsymmetricalParameters">Whether parameters that each side chooses for itself may differ.</param>
    internal bool Matches(RTCRtpCodec other, bool ignoreAsymmetricalParameters = false)
    {
        if (!string.Equals(MimeType, other.MimeType, StringComparison.OrdinalIgnoreCase) || ClockRate != other.ClockRate || Channels != other.Channels) return false;
        if (SdpFmtpLine is null || other.SdpFmtpLine is null) return SdpFmtpLine is null && other.SdpFmtpLine is null;
        SdpFormatParameters first = new(SdpFmtpLine), second = new(other.SdpFmtpLine);
        if (first.Any(parameter => parameter.Value is null) || second.Any(parameter => parameter.Value is null)) return SdpFmtpLine == other.SdpFmtpLine;
        if (!MediaCapabilities.IsSame(ToSdp(), other.ToSdp())) return false;
        return ignoreAsymmetricalParameters || (first.Count == second.Count &&
            first.All(parameter => string.Equals(second[parameter.Key], parameter.Value, StringComparison.OrdinalIgnoreCase)));
    }
}

/// <summary>A codec that was negotiated (webrtc-pc §5.2.11).</summary>
public sealed record RTCRtpCodecParameters : RTCRtpCodec
{
    /// <summary>The RTP payload type.</summary>
    [JsonPropertyName("payloadType")]
    public required byte PayloadType { get; init; }

    internal static new RTCRtpCodecParameters Of(MediaKind kind, SdpCodec codec)
    {
        RTCRtpCodec plain = RTCRtpCodec.Of(kind, codec);
        return new RTCRtpCodecParameters
        {
            MimeType = plain.MimeType, ClockRate = plain.ClockRate, Channels = plain.Channels, SdpFmtpLine = plain.SdpFmtpLine, PayloadType = codec.PayloadType,
        };
    }
}
