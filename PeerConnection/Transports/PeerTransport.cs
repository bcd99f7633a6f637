using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sctp;
using WebRtcStack.Stun;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>A connection's transports, as its loop drives them: one ICE agent, and a stack for each bundle.</summary>
internal sealed class PeerTransport(ITransportObserver observer, IceAgent ice, WebRtcOptions options) : IDrivenConnection
{
    private readonly List<TransportStack> _stacks = [];
    private readonly DropMeter _drops = new();
    private readonly Dictionary<TransportAddress, string> _hostNames = [];
    private readonly List<TransportStack> _leaving = [];      // whose sockets are to be closed when all is sent
    private bool _closing, _drained, _deallocating, _hasSent;
    private LoopRegistration? _registration;
    private readonly TaskCompletionSource<bool> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IceAgent Ice => ice;

    public IReadOnlyList<TransportStack> Stacks => _stacks;

    /// <summary>What negotiation or a sender has asked to be called for later.</summary>
    public DelayedCalls Delays { get; } = new();

    public LoopRegistration Registration => _registration!;

    /// <summary>The servers' URLs; from any thread.</summary>
    public ServerUrls ServerUrls { get; } = new();

    /// <summary>Ends when all sockets and memory are given back.</summary>
    public Task Released => _released.Task;

    public Instant NextTimeout
    {
        get
        {
            Instant next = ice.NextTimeout;
            if (_deallocating) return next;
            foreach (TransportStack stack in _stacks) next = Instant.Min(next, stack.NextTimeout);
            return Instant.Min(next, Delays.NextTimeout);
        }
    }

    public void Start(EventLoop loop)
    {
        _registration = loop.Attach(this);
        _registration.ConnectionLost = (path, now) => ice.ConnectionLost(path, now);
        _registration.Unreachable = (path, type, code, now) => ice.Unreachable(path, new StunIcmp(type, code, 0), now);
    }

    /// <summary>Follows the machine's addresses: there are, or will be, sockets on them.</summary>
    public void WatchLocalAddresses() => Registration.WatchLocalAddresses(LocalAddressesChanged);

    /// <summary>The name that is signalled in place of an address, or null.</summary>
    public string? HostNameFor(TransportAddress address)
    {
        if (options.MulticastDns != MulticastDnsUse.ResolveAndPublish || address.IsLoopback) return null;
        if (_hostNames.TryGetValue(address, out string? name) || MulticastDns.Publish(address) is not { } published) return name;
        _hostNames.Add(address, published);
        return published;
    }

    public void Add(TransportStack stack) => _stacks.Add(stack);

    public void Remove(TransportStack stack)
    {
        if (!_stacks.Remove(stack)) return;
        _stacks.RemoveAll(each => each.Stream == stack.Stream);
        ice.RemoveStream(stack.Stream);
        if (stack.RtcpStack is { } rtcp) Leave(rtcp);
        Leave(stack);
    }

    /// <summary>RTCP goes with RTP after all.</summary>
    public void RemoveRtcp(TransportStack stack, Instant now)
    {
        if (stack.RtcpStack is not { } rtcp || !_stacks.Remove(rtcp)) return;
        stack.RtcpStack = null;
        ice.RemoveRtcpComponent(stack.Stream, now);
        Leave(rtcp);
    }

    // Relays are given back first, over those sockets.
    private void Leave(TransportStack stack)
    {
        _leaving.Add(stack);
        stack.Dispose();
        Registration.Touch();
    }

    public void Receive(Span<byte> datagram, in NetworkPath path, Instant now)
    {
        if (datagram.IsEmpty || !ice.Receive(datagram, path, now, out int offset, out int length, out IceStream? stream, out IceComponent component) || length == 0) return;
        foreach (TransportStack stack in _stacks)
        {
            if (stack.Stream == stream && stack.Component == component) stack.Receive(datagram.Slice(offset, length), now, observer);
        }
    }

    public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
    {
        int length = ice.Transmit(destination, now, out path);
        for (int i = 0; length == 0 && !_deallocating && i < _stacks.Count; i++) length = _stacks[i].Transmit(destination, now, observer, out path);
        _drained = length == 0;
        _hasSent |= !_drained;
        return length;
    }

