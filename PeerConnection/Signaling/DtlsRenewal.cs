using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>When a description of the peer asks for another DTLS association in the place of the one there is (RFC 8842 §3.1, §4).</summary>
internal static class DtlsRenewal
{
    /// <param name="transport">The transport with its association.</param>
    /// <param name="remote">The description.</param>
    /// <param name="section">The section that describes the transport.</param>
    public static bool IsAsked(BundleTransport transport, SdpDescription remote, SdpMedia section)
    {
        if (transport.IsDtlsClient is not { } isClient) return false;
        // Another certificate. One that is named by further hashes is the same.
        if (!RemoteSection.Fingerprints(remote, section).Any(transport.RemoteFingerprints.Contains)) return true;
        string? tlsId = remote.Inherited(section, "tls-id");
        if (tlsId is not null && transport.RemoteTlsId is { } known) return tlsId != known;
        // Deviation, RFC 8842 §4: without tls-id a change of roles counts only together with new ICE credentials. Peers answer
        // later offers with the role they like and go on with the association that they have.
        bool changesRole = remote.Inherited(section, "setup") == (isClient ? "active" : "passive");
        return changesRole && RemoteSection.IceParameters(remote, section) != transport.Remote;
    }
}
