using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection.Sequences;

/// <summary>
/// An application at one end of a call: perfect negotiation (webrtc-pc §10, example of that name) over a signalling path that keeps the
/// order of descriptions, while candidates take their own time and come before or after them. It notes what must not happen.
/// </summary>
internal sealed class PeerApplication
{
    private static readonly string[] s_documented = ["InvalidStateError", "InvalidAccessError", "InvalidModificationError", "OperationError"];
    private readonly VirtualTime _time;
    private readonly string _name;
    private readonly bool _isPolite;
    private readonly List<RTCIceCandidate> _early = [];
    private Instant _described;
    private RTCSignalingState _state = RTCSignalingState.Stable;
    private bool _isOffering, _isAnswerPending, _ignoresOffer;

    public PeerApplication(VirtualTime time, string name, RTCPeerConnection connection, bool isPolite)
    {
        (_time, _name, Connection, _isPolite) = (time, name, connection, isPolite);
        connection.OnSignalingStateChange += (_, _) => CheckState();
        connection.OnNegotiationNeeded += async (_, _) => await OfferAsync();
        connection.OnIceCandidate += (_, e) =>
        {
            if (e.Candidate is not null) _time.Schedule(Delay(120), () => Peer.Received(e.Candidate));
        };
        connection.OnDataChannel += (_, e) => Channels.Add(e.Channel);
    }

    public RTCPeerConnection Connection { get; }

    public PeerApplication Peer { get; set; } = null!;

    public List<RTCDataChannel> Channels { get; } = [];

    /// <summary>What must not have happened.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Every Task that the connection has given.</summary>
    public List<Task> Tasks { get; } = [];

    /// <summary>Whether the next offer gets a provisional answer before the final one.</summary>
    public bool AnswersProvisionally { get; set; }

    /// <summary>The section of the next offer, from 1, that the application strikes out before it sets the offer; 0 for none.</summary>
    public int RejectsSection { get; set; }

    public bool IsClosed => Connection.ConnectionState == RTCPeerConnectionState.Closed;

    /// <summary>Calls something that may throw what is documented, and nothing else.</summary>
    public void Try(Action call)
    {
        try
        {
            call();
        }
        catch (Exception exception) when (Noted(exception)) { }
    }

    /// <summary>Awaits something that may be rejected for what is documented; true if it was fulfilled.</summary>
    public async Task<bool> TryAsync(Task call)
    {
        Tasks.Add(call);
        try
        {
            await call;
            return true;
        }
        catch (Exception exception) when (Noted(exception))
        {
            return false;
        }
    }

    public void Received(RTCSessionDescription description)
    {
        if (!IsClosed) _ = TakeAsync(description);
    }

    private async Task OfferAsync()
    {
        _isOffering = true;
        Task<RTCSessionDescription> made = Connection.SetLocalDescriptionAsync();
        if (await TryAsync(made)) Send(made.Result);
        _isOffering = false;
    }

    private async Task TakeAsync(RTCSessionDescription description)
    {
        bool isReady = !_isOffering && (Connection.SignalingState == RTCSignalingState.Stable || _isAnswerPending);
        bool isCollision = description.Type == RTCSdpType.Offer && !isReady;
        _ignoresOffer = !_isPolite && isCollision;
        if (_ignoresOffer) return;
        if (description.Type == RTCSdpType.Offer) description = Munged(description);
        _isAnswerPending = description.Type == RTCSdpType.Answer;
        bool isSet = await TryAsync(Connection.SetRemoteDescriptionAsync(description));
        _isAnswerPending = false;
        if (!isSet) Fail($"a {description.Type} of the peer was refused in {Connection.SignalingState}");
        if (isSet && description.Type == RTCSdpType.Offer)
        {
            if (AnswersProvisionally) await AnswerProvisionallyAsync();
            Task<RTCSessionDescription> made = Connection.SetLocalDescriptionAsync();
            if (await TryAsync(made)) Send(made.Result);
        }
        foreach (RTCIceCandidate candidate in _early.ToArray()) Received(candidate);
    }

    private async Task AnswerProvisionallyAsync()
    {
        AnswersProvisionally = false;
        Task<RTCSessionDescription> made = Connection.CreateAnswerAsync();
        if (!await TryAsync(made)) return;
        RTCSessionDescription provisional = new(RTCSdpType.PrAnswer, made.Result.Sdp);
        if (!await TryAsync(Connection.SetLocalDescriptionAsync(provisional))) return;
        Send(Connection.LocalDescription!);
        TaskCompletionSource passed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _time.Schedule(_time.Now + Delay(200), passed.SetResult);
        await passed.Task;
    }

