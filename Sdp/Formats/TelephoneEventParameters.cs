namespace WebRtcStack.Sdp;

/// <summary>The parameters of telephone-event (RFC 4733 §7.1.1): the events that the writer takes.</summary>
/// <param name="Events">The numbers of the events, ascending, 0 to 255.</param>
public sealed record TelephoneEventParameters(IReadOnlyList<byte> Events)
{
    /// <summary>0 to 15, the keys of a telephone: what holds when the parameter is missing (RFC 4733 §7.1.1).</summary>
    public static TelephoneEventParameters Dtmf { get; } = new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

    /// <summary>Reads "0-15,66", with or without "events=" in front; anything else means <see cref="Dtmf"/>.</summary>
    public static TelephoneEventParameters From(SdpFormatParameters parameters)
    {
        string list = Core.Require.NotNull(parameters)["events"] ?? parameters.Text;
        SortedSet<byte> events = [];
        foreach (string range in list.Split(','))
        {
            ReadOnlySpan<char> text = range.AsSpan().Trim();
            int dash = text.IndexOf('-');
            if (!SdpText.TryParseNumber(dash < 0 ? text : text[..dash], 255, out int first)) return Dtmf;
            int last = first;
            if (dash >= 0 && !SdpText.TryParseNumber(text[(dash + 1)..], 255, out last)) return Dtmf;
            for (int number = first; number <= last; number++) events.Add((byte)number);
        }
        return events.Count == 0 ? Dtmf : new TelephoneEventParameters([.. events]);
    }

    /// <summary>The parameters as a line has them: ranges parted by commas.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> ranges = [];
        for (int i = 0; i < Events.Count;)
        {
            int last = i;
            while (last + 1 < Events.Count && Events[last + 1] == Events[last] + 1) last++;
            ranges.Add(SdpText.Format(Events[i]) + (last == i ? "" : "-" + SdpText.Format(Events[last])));
            i = last + 1;
        }
        return new SdpFormatParameters(string.Join(",", ranges));
    }

    /// <summary>Equality of the events.</summary>
    public bool Equals(TelephoneEventParameters? other) => other is not null && Events.SequenceEqual(other.Events);

    /// <inheritdoc/>
    public override int GetHashCode() => Events.Count;
}
