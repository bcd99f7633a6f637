namespace WebRtcStack.Sdp;

/// <summary>An <c>a=rtpmap</c> line (RFC 8866 §6.6): what a payload type means.</summary>
/// <param name="PayloadType">0 to 127.</param>
/// <param name="Name">The encoding name; compared without case.</param>
/// <param name="ClockRate">The RTP clock rate in Hz.</param>
/// <param name="Parameters">What stands behind a second slash, which for audio is the number of channels; or null.</param>
public sealed record SdpRtpmap(byte PayloadType, string Name, uint ClockRate, string? Parameters = null)
{
    /// <summary>Audio channels; 1 where the line names none.</summary>
    public int Channels => SdpText.TryParseNumber(Parameters.AsSpan(), 255, out int channels) && channels > 0 ? channels : 1;

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpRtpmap? map)
    {
        map = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> type) || !SdpText.TryParseNumber(type, 127, out int payloadType)) return false;
        ReadOnlySpan<char> encoding = fields.Trim(' ');
        int slash = encoding.IndexOf('/');
        if (slash <= 0 || !SdpText.IsToken(encoding[..slash])) return false;
        ReadOnlySpan<char> rate = encoding[(slash + 1)..];
        int second = rate.IndexOf('/');
        if (!SdpText.TryParseNumber(second < 0 ? rate : rate[..second], int.MaxValue, out int clockRate) || clockRate == 0) return false;
        ReadOnlySpan<char> parameters = second < 0 ? default : rate[(second + 1)..];
        if (second >= 0 && !SdpText.TryParseNumber(parameters, 255, out _)) return false;
        map = new SdpRtpmap((byte)payloadType, encoding[..slash].ToString(), (uint)clockRate, second < 0 ? null : parameters.ToString());
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() =>
        $"{SdpText.Format(PayloadType)} {Name}/{SdpText.Format(ClockRate)}" + (Parameters is null ? "" : "/" + Parameters);
}

/// <summary>An <c>a=fmtp</c> line (RFC 8866 §6.15): parameters of a format.</summary>
/// <param name="Format">The format: a payload type for RTP.</param>
/// <param name="Parameters">Its parameters.</param>
public sealed record SdpFmtp(string Format, SdpFormatParameters Parameters)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpFmtp? fmtp)
    {
        ReadOnlySpan<char> fields = value.AsSpan();
        fmtp = SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> format) && SdpText.IsToken(format) && !fields.IsEmpty
            ? new SdpFmtp(format.ToString(), new SdpFormatParameters(fields.ToString()))
            : null;
        return fmtp is not null;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => Format + " " + Parameters.Text;
}
