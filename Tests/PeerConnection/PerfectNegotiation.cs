using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>One side of the perfect negotiation pattern (webrtc-pc §10.7): the polite side gives way.</summary>
/// <remarks>
/// A script's code behind an await runs before anything else happens to the connection; that of a thread need not. So what is sent is
/// the answer in force or the offer under way, not LocalDescription, which may be another by then; and candidates wait for it.
/// </remarks>
internal sealed class PerfectNegotiation
{
    private readonly RTCPeerConnection _connection;
    private readonly bool _isPolite;
    private readonly Action<object> _send;
    private readonly Queue<RTCIceCandidate> _held = new();
    private bool _ignoresOffer, _setsRemoteAnswer;
    private int _makesOffer, _answers;

    /// <param name="connection">The connection.</param>
    /// <param name="isPolite">Whether it gives way.</param>
    /// <param name="send">Sends a description or a candidate to the other side.</param>
    public PerfectNegotiation(RTCPeerConnection connection, bool isPolite, Action<object> send)
    {
        (_connection, _isPolite, _send) = (connection, isPolite, send);
        connection.OnNegotiationNeeded += (_, _) => Offer();
        connection.OnIceCandidate += (_, e) =>
        {
            if (e.Candidate is null) return;
            if (_makesOffer + _answers > 0) _held.Enqueue(e.Candidate);
            else send(e.Candidate);
        };
    }

    /// <summary>What went wrong that the pattern does not expect.</summary>
    public List<Exception> Faults { get; } = [];

    public int Collisions { get; private set; }

    public int Offers { get; private set; }

    /// <summary>A description of the other side has come.</summary>
    public async Task ReceiveAsync(RTCSessionDescription description)
    {
        try
        {
            bool isReady = _makesOffer == 0 && (_connection.SignalingState == RTCSignalingState.Stable || _setsRemoteAnswer);
            bool collides = description.Type == RTCSdpType.Offer && !isReady;
            if (collides) Collisions++;
            _ignoresOffer = !_isPolite && collides;
            if (_ignoresOffer) return;
            _setsRemoteAnswer = description.Type == RTCSdpType.Answer;
            await _connection.SetRemoteDescriptionAsync(description);        // rolls an offer of ours back
            _setsRemoteAnswer = false;
            if (description.Type != RTCSdpType.Offer) return;
            _answers++;
            await _connection.SetLocalDescriptionAsync();
            _send(_connection.CurrentLocalDescription!);
            _answers--;
            SendCandidates();
        }
        catch (Exception exception)
        {
            Faults.Add(exception);
        }
    }

    public async Task ReceiveAsync(RTCIceCandidate candidate)
    {
        bool isOfIgnoredOffer = _ignoresOffer;
        try
        {
            await _connection.AddIceCandidateAsync(candidate);
        }
        catch (DOMException) when (isOfIgnoredOffer)
        {
            // of the offer that was ignored
        }
        catch (Exception exception)
        {
            Faults.Add(exception);
        }
    }

    private async void Offer()
    {
        try
        {
            _makesOffer++;
            await _connection.SetLocalDescriptionAsync();
            if (_connection.PendingLocalDescription is not { Type: RTCSdpType.Offer } offer) return;      // rolled back: it will be needed again
            Offers++;
            _send(offer);
        }
        catch (Exception exception)
        {
            Faults.Add(exception);
        }
        finally
        {
            _makesOffer--;
            SendCandidates();
        }
    }

    private void SendCandidates()
    {
        while (_answers + _makesOffer == 0 && _held.TryDequeue(out RTCIceCandidate? candidate))
        {
            if (IsSignalled(candidate)) _send(candidate);
        }
    }

    // Not one of an offer that was rolled back before it was sent.
    private bool IsSignalled(RTCIceCandidate candidate) => new[] { _connection.CurrentLocalDescription, _connection.PendingLocalDescription }
        .Any(description => description is not null && description.Sdp.Contains($"a=ice-ufrag:{candidate.UsernameFragment}\r\n", StringComparison.Ordinal));
}