    public void AdvanceTo(Instant now)
    {
        ice.AdvanceTo(now);
        if (_deallocating) return;
        foreach (TransportStack stack in _stacks) stack.AdvanceTo(now);
        Delays.AdvanceTo(now);
    }

    public void PublishEvents(Instant now)
    {
        if (!_deallocating)
        {
            while (ice.TryReadEvent(out IceEvent e)) Publish(e);
            observer.IceEventsEnd();
        }
        foreach (TransportStack stack in _stacks)
        {
            PublishConnecting(stack);
            while (stack.Dtls is not null && stack.Dtls.TryReadEvent(out DtlsEvent e)) Publish(stack, e);
            while (stack.Rtp.TryReadEvent(out RtpEvent e)) Publish(e);
            if (stack.Data is not null) Publish(stack.Data);
        }
        if (_drained && _leaving.Count > 0)
        {
            foreach (TransportStack left in _leaving) CloseSockets(left);
            _leaving.Clear();
        }
        _drops.ReportIfDue(this, now);
        DrawKeys();
        if (!_closing || !_drained) return;
        if (_deallocating) Release();
        else Deallocate();
    }

    // A port may be shared with connections of the loop, and then with the other stacks of this one.
    private void CloseSockets(TransportStack left)
    {
        foreach ((TransportAddress Bound, TransportProtocol Protocol) used in left.Bases)
        {
            if (!_stacks.Exists(stack => stack.Bases.Contains(used))) CandidateSockets.Close(this, used.Bound, used.Protocol);
        }
        left.TurnStreams?.Close();
    }

    private void LocalAddressesChanged(Instant now)
    {
        if (_deallocating) return;
        foreach (TransportStack stack in _stacks)
        {
            CandidateSockets.OpenAppeared(this, stack, options, now);         // first: a connection that moves over has somewhere to go
            CandidateSockets.CloseVanished(this, stack, now);
        }
    }

    // Goodbyes may have gone through relays, so that these are given back after them (RFC 8656 §8).
    private void Deallocate()
    {
        _deallocating = true;
        foreach (TransportStack stack in _stacks) ice.RemoveStream(stack.Stream);
        Registration.Touch();
    }

    /// <summary>Says goodbye on every stack; when that is sent, sockets and memory are given back.</summary>
    public void Close(Instant now)
    {
        _closing = true;
        foreach (TransportStack stack in _stacks) stack.Close(now);
        Registration.Touch();
    }

    public void Fault(Exception exception)
    {
        Release();
        observer.Faulted(exception);
    }

    private void Release()
    {
        _drops.Report(this);
        Registration.Detach();
        foreach (string name in _hostNames.Values) MulticastDns.Withdraw(name);
        _hostNames.Clear();
        foreach (TransportStack stack in _stacks) stack.Dispose();
        _stacks.Clear();
        observer.Released();
        _released.TrySetResult(true);
    }

    // While ICE looks for a path, in a pass that has nothing to send: a check or an answer would wait for it.
    private void DrawKeys()
    {
        bool hasSent = _hasSent;
        _hasSent = false;
        if (_closing) return;
        foreach (TransportStack stack in _stacks)
        {
            if (stack.Dtls is not { CanDrawKeys: true } dtls) continue;
            if (hasSent) Registration.Touch();
            else dtls.DrawKeys();
        }
    }

    private TransportStack? Find(IceStream? stream)
    {
        foreach (TransportStack stack in _stacks)
        {
            if (stack.Stream == stream && stack.Component == IceComponent.Rtp) return stack;
        }
        return null;
    }

