using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Puts gathered candidates into the local descriptions (webrtc-pc §4.4.1.4: the pending and the current one).</summary>
internal static class LocalCandidates
{
    public static void Add(NegotiationState negotiation, BundleTransport transport, IceCandidate candidate)
    {
        foreach (SdpMedia section in Sections(negotiation, transport)) section.Attributes.Add("candidate", Value(candidate));
    }

    public static void End(NegotiationState negotiation, BundleTransport transport)
    {
        foreach (SdpMedia section in Sections(negotiation, transport))
        {
            if (!section.Attributes.Contains("end-of-candidates")) section.Attributes.Add("end-of-candidates");
        }
    }

    /// <summary>The candidates known so far, for a description that is made later than they were found.</summary>
    public static void AddAll(SdpMedia section, BundleTransport transport)
    {
        foreach (RTCIceCandidate candidate in transport.Ice.GetLocalCandidates()) section.Attributes.Add("candidate", candidate.Candidate["candidate:".Length..]);
        if (transport.Ice.GatheringState == RTCIceGathererState.Complete) section.Attributes.Add("end-of-candidates");
    }

    private static string Value(IceCandidate candidate) => candidate.ToString()["candidate:".Length..];

    // Only a description of the same generation, in the section that carries the bundle's transport.
    private static IEnumerable<SdpMedia> Sections(NegotiationState negotiation, BundleTransport transport)
    {
        foreach (AppliedDescription? description in new[] { negotiation.PendingLocal, negotiation.CurrentLocal })
        {
            if (description?.Sdp.FindMedia(transport.Mid) is { } section &&
                description.Sdp.Inherited(section, "ice-ufrag") == transport.Local.UsernameFragment) yield return section;
        }
    }
}
