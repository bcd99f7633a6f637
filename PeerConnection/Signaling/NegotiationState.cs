using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>A description as it was applied, and its text.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Sdp">Its model; a local one grows by the candidates that are gathered.</param>
internal sealed record AppliedDescription(RTCSdpType Type, SdpDescription Sdp)
{
    public RTCSessionDescription ToPublic() => new(Type, Sdp.ToString());
}

/// <summary>The signalling state machine (webrtc-pc §4.3.1, RFC 8829 §3.2) and the descriptions that go with it.</summary>
internal sealed class NegotiationState
{
    private readonly ConnectionContext _context;

    public NegotiationState(ConnectionContext context)
    {
        _context = context;
        Chain = new OperationsChain(context);
    }

    public OperationsChain Chain { get; }

    public RTCSignalingState State { get; private set; } = RTCSignalingState.Stable;

    public AppliedDescription? CurrentLocal { get; private set; }

    public AppliedDescription? CurrentRemote { get; private set; }

    public AppliedDescription? PendingLocal { get; private set; }

    public AppliedDescription? PendingRemote { get; private set; }

    public AppliedDescription? Local => PendingLocal ?? CurrentLocal;

    public AppliedDescription? Remote => PendingRemote ?? CurrentRemote;

    /// <summary>[[LastCreatedOffer]] and [[LastCreatedAnswer]]: what a local description has to equal (webrtc-pc §4.4.1.5).</summary>
    public string LastCreatedOffer { get; set; } = "";

    public string LastCreatedAnswer { get; set; } = "";

    /// <summary>Whether this side made the offer of the exchange under way, or of the last.</summary>
    public bool IsOfferer => PendingLocal?.Type == RTCSdpType.Offer || (PendingRemote?.Type != RTCSdpType.Offer && CurrentLocal?.Type == RTCSdpType.Offer);

    /// <summary>The answer of the last exchange, from either side: which of its sections are rejected, and so may become others.</summary>
    public AppliedDescription? CurrentAnswer => CurrentLocal?.Type == RTCSdpType.Answer ? CurrentLocal : CurrentRemote;

    /// <summary>The state after applying a description (RFC 8829 §3.2), or null where the description does not fit.</summary>
    public RTCSignalingState? Next(RTCSdpType type, bool isLocal) => (State, type, isLocal) switch
    {
        (RTCSignalingState.Stable or RTCSignalingState.HaveLocalOffer, RTCSdpType.Offer, true) => RTCSignalingState.HaveLocalOffer,
        (RTCSignalingState.Stable or RTCSignalingState.HaveRemoteOffer, RTCSdpType.Offer, false) => RTCSignalingState.HaveRemoteOffer,
        (RTCSignalingState.HaveRemoteOffer or RTCSignalingState.HaveLocalPrAnswer, RTCSdpType.Answer, true) => RTCSignalingState.Stable,
        (RTCSignalingState.HaveRemoteOffer or RTCSignalingState.HaveLocalPrAnswer, RTCSdpType.PrAnswer, true) => RTCSignalingState.HaveLocalPrAnswer,
        (RTCSignalingState.HaveLocalOffer or RTCSignalingState.HaveRemotePrAnswer, RTCSdpType.Answer, false) => RTCSignalingState.Stable,
        (RTCSignalingState.HaveLocalOffer or RTCSignalingState.HaveRemotePrAnswer, RTCSdpType.PrAnswer, false) => RTCSignalingState.HaveRemotePrAnswer,
        (RTCSignalingState.HaveLocalOffer or RTCSignalingState.HaveRemoteOffer, RTCSdpType.Rollback, _) => RTCSignalingState.Stable,
        _ => null,
    };

    /// <summary>Takes over a description that was applied (webrtc-pc §4.4.1.5, the steps that set the description slots).</summary>
    public void Enter(RTCSignalingState next, AppliedDescription? description, bool isLocal)
    {
        switch (description?.Type)
        {
            case null:                                               // rollback
                (PendingLocal, PendingRemote) = (null, null);
                break;
            case RTCSdpType.Answer:
                if (isLocal) (CurrentLocal, CurrentRemote) = (description, PendingRemote);
                else (CurrentLocal, CurrentRemote) = (PendingLocal, description);
                (PendingLocal, PendingRemote) = (null, null);
                break;
            default:
                if (isLocal) PendingLocal = description;
                else PendingRemote = description;
                break;
        }
        if (next == RTCSignalingState.Stable) (LastCreatedOffer, LastCreatedAnswer) = ("", "");
        if (next == State) return;
        State = next;
        _context.Fire(_context.Owner.RaiseSignalingStateChange);
    }

    public void Close() => State = RTCSignalingState.Closed;
}
