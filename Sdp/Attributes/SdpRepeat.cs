namespace WebRtcStack.Sdp;

/// <summary>An <c>r=</c> line (RFC 8866 §5.10): when a session takes place again.</summary>
/// <param name="Interval">The time from one to the next.</param>
/// <param name="Duration">How long each takes.</param>
/// <param name="Offsets">When they start within the interval.</param>
public sealed record SdpRepeat(TimeSpan Interval, TimeSpan Duration, IReadOnlyList<TimeSpan> Offsets)
{
    /// <summary>Reads the line without "r="; times are seconds, or have a unit d, h, m or s.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpRepeat? repeat)
    {
        repeat = null;
        string[] fields = SdpText.Fields(value);
        if (fields.Length < 3) return false;
        TimeSpan[] times = new TimeSpan[fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            if (!TryParseTime(fields[i].AsSpan(), out times[i])) return false;
        }
        repeat = new SdpRepeat(times[0], times[1], new ArraySegment<TimeSpan>(times, 2, times.Length - 2));
        return true;
    }

    /// <summary>The line without "r=", in seconds.</summary>
    public override string ToString() =>
        string.Join(" ", Offsets.Prepend(Duration).Prepend(Interval).Select(time => SdpText.Format((long)time.TotalSeconds)));

    /// <summary>Equality of all times.</summary>
    public bool Equals(SdpRepeat? other) => other is not null && Interval == other.Interval && Duration == other.Duration && Offsets.SequenceEqual(other.Offsets);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Interval, Duration, Offsets.Count);

    /// <summary>Reads a time of <c>r=</c> and <c>z=</c> lines: a number, with a minus for z=, and a unit.</summary>
    internal static bool TryParseTime(ReadOnlySpan<char> text, out TimeSpan time)
    {
        time = default;
        bool isNegative = !text.IsEmpty && text[0] == '-';
        if (isNegative) text = text[1..];
        if (text.IsEmpty) return false;
        int unit = text[^1] switch { 'd' => 86_400, 'h' => 3_600, 'm' => 60, _ => 1 };
        if (text[^1] is 'd' or 'h' or 'm' or 's') text = text[..^1];
        if (!SdpText.TryParseNumber(text, int.MaxValue, out int number)) return false;
        time = TimeSpan.FromSeconds((double)number * unit * (isNegative ? -1 : 1));
        return true;
    }
}

/// <summary>An adjustment of a <c>z=</c> line (RFC 8866 §5.11): from a moment on, times of repetition are shifted.</summary>
/// <param name="Time">When it starts, in seconds since 1900.</param>
/// <param name="Offset">By how much times are shifted.</param>
public sealed record SdpTimeZoneAdjustment(ulong Time, TimeSpan Offset)
{
    /// <summary>Reads the line without "z=".</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out IReadOnlyList<SdpTimeZoneAdjustment>? adjustments)
    {
        adjustments = null;
        string[] fields = SdpText.Fields(value);
        if (fields.Length == 0 || fields.Length % 2 != 0) return false;
        List<SdpTimeZoneAdjustment> read = [];
        for (int i = 0; i < fields.Length; i += 2)
        {
            if (!SdpText.TryParseNumber(fields[i].AsSpan(), out ulong time) || !SdpRepeat.TryParseTime(fields[i + 1].AsSpan(), out TimeSpan offset)) return false;
            read.Add(new SdpTimeZoneAdjustment(time, offset));
        }
        adjustments = read;
        return true;
    }

    /// <summary>As the line has it, in seconds.</summary>
    public override string ToString() => $"{Time.ToString(System.Globalization.CultureInfo.InvariantCulture)} {SdpText.Format((long)Offset.TotalSeconds)}";
}
