namespace WebRtcStack.Sdp;

/// <summary>The <c>o=</c> line (RFC 8866 §5.2).</summary>
/// <param name="Username">The user's login, or "-".</param>
/// <param name="SessionId">A number that with the other fields makes the session unique; digits, up to 64 bits in use.</param>
/// <param name="SessionVersion">Grows by one whenever the description changes.</param>
/// <param name="NetworkType">"IN".</param>
/// <param name="AddressType">"IP4" or "IP6".</param>
/// <param name="Address">The address of the machine, or a placeholder.</param>
public sealed record SdpOrigin(
    string Username, string SessionId, string SessionVersion, string NetworkType, string AddressType, string Address)
{
    /// <summary>The line without "o=".</summary>
    public override string ToString() => $"{Username} {SessionId} {SessionVersion} {NetworkType} {AddressType} {Address}";
}
