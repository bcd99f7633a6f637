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
        _applier = new DescriptionApplier(context, _offers, _answers, _tracks);
    }

    private NegotiationState State => _context.Negotiation;

    public RTCSessionDescription CreateOffer(RTCOfferOptions? options)
    {
        if (State.State is not (RTCSignalingState.Stable or RTCSignalingState.HaveLocalOffer))
            throw DOMException.InvalidState($"An offer is created in stable or have-local-offer; the state is {State.State.ToW3CString()}.");
        if (options is not null) LegacyOfferOptions.Apply(_context, options);
        _context.Transports.PrepareRestart(ofAll: options?.IceRestart == true);
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
            if (text.Length == 0) text = State.LastCreatedOffer = Latest(State.LastCreatedOffer, () => CreateOffer(null));
            if (text != State.LastCreatedOffer) throw DOMException.InvalidModification("The offer is not the one that CreateOfferAsync gave last.");
        }
        else
        {
            if (text.Length == 0) text = State.LastCreatedAnswer = Latest(State.LastCreatedAnswer, CreateAnswer);
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
            _applier.Negotiated(local, remote, weOffered: false, isFinal: type == RTCSdpType.Answer);
            _applier.ProcessLocalTracks(local);
        }
        Complete(next);
    }

    /// <summary>
    /// Glare: an offer upon an offer of ours rolls ours back first (webrtc-pc §4.4.2, setRemoteDescription, step 3.1), once it is known
    /// that it can be used.
    /// </summary>
    public bool RollBackForGlare(RTCSessionDescription description)
    {
        if (description.Type != RTCSdpType.Offer || State.State != RTCSignalingState.HaveLocalOffer) return false;
        Read(description);
        RollBack(RTCSignalingState.Stable);
        return true;
    }

    public void SetRemote(RTCSessionDescription description)
    {
        RTCSignalingState next = RequireNext(description.Type, isLocal: false);
        if (description.Type == RTCSdpType.Rollback)
        {
            RollBack(next);
            return;
        }
        SdpDescription? offer = State.PendingLocal?.Sdp;
        SdpDescription remote = Read(description);
        _context.Transceivers.Remember();
        if (description.Type == RTCSdpType.Offer)
        {
            _applier.RemoteOffer(remote);
            State.Enter(next, new AppliedDescription(description.Type, remote), isLocal: false);
        }
        else
        {
            State.Enter(next, new AppliedDescription(description.Type, remote), isLocal: false);
            _applier.Negotiated(offer!, remote, weOffered: true, isFinal: description.Type == RTCSdpType.Answer);
            _applier.ProcessTracks(remote);
        }
        Complete(next);
    }

    // setLocalDescription, steps 4.4.2 and 4.5.2: what was created last, unless "it no longer accurately represents" the connection.
    private static string Latest(string last, Func<RTCSessionDescription> create)
    {
        string fresh = create().Sdp;
        return Rest(fresh) == Rest(last) ? last : fresh;

        static string Rest(string sdp) => sdp[(sdp.IndexOf("\r\ns=", StringComparison.Ordinal) + 1)..];      // the lines before differ by the version
    }

    private SdpDescription Read(RTCSessionDescription description)
    {
        SdpDescription remote = DescriptionValidator.Parse(description.Sdp);
        DescriptionValidator.Validate(remote, description.Type, State.PendingLocal?.Sdp, State.CurrentAnswer?.Sdp, _context.Configuration);
        RequireSameInit(remote);
        return remote;
    }

    private RTCSignalingState RequireNext(RTCSdpType type, bool isLocal) => State.Next(type, isLocal) ??
        throw DOMException.InvalidState($"A {(isLocal ? "local" : "remote")} {type.ToW3CString()} cannot be set in {State.State.ToW3CString()}.");

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
        _context.Transceivers.RollBack(State.State == RTCSignalingState.HaveRemoteOffer ? _tracks : null);
        _applier.RollBack();
        State.Enter(next, null, isLocal: true);
        Complete(next);
    }

    private void Complete(RTCSignalingState next)
    {
        _tracks.Fire();
        if (next != RTCSignalingState.Stable) return;
        _context.Transceivers.Forget();
        _context.Transports.RestartsAreDone(State.CurrentLocal?.Sdp);
        _context.Needed.Reset();
        _context.States.Update();
    }
}
