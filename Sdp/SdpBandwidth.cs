namespace WebRtcStack.Sdp;

/// <summary>A <c>b=</c> line (RFC 8866 §5.8).</summary>
/// <param name="Type">"CT", "AS" (kbit/s), "TIAS" (bit/s, RFC 3890), "RS", "RR" (bit/s, RFC 3556), or another.</param>
/// <param name="Value">The figure, in the unit of its type.</param>
public readonly record struct SdpBandwidth(string Type, ulong Value)
{
    /// <summary>The line without "b=".</summary>
    public override string ToString() => $"{Type}:{Value.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
}
