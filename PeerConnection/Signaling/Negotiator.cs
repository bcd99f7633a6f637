using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>The negotiation operations of a connection (webrtc-pc §4.4.1.5, §4.4.2), each run as one operation of the chain.</summary>
internal sealed class Negotiator
{
    private readonly ConnectionContext _context;
    private readonly OfferBuilder _offers;
    private readonly AnswerBuilder _answers;
    private readonly DescriptionApplier _applier;

    public Negotiator(ConnectionContext context)
    {
        _context = context;
        _offers = new OfferBuilder(context);
        _answers = new AnswerBuilder(context, _offers);
        _applier = new DescriptionApplier(context, _offers, new RemoteTracks(context));
    }

    private NegotiationState State => _context.Negotiation;

    public RTCSessionDescription CreateOffer(RTCOfferOptions? options)
    {
        if (State.State is not (RTCSignalingState.Stable or RTCSignalingState.HaveLocalOffer))
            throw DOMException.InvalidState($"An offer is created in stable or have-local-offer; the state is {State.State.ToW3CString()}.");
        if (options?.IceRestart == true || _context.Transports.RestartRequested) _context.Transports.PrepareRestart();
        return new RTCSessionDescription(RTCSdpType.Offer, State.LastCreatedOffer = _offers.Create().ToString());
    }

    public RTCSessionDescription CreateAnswer()
    {
        if (State.State is not (RTCSignalingState.HaveRemoteOffer or RTCSignalingState.HaveLocalPrAnswer))
            throw DOMException.InvalidState($"An answer is created after a remote offer; the state is {State.State.ToW3CString()}.");
        return new RTCSessionDescription(RTCSdpType.Answer, State.LastCreatedAnswer = _answers.Create(State.PendingRemote!.Sdp).ToString());
    }

    public void SetLocal(RTCSessionDescription? description)
    {
        RTCSdpType type = description?.Type ?? (State.State is RTCSignalingState.Stable or RTCSignalingState.HaveLocalOffer or RTCSignalingState.HaveRemotePrAnswer
            ? RTCSdpType.Offer : RTCSdpType.Answer);                                     // webrtc-pc §4.4.2, setLocalDescription steps 4.1, 4.2
        string text = description?.Sdp ?? "";
        RTCSignalingState next = RequireNext(type, isLocal: true);
        if (type == RTCSdpType.Rollback)
        {
            RollBack(next);
            return;
        }
        if (type == RTCSdpType.Offer)
        {
            if (text.Length == 0) text = State.LastCreatedOffer.Length > 0 ? State.LastCreatedOffer : CreateOffer(null).Sdp;
            if (text != State.LastCreatedOffer) throw DOMException.InvalidModification("The offer is not the one that CreateOfferAsync gave last.");
        }
        else
        {
            if (text.Length == 0) text = State.LastCreatedAnswer.Length > 0 ? State.LastCreatedAnswer : CreateAnswer().Sdp;
            if (text != State.LastCreatedAnswer) throw DOMException.InvalidModification("The answer is not the one that CreateAnswerAsync gave last.");
        }
        SdpDescription local = DescriptionValidator.Parse(text);
        _context.Transceivers.Remember();
        if (type == RTCSdpType.Offer) _applier.LocalOffer(local);
        AppliedDescription applied = new(type, local);
        if (type == RTCSdpType.Offer)
        {
            State.Enter(next, applied, isLocal: true);
        }
        else
        {
            SdpDescription remote = State.PendingRemote!.Sdp;
            State.Enter(next, applied, isLocal: true);
            _applier.Negotiated(local, remote, weOffered: false);
        }
        Complete(next);
    }

    public void SetRemote(RTCSessionDescription description)
    {
        if (description.Type == RTCSdpType.Offer && State.State == RTCSignalingState.HaveLocalOffer) RollBack(RTCSignalingState.Stable);    // glare: implicit rollback
        RTCSignalingState next = RequireNext(description.Type, isLocal: false);
        if (description.Type == RTCSdpType.Rollback)
        {
            RollBack(next);
            return;
        }
        SdpDescription remote = DescriptionValidator.Parse(description.Sdp);
        SdpDescription? offer = State.PendingLocal?.Sdp;
        DescriptionValidator.Validate(remote, description.Type, offer, _context.Configuration);
        RequireSameCertificate(remote);
        RequireSameInit(remote);
        _context.Transceivers.Remember();
        if (description.Type == RTCSdpType.Offer)
        {
            _applier.RemoteOffer(remote);
            State.Enter(next, new AppliedDescription(description.Type, remote), isLocal: false);
        }
        else
        {
            State.Enter(next, new AppliedDescription(description.Type, remote), isLocal: false);
            _applier.Negotiated(offer!, remote, weOffered: true);
            _applier.ProcessTracks(remote);
        }
        Complete(next);
    }

