namespace WebRtcStack.Sdp;

/// <summary>A <c>c=</c> line (RFC 8866 §5.7).</summary>
/// <param name="NetworkType">"IN".</param>
/// <param name="AddressType">"IP4" or "IP6".</param>
/// <param name="Address">The address; with TTL or count behind slashes when it is multicast.</param>
public sealed record SdpConnection(string NetworkType, string AddressType, string Address)
{
    /// <summary>"IN IP4 0.0.0.0": the address is not known or of no meaning, as with trickle ICE (RFC 8840 §4.1.1).</summary>
    public static SdpConnection Unspecified { get; } = new("IN", "IP4", "0.0.0.0");

    /// <summary>The line without "c=".</summary>
    public override string ToString() => $"{NetworkType} {AddressType} {Address}";
}
