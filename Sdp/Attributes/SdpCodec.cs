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
        string.Equals(Name, "rtx", StringComparison.OrdinalIgnoreCase) && byte.TryParse(Parameters["apt"], out byte payloadType) ? payloadType : null;

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
        foreach (string format in media.Formats)
        {
            if (!SdpText.TryParseNumber(format.AsSpan(), 127, out int payloadType)) continue;
            SdpCodec? codec = ReadMap(media, format, (byte)payloadType) ?? StaticPayloadTypes.Find((byte)payloadType);
            if (codec is null) continue;                       // a dynamic type without rtpmap means nothing (RFC 8866 §6.6)
            codecs.Add(codec with { Parameters = ReadParameters(media, format), Feedback = ReadFeedback(media, format) });
        }
        return codecs;
    }

    private static SdpCodec? ReadMap(SdpMedia media, string format, byte payloadType)
    {
        foreach (string line in media.Attributes.All("rtpmap"))
        {
            ReadOnlySpan<char> fields = line.AsSpan();
            if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> type) || !type.SequenceEqual(format.AsSpan())) continue;
            string[] encoding = fields.Trim().ToString().Split('/');
            if (encoding.Length is < 2 or > 3 || !SdpText.TryParseNumber(encoding[1].AsSpan(), int.MaxValue, out int rate)) return null;
            int channels = 1;
            if (encoding.Length == 3 && !SdpText.TryParseNumber(encoding[2].AsSpan(), 255, out channels)) return null;
            return new SdpCodec { PayloadType = payloadType, Name = encoding[0], ClockRate = (uint)rate, Channels = channels };
        }
        return null;
    }

    private static SdpFormatParameters ReadParameters(SdpMedia media, string format)
    {
        foreach (string line in media.Attributes.All("fmtp"))
        {
            ReadOnlySpan<char> fields = line.AsSpan();
            if (SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> type) && type.SequenceEqual(format.AsSpan()))
                return new SdpFormatParameters(fields.ToString());
        }
        return SdpFormatParameters.Empty;
    }

    private static List<string> ReadFeedback(SdpMedia media, string format)
    {
        List<string> feedback = [];
        foreach (string line in media.Attributes.All("rtcp-fb"))
        {
            ReadOnlySpan<char> fields = line.AsSpan();
            if (SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> type) && (type.SequenceEqual(format.AsSpan()) || type.SequenceEqual("*".AsSpan())))
                feedback.Add(fields.Trim(' ').ToString());
        }
        return feedback;
    }
}