    /// <summary>webrtc-pc §4.4.2, addIceCandidate.</summary>
    public void AddCandidate(RTCIceCandidateInit init)
    {
        if (State.Remote is not { } description) throw DOMException.InvalidState("Set a remote description before adding its candidates.");
        if (init.Candidate.Length == 0 && init.SdpMid is null && init.SdpMLineIndex is null)
        {
            foreach (BundleTransport each in _context.Transports.All) Add(each, null, init.UsernameFragment);
            return;
        }
        SdpDescription remote = description.Sdp;
        // No section is named "": peers that send it so mean the index (Pion does).
        SdpMedia? section = init.SdpMid is { Length: > 0 } mid ? remote.FindMedia(mid)
            : init.SdpMLineIndex < remote.Media.Count ? remote.Media[init.SdpMLineIndex!.Value] : null;
        if (section is null) throw DOMException.Operation($"The remote description has no media section {init.SdpMid ?? $"#{init.SdpMLineIndex}"}.");
        if (init.UsernameFragment is { } fragment && !HasFragment(fragment))
            throw DOMException.Operation($"No media section of the remote description has the user fragment \"{fragment}\".");
        IceCandidate? candidate = null;
        if (init.Candidate.Length > 0 && !IceCandidate.TryParse(init.Candidate, out candidate, out string? error))
            throw DOMException.Operation($"The candidate is malformed: {error}.");
        IReadOnlyList<string> group = remote.GetGroups("BUNDLE").FirstOrDefault() ?? [];
        BundleTransport transport = State.IsOfferer ? _context.Transports.Primary
            : _context.Transports.For(section.Mid, group.Contains(section.Mid) ? group[0] : null);
        section.Attributes.Add(candidate is null ? new SdpAttribute("end-of-candidates") : new SdpAttribute("candidate", candidate.ToString()["candidate:".Length..]));
        if (candidate is not null) transport.Ice.AddRemote(new RTCIceCandidate(init with { SdpMid = section.Mid }));
        Add(transport, candidate, init.UsernameFragment ?? candidate?.UsernameFragment ?? remote.Inherited(section, "ice-ufrag"));
    }

    private void Add(BundleTransport transport, IceCandidate? candidate, string? fragment)
    {
        if (transport.Remote is null || (fragment is not null && transport.Remote.UsernameFragment != fragment)) transport.WaitingCandidates.Add(candidate);
        else if (candidate is null) _context.Transports.EndRemoteCandidates(transport);
        else _context.Transports.AddRemoteCandidate(transport, candidate);
    }

    private bool HasFragment(string fragment)
    {
        foreach (AppliedDescription? description in new[] { State.PendingRemote, State.CurrentRemote })
        {
            if (description is null) continue;
            foreach (SdpMedia section in description.Sdp.Media)
            {
                if (description.Sdp.Inherited(section, "ice-ufrag") == fragment) return true;
            }
        }
        return false;
    }

    private RTCSignalingState RequireNext(RTCSdpType type, bool isLocal) => State.Next(type, isLocal) ??
        throw DOMException.InvalidState($"A {(isLocal ? "local" : "remote")} {type.ToW3CString()} cannot be set in {State.State.ToW3CString()}.");

    // RFC 8842 §5.5: another certificate asks for a new DTLS association, with which all data channels would end.
    private void RequireSameCertificate(SdpDescription remote)
    {
        foreach (SdpMedia section in remote.Media)
        {
            if (section.Port == 0 || section.Mid is not { } mid) continue;
            BundleTransport? transport = mid == _context.Channels.Mid ? _context.Channels.Transport : _context.Transceivers.FindByMid(mid)?.Transport;
            if (transport is null || transport.RemoteFingerprints.Count == 0) continue;
            if (!RemoteSection.Fingerprints(remote, RemoteSection.Carrier(remote, section)).Any(transport.RemoteFingerprints.Contains))
                throw DOMException.InvalidAccess($"The media section of line {section.LineNumber} names another certificate than the session's; create a new connection for it.");
        }
    }

    // draft-hancke-tsvwg-snap §5.6; it may change with a new association, which takes a new connection here.
    private void RequireSameInit(SdpDescription remote)
    {
        foreach (SdpMedia section in remote.Media)
        {
            if (section.Port == 0 || !section.IsDataChannel || _context.Channels.MayHave(RemoteSection.SctpInit(section))) continue;
            throw DOMException.InvalidAccess($"The media section of line {section.LineNumber} adds or changes a=sctp-init of an association that exists; create a new connection for it.");
        }
    }

    private void RollBack(RTCSignalingState next)
    {
        _context.Transceivers.RollBack();
        _applier.RollBack();
        State.Enter(next, null, isLocal: true);
        Complete(next);
    }

    private void Complete(RTCSignalingState next)
    {
        if (next != RTCSignalingState.Stable) return;
        _context.Transceivers.Forget();
        _context.Needed.Reset();
        _context.States.Update();
    }
}
