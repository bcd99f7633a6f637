namespace WebRtcStack.Sdp;

/// <summary>Why a session description was refused, and where.</summary>
/// <param name="Line">The number of the offending line, from 1.</param>
/// <param name="Reason">What is wrong with it, as a sentence.</param>
/// <param name="Text">The line itself, cut to 120 characters.</param>
public sealed record SdpError(int Line, string Reason, string Text)
{
    private const int MaxText = 120;

    /// <summary>"line 7: ... ("m=audio x")".</summary>
    public override string ToString() => $"line {Line}: {Reason} (\"{Text}\")";

    internal static string Shorten(string line) => line.Length <= MaxText ? line : line[..(MaxText - 3)] + "...";
}
