namespace WebRtcStack.Sdp;

/// <summary>Reads and writes named parameters; a value that is missing, malformed or out of range means the default, as peers expect.</summary>
internal static class FormatParameterFields
{
    public static int? Number(this SdpFormatParameters parameters, string name, int minimum = 0, int maximum = int.MaxValue) =>
        SdpText.TryParseNumber(parameters[name].AsSpan(), maximum, out int number) && number >= minimum ? number : null;

    public static bool Flag(this SdpFormatParameters parameters, string name) => parameters[name] == "1";

    /// <summary>Adds a parameter unless it has its default, which need not be said.</summary>
    public static void Add(this List<string> fields, string name, int? value, int? otherwise = null)
    {
        if (value is { } number && value != otherwise) fields.Add(name + "=" + SdpText.Format(number));
    }

    public static void Add(this List<string> fields, string name, bool value)
    {
        if (value) fields.Add(name + "=1");
    }

    public static void Add(this List<string> fields, string name, string? value)
    {
        if (value is not null) fields.Add(name + "=" + value);
    }

    public static SdpFormatParameters Join(this List<string> fields) => new(string.Join(";", fields));
}
