namespace WebRtcStack.Sdp;

/// <summary>A payload type of a media section with its rtpmap (RFC 8866 §6.6), fmtp (§6.15) and rtcp-fb lines (RFC 4585 §4.2).</summary>
public sealed record SdpCodec
{
    /// <summary>The RTP payload type, 0 to 127.</summary>
    public required byte PayloadType { get; init; }

    /// <summary>The encoding name, such as "opus"; compared without case.</summary>
    public required string Name { get; init; }

    /// <summary>The RTP clock rate in Hz.</summary>
    public required uint ClockRate { get; init; }

    /// <summary>Audio channels; 1 where the line names none.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>The format's parameters.</summary>
    public SdpFormatParameters Parameters { get; init; } = SdpFormatParameters.Empty;

    /// <summary>The feedback types of the payload type, such as "nack pli"; those given for all ("*") included.</summary>
    public IReadOnlyList<string> Feedback { get; init; } = [];

    /// <summary>For retransmission (RFC 4588 §8.6), the payload type that is repaired, or null.</summary>
    public byte? AssociatedPayloadType =>
        string.Equals(Name, "rtx", StringComparison.OrdinalIgnoreCase) ? RtxParameters.From(Parameters)?.AssociatedPayloadType : null;

    /// <summary>Whether the other is the same encoding, clock rate and channels; parameters are not looked at.</summary>
    public bool HasSameEncoding(SdpCodec other)
    {
        Core.Require.NotNull(other);
        return string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase) && ClockRate == other.ClockRate && Channels == other.Channels;
    }

    /// <summary>Adds the codec's format and lines to a section.</summary>
    public void AddTo(SdpMedia media)
    {
        Core.Require.NotNull(media);
        string type = SdpText.Format(PayloadType);
        media.Formats.Add(type);
        media.Attributes.Add("rtpmap", $"{type} {Name}/{SdpText.Format(ClockRate)}" + (Channels == 1 ? "" : "/" + SdpText.Format(Channels)));
        foreach (string feedback in Feedback) media.Attributes.Add("rtcp-fb", type + " " + feedback);
        if (Parameters.Text.Length > 0) media.Attributes.Add("fmtp", type + " " + Parameters.Text);
    }

    /// <summary>Equality of all that the lines say.</summary>
    public bool Equals(SdpCodec? other) => other is not null && PayloadType == other.PayloadType && HasSameEncoding(other) &&
        Parameters.Equals(other.Parameters) && System.Linq.Enumerable.SequenceEqual(Feedback, other.Feedback);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(PayloadType, ClockRate, Channels);

    internal static List<SdpCodec> Read(SdpMedia media)
    {
        List<SdpCodec> codecs = [];
        if (!media.IsRtp) return codecs;
        CodecLines[] lines = Gather(media);
        foreach (string format in media.Formats)
        {
            if (!SdpText.TryParseNumber(format.AsSpan(), 127, out int payloadType)) continue;
            CodecLines of = lines[payloadType];
            SdpCodec? codec = of.Map is { } map
                ? new SdpCodec { PayloadType = map.PayloadType, Name = map.Name, ClockRate = map.ClockRate, Channels = map.Channels }
                : StaticPayloadTypes.Find((byte)payloadType);
            if (codec is null) continue;                       // a dynamic type without rtpmap means nothing (RFC 8866 §6.6)
            codecs.Add(codec with { Parameters = of.Parameters ?? SdpFormatParameters.Empty, Feedback = of.Feedback is null ? [] : of.Feedback });
        }
        return codecs;
    }

    private struct CodecLines
    {
        public SdpRtpmap? Map;
        public SdpFormatParameters? Parameters;
        public List<string>? Feedback;
    }

    // One pass over the lines: sections of browsers have hundreds. The first line of a payload type counts.
    private static CodecLines[] Gather(SdpMedia media)
    {
        CodecLines[] lines = new CodecLines[128];
        foreach (SdpAttribute line in media.Attributes)
        {
            switch (line.Name)
            {
                case "rtpmap" when SdpRtpmap.TryParse(line.Value, out SdpRtpmap? map):
                    lines[map.PayloadType].Map ??= map;
                    break;
                case "fmtp" when SdpFmtp.TryParse(line.Value, out SdpFmtp? fmtp) && SdpText.TryParseNumber(fmtp.Format.AsSpan(), 127, out int type):
                    lines[type].Parameters ??= fmtp.Parameters;
                    break;
                case "rtcp-fb" when SdpRtcpFeedback.TryParse(line.Value, out SdpRtcpFeedback? feedback):
                    AddFeedback(media, lines, feedback);
                    break;
            }
        }
        return lines;
    }

    private static void AddFeedback(SdpMedia media, CodecLines[] lines, SdpRtcpFeedback feedback)
    {
        if (feedback.PayloadType is { } only)
        {
            (lines[only].Feedback ??= []).Add(feedback.Feedback);
            return;
        }
        foreach (string format in media.Formats)
        {
            if (SdpText.TryParseNumber(format.AsSpan(), 127, out int type)) (lines[type].Feedback ??= []).Add(feedback.Feedback);
        }
    }
}
