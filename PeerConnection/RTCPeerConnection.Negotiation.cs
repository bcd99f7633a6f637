using WebRtcStack.Core;

namespace WebRtcStack;

public sealed partial class RTCPeerConnection
{
    private volatile bool _isLocalSet;                   // SetLocalDescriptionAsync has been called (§4.4.1.5, step 3.6)

    private OperationsChain Chain => _context.Negotiation.Chain;

    /// <summary>Makes an offer of what the connection has and wants (webrtc-pc §4.4.2).</summary>
    /// <exception cref="DOMException">InvalidStateError: closed, or a remote offer is under way.</exception>
    public Task<RTCSessionDescription> CreateOfferAsync(RTCOfferOptions? options = null) => Chain.Chain(() => _negotiator.CreateOffer(options));

    /// <summary>Makes an answer to the remote offer (webrtc-pc §4.4.2).</summary>
    /// <exception cref="DOMException">InvalidStateError: closed, or no remote offer is under way.</exception>
    public Task<RTCSessionDescription> CreateAnswerAsync(RTCAnswerOptions? options = null)
    {
        _ = options;                                                  // what it has is without effect
        return Chain.Chain(_negotiator.CreateAnswer);
    }

    /// <summary>Makes the description that the state asks for, and applies it (webrtc-pc §4.4.2).</summary>
    /// <returns>
    /// The description, to be sent to the peer. W3C's Promise has no value, as <see cref="LocalDescription"/> has it; but when a Task's
    /// continuation runs, the connection may be further on.
    /// </returns>
    /// <exception cref="DOMException">InvalidStateError: closed, or nothing can be set in this state.</exception>
    public Task<RTCSessionDescription> SetLocalDescriptionAsync()
    {
        _isLocalSet = true;
        return Chain.Chain(() =>
        {
            _negotiator.SetLocal(null, "");
            return _context.Negotiation.Local!.ToPublic();
        });
    }

    /// <summary>Applies a local description whose type may be left out for the one that the state asks for (webrtc-pc §4.4.2).</summary>
    /// <exception cref="DOMException">InvalidStateError: closed, or it does not fit the state. InvalidModificationError: the text was changed.</exception>
    public Task SetLocalDescriptionAsync(RTCLocalSessionDescriptionInit description)
    {
        Require.NotNull(description);
        _isLocalSet = true;
        return Chain.Chain(() => _negotiator.SetLocal(description.Type, description.Sdp));
    }

    /// <summary>Applies a local description (webrtc-pc §4.4.2).</summary>
    /// <param name="description">What CreateOfferAsync or CreateAnswerAsync gave last, or one with empty text for the same, or a rollback.</param>
    /// <exception cref="DOMException">InvalidStateError: closed, or it does not fit the state. InvalidModificationError: the text was changed.</exception>
    public Task SetLocalDescriptionAsync(RTCSessionDescription description)
    {
        Require.NotNull(description);
        _isLocalSet = true;
        return Chain.Chain(() => _negotiator.SetLocal(description.Type, description.Sdp));
    }

    /// <summary>Applies the peer's description; an offer that comes upon an offer of ours rolls ours back (webrtc-pc §4.4.2).</summary>
    /// <exception cref="RTCError">The text is malformed; the error has the line.</exception>
    /// <exception cref="DOMException">InvalidStateError: closed, or it does not fit the state. InvalidAccessError: it cannot be used; the message has the line.</exception>
    public Task SetRemoteDescriptionAsync(RTCSessionDescription description)
    {
        Require.NotNull(description);
        return Chain.Chain(() => _negotiator.SetRemote(description), () => _negotiator.RollBackForGlare(description));
    }

    /// <summary>Adds a candidate of the peer (webrtc-pc §4.4.2); null, or one with empty text, is the end of candidates.</summary>
    /// <exception cref="ArgumentException">Neither SdpMid nor SdpMLineIndex is set (a WebIDL TypeError).</exception>
    /// <exception cref="DOMException">
    /// InvalidStateError: closed, or there is no remote description. OperationError: it is malformed, of no media section or of a
    /// generation that is not there, or there are too many (<see cref="Ice.IceAgentOptions.MaxCandidates"/>).
    /// </exception>
    public Task AddIceCandidateAsync(RTCIceCandidateInit? candidate)
    {
        candidate ??= new RTCIceCandidateInit();
        return Refusal(candidate) is { } refusal ? Task.FromException(refusal) : Chain.Chain(() => _candidates.Add(candidate));
    }

    /// <summary>Adds a candidate of the peer.</summary>
    /// <inheritdoc cref="AddIceCandidateAsync(RTCIceCandidateInit?)"/>
    public Task AddIceCandidateAsync(RTCIceCandidate candidate) => AddIceCandidateAsync(Require.NotNull(candidate).ToJson());

    /// <summary>Makes the next offer restart ICE, and asks for one (webrtc-pc §4.4.2).</summary>
    public void RestartIce()
    {
        lock (_context.Gate)
        {
            if (_context.IsClosed) return;
            _context.Transports.RequestRestart();
            _context.Needed.Update();
        }
    }

    private static ArgumentException? Refusal(RTCIceCandidateInit candidate) => candidate.Candidate.Length > 0 && candidate.SdpMid is null && candidate.SdpMLineIndex is null
        ? new ArgumentException("A candidate names its media section: set SdpMid or SdpMLineIndex.", nameof(candidate))
        : null;
}
