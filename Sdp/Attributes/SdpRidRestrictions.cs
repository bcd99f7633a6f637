namespace WebRtcStack.Sdp;

/// <summary>What restricts a stream of <see cref="SdpRid"/> (RFC 8851 §5): its payload types and picture sizes.</summary>
/// <param name="parameters">The restrictions as they stand on the line.</param>
public sealed class SdpRidRestrictions(SdpFormatParameters parameters)
{
    /// <summary>All of them, those that are not known here included.</summary>
    public SdpFormatParameters Parameters { get; } = Core.Require.NotNull(parameters);

    /// <summary>The payload types that the stream may have ("pt"); empty for all of the section.</summary>
    public IReadOnlyList<byte> PayloadTypes
    {
        get
        {
            List<byte> types = [];
            foreach (string type in (Parameters["pt"] ?? "").Split(','))
            {
                if (SdpText.TryParseNumber(type.AsSpan(), 127, out int number)) types.Add((byte)number);
            }
            return types;
        }
    }

    /// <summary>The largest width in pixels, or null.</summary>
    public int? MaxWidth => Number("max-width");

    /// <summary>The largest height in pixels, or null.</summary>
    public int? MaxHeight => Number("max-height");

    /// <summary>The most pictures in a second, or null.</summary>
    public int? MaxFps => Number("max-fps");

    /// <summary>The most pixels of a picture, or null.</summary>
    public int? MaxFs => Number("max-fs");

    /// <summary>The highest rate in bit/s, or null.</summary>
    public int? MaxBr => Number("max-br");

    /// <summary>The most pixels in a second, or null.</summary>
    public int? MaxPps => Number("max-pps");

    /// <summary>The streams that this one depends on ("depend"); empty for none.</summary>
    public IReadOnlyList<string> Depends => Parameters["depend"] is { Length: > 0 } ids ? ids.Split(',') : [];

    private int? Number(string name) => SdpText.TryParseNumber(Parameters[name].AsSpan(), int.MaxValue, out int number) ? number : null;
}
