using System.Net;
using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Puts gathered candidates into the local descriptions (webrtc-pc §4.4.1.4: the pending and the current one).</summary>
internal static class LocalCandidates
{
    public static void Add(NegotiationState negotiation, BundleTransport transport, IceCandidate candidate)
    {
        foreach (SdpMedia section in Sections(negotiation, transport))
        {
            section.Attributes.Add("candidate", Value(candidate));
            ShowDefaults(section, transport);
        }
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
        ShowDefaults(section, transport);
    }

    /// <summary>The default candidates are what peers without ICE would send to: port and address of the section, and of a=rtcp (RFC 8829 §5.2.2, RFC 8839 §4.2.1.2).</summary>
    private static void ShowDefaults(SdpMedia section, BundleTransport transport)
    {
        IReadOnlyList<RTCIceCandidate> candidates = transport.Ice.GetLocalCandidates();
        if (Default(candidates, RTCIceComponent.Rtp) is { } rtp)
        {
            section.Port = rtp.Port!.Value;
            section.Connections[0] = Connection(rtp);
        }
        int line = section.Attributes.ToList().FindIndex(attribute => attribute.Name == "rtcp");
        if (line < 0 || Default(candidates, RTCIceComponent.Rtcp) is not { } rtcp) return;
        section.Attributes.Remove("rtcp");
        section.Attributes.Insert(line, new SdpAttribute("rtcp", new SdpRtcp(rtcp.Port!.Value, Connection(rtcp)).ToString()));
    }

    // RFC 8839 §4.2.1.2: the one most likely to work: relayed before reflexive before host, IPv4 first; names are none (mDNS §3.1.1).
    private static RTCIceCandidate? Default(IReadOnlyList<RTCIceCandidate> candidates, RTCIceComponent component) => candidates
        .Where(each => each.Component == component && each.Protocol == RTCIceProtocol.Udp && IPAddress.TryParse(each.Address, out _))
        .OrderByDescending(each => each.Type switch { RTCIceCandidateType.Relay => 2, RTCIceCandidateType.Srflx => 1, _ => 0 })
        .ThenBy(each => each.Address!.Contains(':')).FirstOrDefault();

    private static SdpConnection Connection(RTCIceCandidate candidate) => new("IN", candidate.Address!.Contains(':') ? "IP6" : "IP4", candidate.Address!);

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
