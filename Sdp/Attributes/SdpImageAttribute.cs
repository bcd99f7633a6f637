namespace WebRtcStack.Sdp;

/// <summary>An <c>a=imageattr</c> line (RFC 6236 §3.1): the picture sizes that a side sends and receives.</summary>
/// <param name="PayloadType">The payload type; null for all of the section ("*").</param>
public sealed record SdpImageAttribute(byte? PayloadType)
{
    /// <summary>Sets for what the writer sends, in order; empty when it does not say. Null stands for "*": any size.</summary>
    public IReadOnlyList<string>? Send { get; init; } = [];

    /// <summary>Sets for what the writer receives, in order; empty when it does not say. Null stands for "*": any size.</summary>
    public IReadOnlyList<string>? Receive { get; init; } = [];

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpImageAttribute? attribute)
    {
        attribute = null;
        string[] fields = SdpText.Fields(value);
        if (fields.Length < 3) return false;
        int payloadType = 0;
        if (fields[0] != "*" && !SdpText.TryParseNumber(fields[0].AsSpan(), 127, out payloadType)) return false;
        SdpImageAttribute read = new(fields[0] == "*" ? null : (byte)payloadType);
        for (int i = 1; i < fields.Length;)
        {
            bool isSend = fields[i] == "send";
            if (!isSend && fields[i] != "recv") return false;
            IReadOnlyList<string>? already = isSend ? read.Send : read.Receive;
            if (already is not { Count: 0 } || !TryTakeSets(fields, ref i, out List<string>? sets)) return false;
            read = isSend ? read with { Send = sets } : read with { Receive = sets };
        }
        attribute = read;
        return true;
    }

    /// <summary>The width or height, in pixels, that a set names as one number: "[x=800,y=640]"; null for ranges and lists.</summary>
    /// <param name="set">A set with its brackets.</param>
    /// <param name="axis">"x" or "y".</param>
    public static int? GetSize(string set, string axis)
    {
        foreach (string part in Core.Require.NotNull(set).Trim('[', ']').Split(','))
        {
            if (part.StartsWith(axis + "=", StringComparison.Ordinal) && SdpText.TryParseNumber(part.AsSpan(axis.Length + 1), 65535, out int size)) return size;
        }
        return null;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => (PayloadType is { } type ? SdpText.Format(type) : "*") + Format(" send ", Send) + Format(" recv ", Receive);

    /// <summary>Equality of all that the line says.</summary>
    public bool Equals(SdpImageAttribute? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(PayloadType, Send?.Count, Receive?.Count);

    private static bool TryTakeSets(string[] fields, ref int i, out List<string>? sets)
    {
        sets = null;
        if (++i < fields.Length && fields[i] == "*")
        {
            i++;
            return true;
        }
        sets = [];
        for (; i < fields.Length && fields[i] is not ("send" or "recv"); i++)
        {
            string set = fields[i];
            if (set.Length < 3 || set[0] != '[' || set[^1] != ']' || set.IndexOf('=') < 0) return false;
            sets.Add(set);
        }
        return sets.Count > 0;
    }

    private static string Format(string direction, IReadOnlyList<string>? sets) =>
        sets is null ? direction + "*" : sets.Count == 0 ? "" : direction + string.Join(" ", sets);
}
