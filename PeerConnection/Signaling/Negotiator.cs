using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>The negotiation operations of a connection (webrtc-pc §4.4.1.5, §4.4.2), each run as one operation of the chain.</summary>
internal sealed class Negotiator
{
    private readonly ConnectionContext _context;
    private readonly OfferBuilder _offers;
    private readonly AnswerBuilder _answers;
    private readonly DescriptionApplier _applier;
    private readonly RemoteTracks _tracks;

    public Negotiator(ConnectionContext context)
    {
        _context = context;
        _offers = new OfferBuilder(context);
        _answers = new AnswerBuilder(context, _offers);
        _tracks = new RemoteTracks(context);
        _applier = new DescriptionApplier(context, _offers, _tracks);
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

    public void SetLocal(RTCSdpType? given, string text)
    {
        RTCSdpType type = given ?? (State.State is RTCSignalingState.Stable or RTCSignalingState.HaveLocalOffer or RTCSignalingState.HaveRemotePrAnswer
            ? RTCSdpType.Offer : RTCSdpType.Answer);                                     // webrtc-pc §4.4.2, setLocalDescription steps 4.1, 4.2
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
            _applier.ProcessLocalTracks(local);
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

    private void RollBack(RTCSignalingState next)
    {
        _context.Transceivers.RollBack();
        _applier.RollBack();
        State.Enter(next, null, isLocal: true);
        Complete(next);
    }

    private void Complete(RTCSignalingState next)
    {
        _tracks.Fire();
        if (next != RTCSignalingState.Stable) return;
        _context.Transceivers.Forget();
        _context.Needed.Reset();
        _context.States.Update();
    }
}
