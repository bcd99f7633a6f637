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
        if (transport.IsDtlsClient is null) return false;
        // Another certificate. One that is named by further hashes is the same.
        if (!RemoteSection.Fingerprints(remote, section).Any(transport.RemoteFingerprints.Contains)) return true;
        // Deviation, RFC 8842 §4: without tls-id a change of roles does not count, not even with new ICE credentials. Peers (Firefox)
        // answer later offers with the role they like and go on with the association that they have.
        return remote.Inherited(section, "tls-id") is { } tlsId && transport.RemoteTlsId is { } known && tlsId != known;
    }
}
