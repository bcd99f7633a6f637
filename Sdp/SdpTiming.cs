namespace WebRtcStack.Sdp;

/// <summary>A <c>t=</c> line with the <c>r=</c> lines behind it (RFC 8866 §5.9, §5.10).</summary>
/// <param name="Start">Seconds since 1900, 0 for a session without bounds.</param>
/// <param name="Stop">Seconds since 1900, 0 for a session without end.</param>
public sealed record SdpTiming(ulong Start, ulong Stop)
{
    /// <summary>The <c>r=</c> lines without "r=", verbatim.</summary>
    public IReadOnlyList<string> Repeats { get; init; } = [];

    /// <summary>The line without "t=".</summary>
    public override string ToString() => FormattableString.Invariant($"{Start} {Stop}");
}