    private void Publish(in IceEvent e)
    {
        if (e.Kind == IceEventKind.RoleChanged) observer.IceRoleChanged(ice.Role);
        if (Find(e.Stream) is not { } stack) return;
        switch (e.Kind)
        {
            case IceEventKind.LocalCandidate:
                observer.LocalCandidateFound(stack, e.Candidate!, stack.Stream.LocalParameters.UsernameFragment);
                break;
            case IceEventKind.GatheringStateChanged:
                observer.GatheringStateChanged(stack, e.GatheringState);
                break;
            case IceEventKind.ConnectionStateChanged:
                observer.IceStateChanged(stack, e.State);
                break;
            case IceEventKind.SelectedPairChanged:
                if (e.Component != IceComponent.Rtp)                       // what W3C shows is the pair of RTP
                {
                    if (stack.RtcpStack is { } rtcp) rtcp.SelectedPairChanges++;
                    break;
                }
                stack.SelectedPairChanges++;
                observer.SelectedPairChanged(stack, e.Pair!);
                break;
            case IceEventKind.CandidateError:
                observer.CandidateErrorOccurred(stack, e);
                break;
            case IceEventKind.AlternateServer:
                stack.TurnStreams?.Redirect(e);             // the one whose connection it is about
                stack.RtcpStack?.TurnStreams?.Redirect(e);
                break;
            case IceEventKind.OpenRelayConnection:
                stack.TurnStreams?.OpenRelayed(e.RelayConnection!);
                stack.RtcpStack?.TurnStreams?.OpenRelayed(e.RelayConnection!);
                break;
            case IceEventKind.CloseRelayConnection:
                stack.TurnStreams?.CloseRelayed(e.RelayConnection!);
                stack.RtcpStack?.TurnStreams?.CloseRelayed(e.RelayConnection!);
                break;
            case IceEventKind.ServerConnectionUnused:
                stack.TurnStreams?.CloseUnused(e);
                stack.RtcpStack?.TurnStreams?.CloseUnused(e);
                break;
            case IceEventKind.ResolveName:
                Resolve(stack, e.Candidate!);
                break;
        }
        Registration.Touch();                           // a pair that now works lets the layers inside send
    }

    private void Resolve(TransportStack stack, IceCandidate candidate)
    {
        EventLoop loop = Registration.Loop;
        if (options.MulticastDns != MulticastDnsUse.None && MulticastDnsNode.IsLocalName(candidate.HostName!)) MulticastDns.Resolve(candidate.HostName!, Add);
        else loop.Resolve(candidate.HostName!, addresses => Add(addresses.Count > 0 ? addresses[0] : default));

        void Add(TransportAddress address)
        {
            if (address.IsNone || Find(stack.Stream) is null || Registration.IsDetached) return;
            ice.AddRemoteCandidate(stack.Stream, candidate with { Address = address.WithPort(candidate.Port) }, loop.Now);
            Registration.Touch();
        }
    }

    private MulticastDnsService MulticastDns => MulticastDnsService.Of(Registration.Loop, options.Random);

    private void PublishConnecting(TransportStack stack)
    {
        if (stack.IsConnectingPublished || stack.Dtls is not { State: not DtlsState.New }) return;
        stack.IsConnectingPublished = true;
        observer.DtlsStateChanged(stack, DtlsState.Connecting, null);
    }

    private void Publish(TransportStack stack, in DtlsEvent e)
    {
        observer.DtlsStateChanged(stack, stack.Dtls!.State, e);
        Registration.Touch();
    }

    // The transport holds an event that ends a channel back until its messages were taken; while the application lags
    // behind, both wait.
    private void Publish(DataChannelTransport data)
    {
        bool progress = true;
        while (progress)
        {
            progress = false;
            while (data.TryReadEvent(out DataChannelEvent e))
            {
                observer.DataChannelEventOccurred(e);
                progress = true;
            }
            while (!observer.IsBacklogged && data.TryReceive(out DataChannelMessage message))
            {
                observer.MessageReceived(message.Channel, message.IsBinary, message.Payload);
                progress = true;
            }
        }
        observer.MessagesEnd();
    }

    private void Publish(in RtpEvent e)
    {
        if (e.Kind == RtpEventKind.KeyFrameRequested) observer.KeyFrameRequested(e.SendStream!);
        if (e.Kind == RtpEventKind.MaxBitrateRequested) observer.MaxBitrateRequested(e.SendStream!);
        if (e.Kind == RtpEventKind.StreamEnded) observer.StreamEnded(e.ReceiveStream!);
    }
}
