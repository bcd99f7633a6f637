using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Candidates that the peer has signalled (webrtc-pc §4.4.2, addIceCandidate, from step 4 on).</summary>
internal sealed class RemoteCandidates(ConnectionContext context)
{
    private NegotiationState State => context.Negotiation;

    public void Add(RTCIceCandidateInit init)
    {
        if (State.Remote is not { } latest) throw DOMException.InvalidState("Set a remote description before adding its candidates.");     // step 4.1
        SdpMedia? section = Find(latest.Sdp, init);
        if (section is not null && IsStopped(section)) return;                                      // step 4.4
        if (init.UsernameFragment is { } named && !Applied().Any(each => Fragments(each, init).Contains(named)))
            throw DOMException.Operation($"No remote description has the user fragment \"{named}\" in this media section; the candidate is of a generation that is gone.");
        IceCandidate? candidate = null;
        if (init.Candidate.Length > 0 && !IceCandidate.TryParse(init.Candidate, out candidate, out string? error))
            throw DOMException.Operation($"The candidate is malformed: {error}.");
        string? fragment = init.UsernameFragment ?? candidate?.UsernameFragment;
        if (section is null)
        {
            // Step 4.7: the end of candidates of all media sections.
            foreach (SdpMedia each in latest.Sdp.Media.Where(each => each.Mid is not null && !IsStopped(each))) Record(null, each.Mid!, fragment);
            foreach (BundleTransport transport in context.Transports.All) HandOver(transport, null, fragment ?? transport.Remote?.UsernameFragment);
            return;
        }
        if (candidate is not null && IsProhibited(candidate)) return;                                // it behaves as if no one answered there
        if (candidate is not null && section.Attributes.Count(line => line.Name == "candidate") >= context.Options.Ice.MaxCandidates)
            throw DOMException.Operation($"There are {context.Options.Ice.MaxCandidates} candidates of the peer already; see WebRtcOptions.Ice.MaxCandidates.");
        fragment ??= FragmentOf(latest.Sdp, section);
        Record(candidate, section.Mid ?? "", fragment);
        // Those of a section that was bundled into another lead to sockets that are closed, or to be (RFC 9143 §8.1).
        if (context.Sections.Of(section.Mid) is not { } target || target.Mid != section.Mid) return;
        if (candidate is not null && IsCurrent(target, fragment)) target.Ice.AddRemote(new RTCIceCandidate(init with { SdpMid = section.Mid, UsernameFragment = fragment }));
        HandOver(target, candidate, fragment);
    }

    // Steps 4.2, 4.3. No section is named "": peers that send it so mean the index (Pion does).
    private static SdpMedia? Find(SdpDescription remote, RTCIceCandidateInit init)
    {
        if (init.SdpMid is { Length: > 0 } mid)
            return remote.FindMedia(mid) ?? throw DOMException.Operation($"The remote description has no media section \"{mid}\".");
        if (init.SdpMLineIndex is not { } index) return null;
        return index < remote.Media.Count ? remote.Media[index] : throw DOMException.Operation($"The remote description has {remote.Media.Count} media sections, none of index {index}.");
    }

    private bool IsStopped(SdpMedia section) => section.Mid is { } mid && context.Transceivers.FindByMid(mid) is { IsStopped: true } ||
        !RemoteSection.IsInUse(section);

    private IEnumerable<SdpDescription> Applied()
    {
        if (State.PendingRemote is { } pending) yield return pending.Sdp;
        if (State.CurrentRemote is { } current) yield return current.Sdp;
    }

    // Step 4.5: of the section that is meant, or of any.
    private static IEnumerable<string?> Fragments(SdpDescription description, RTCIceCandidateInit init)
    {
        foreach (SdpMedia section in description.Media)
        {
            bool isMeant = init.SdpMid is { Length: > 0 } mid ? section.Mid == mid
                : init.SdpMLineIndex is not { } index || (index < description.Media.Count && description.Media[index] == section);
            if (isMeant) yield return FragmentOf(description, section);
        }
    }

    // A section that has an address of its own may be bundled or not: that is for the answer to say.
    private static string? FragmentOf(SdpDescription description, SdpMedia section) =>
        description.Inherited(section, "ice-ufrag") ?? description.Inherited(RemoteSection.Carrier(description, section), "ice-ufrag");

    // Steps 4.7.2.2, 4.7.2.3: into each description of that generation.
    private void Record(IceCandidate? candidate, string mid, string? fragment)
    {
        foreach (SdpDescription description in Applied())
        {
            if (description.FindMedia(mid) is not { } section || FragmentOf(description, section) != (fragment ?? FragmentOf(description, section))) continue;
            if (candidate is not null) section.Attributes.Add(new SdpAttribute("candidate", candidate.ToString()["candidate:".Length..]));
            else if (!section.Attributes.Contains("end-of-candidates")) section.Attributes.Add("end-of-candidates");
        }
    }

    // Those of a generation that is offered but not agreed on yet wait in the description until an answer makes it take effect;
    // a generation that was replaced is not asked for any more.
    private void HandOver(BundleTransport transport, IceCandidate? candidate, string? fragment)
    {
        if (!IsCurrent(transport, fragment)) return;
        if (candidate is null) context.Transports.EndRemoteCandidates(transport);
        else context.Transports.AddRemoteCandidate(transport, candidate);
    }

    private static bool IsCurrent(BundleTransport transport, string? fragment) =>
        transport is { IsRemoteCurrent: true, Remote: { } remote } && (fragment is null || remote.UsernameFragment == fragment);

    // "Administratively prohibited": names tell a resolver of the call, which the policy "relay" is to avoid. That of browsers
    // also covers the ports of Fetch's block list, which keep web pages from other protocols' servers; applications are no web pages.
    private bool IsProhibited(IceCandidate candidate) =>
        candidate.HostName is not null && context.Configuration.IceTransportPolicy == RTCIceTransportPolicy.Relay;
}