    // A section that does not carry the candidates of others is struck out, and taken from its bundle (RFC 9143 §7.4).
    private RTCSessionDescription Munged(RTCSessionDescription offer)
    {
        int rejected = RejectsSection;
        RejectsSection = 0;
        string[] sections = offer.Sdp.Split("\r\nm=");
        if (rejected == 0 || rejected + 1 >= sections.Length || sections[rejected + 1].Contains("a=candidate", StringComparison.Ordinal)) return offer;
        string[] lines = sections[rejected + 1].Split("\r\n"), words = lines[0].Split(' ');
        words[1] = "0";
        string mid = lines.First(line => line.StartsWith("a=mid:", StringComparison.Ordinal))[6..];
        sections[rejected + 1] = string.Join("\r\n", lines.Where(line => line != "a=bundle-only").Select((line, i) => i == 0 ? string.Join(" ", words) : line));
        sections[0] = string.Join("\r\n", sections[0].Split("\r\n").Select(line => line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal) ? string.Join(" ", line.Split(' ').Where(word => word != mid)) : line));
        _time.Log(_name, $"strikes out section {mid}");
        return offer with { Sdp = string.Join("\r\nm=", sections) };
    }

    private void Received(RTCIceCandidate candidate)
    {
        if (IsClosed) return;
        _early.Remove(candidate);
        _ = AddAsync(candidate);
    }

    // One that comes before its description waits for the next one.
    private async Task AddAsync(RTCIceCandidate candidate)
    {
        if (!await TryAsync(Connection.AddIceCandidateAsync(candidate)) && !_ignoresOffer && _early.Count < 50) _early.Add(candidate);
    }

    private void Send(RTCSessionDescription description)
    {
        _described = Instant.Max(_described, _time.Now + Delay(80));
        _time.Log(_name, $"sends {description.Type}");
        _time.Schedule(_described, () => Peer.Received(description));
    }

    private TimeSpan Delay(int milliseconds) => TimeSpan.FromMilliseconds(_time.Random.Next(milliseconds));

    // RFC 8829 §3.2, and which descriptions each state has (webrtc-pc §4.3.1).
    private void CheckState()
    {
        RTCSignalingState next = Connection.SignalingState;
        bool isLegal = (_state, next) is
            (RTCSignalingState.Stable, RTCSignalingState.HaveLocalOffer or RTCSignalingState.HaveRemoteOffer) or
            (RTCSignalingState.HaveLocalOffer, RTCSignalingState.Stable or RTCSignalingState.HaveRemotePrAnswer) or
            (RTCSignalingState.HaveRemoteOffer, RTCSignalingState.Stable or RTCSignalingState.HaveLocalPrAnswer) or
            (RTCSignalingState.HaveLocalPrAnswer or RTCSignalingState.HaveRemotePrAnswer, RTCSignalingState.Stable);
        if (!isLegal) Fail($"the state went from {_state} to {next}");
        (RTCSdpType?, RTCSdpType?) pending = (Connection.PendingLocalDescription?.Type, Connection.PendingRemoteDescription?.Type), expected = next switch
        {
            RTCSignalingState.HaveLocalOffer => (RTCSdpType.Offer, null),
            RTCSignalingState.HaveRemoteOffer => (null, RTCSdpType.Offer),
            RTCSignalingState.HaveLocalPrAnswer => (RTCSdpType.PrAnswer, RTCSdpType.Offer),
            RTCSignalingState.HaveRemotePrAnswer => (RTCSdpType.Offer, RTCSdpType.PrAnswer),
            _ => ((RTCSdpType?)null, (RTCSdpType?)null),
        };
        if (pending != expected) Fail($"in {next} the pending descriptions are {pending}");
        _state = next;
    }

    private bool Noted(Exception exception)
    {
        // A number out of its range is nothing that these calls give: it would be an index of ours.
        bool isDocumented = exception is ArgumentException and not ArgumentOutOfRangeException || (exception is DOMException error && s_documented.Contains(error.Name));
        if (!exception.Message.Contains("user fragment", StringComparison.Ordinal)) _time.Log(_name, $"{exception.GetType().Name}: {exception.Message}");
        if (!isDocumented) Fail(exception.ToString());
        return true;
    }

    private void Fail(string what) => Violations.Add($"{_time.Now} {_name}: {what}");
}
