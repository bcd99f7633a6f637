using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Ice;

/// <summary>Finds relayed candidates (RFC 8445 §5.1.1.2), and carries what is sent between an agent and its TURN servers.</summary>
internal sealed class RelayGatherer(IceContext context, ConnectivityChecks checks)
{
    private readonly List<Allocation> _allocations = [];

    /// <summary>What goes through TCP relayed addresses.</summary>
    public RelayConnections Connections { get; } = new(context, checks);

    private sealed class Allocation(IceStream stream, LocalBase socket, IceTurnServer server, TurnAllocation turn, bool isTcp)
    {
        private Instant _deadline = Instant.Never;

        public IceStream Stream { get; } = stream;
        public LocalBase Socket { get; } = socket;
        public IceTurnServer Server { get; } = server;
        public TurnAllocation Turn { get; } = turn;
        public bool IsTcp { get; } = isTcp;                               // relays TCP, whatever leads to the server
        public List<LocalBase> Relayed { get; } = [];
        public bool IsStarted { get; set; }
        public bool IsOver { get; set; }                                  // it has failed, or its stream is gone
        public bool IsRedirected { get; set; }                            // the driver connects to another server
        public bool IsGathering => IsRedirected || (!IsOver && Turn.State == TurnAllocationState.Allocating);

        /// <summary>When to say something on a connection that carries no data, lest a NAT forgets it: that of a TCP relayed address.</summary>
        public Instant KeepaliveAt { get; set; } = Instant.Never;

        /// <summary>When to give up waiting for the server.</summary>
        public Instant Deadline { get => IsGathering ? _deadline : Instant.Never; set => _deadline = value; }
    }

    public Instant NextTimeout
    {
        get
        {
            Instant next = Connections.NextTimeout;
            foreach (Allocation allocation in _allocations)
                next = Instant.Min(next, Instant.Min(Instant.Min(allocation.Turn.NextTimeout, allocation.Deadline), allocation.KeepaliveAt));
            return next;
        }
    }

    /// <summary>Starts an allocation from a socket.</summary>
    public void Add(IceStream stream, LocalBase socket, IceTurnServer server, bool isTcp = false)
    {
        TurnAllocation turn = new(new TurnAllocationOptions
        {
            Server = server.Address,
            Username = server.Username,
            Password = server.Password,
            Protocol = server.Protocol,
            RequestTcp = isTcp,
            RequestBothFamilies = socket.Address.IsIPv6 && !isTcp,        // what brings a host with IPv6 alone to IPv4 peers
            AcceptOtherFamily = true,                                     // a server that relays one family alone is better than none
            MaxPeers = context.Options.MaxPairs,
        }, context.Random);
        _allocations.Add(new Allocation(stream, socket, server, turn, isTcp));
        stream.EnterGathering(IceGatheringState.Gathering);
    }

    /// <summary>Gives allocations on a server other credentials.</summary>
    public void ChangeCredentials(IceTurnServer server)
    {
        foreach (Allocation allocation in _allocations)
        {
            if (allocation.Server.IsOf(server) && !allocation.IsOver) allocation.Turn.TryChangeCredentials(server.Username, server.Password);
        }
    }

    /// <summary>Whether the stream waits for a server.</summary>
    public bool IsGathering(IceStream stream) => _allocations.Exists(a => ReferenceEquals(a.Stream, stream) && a.IsGathering);

    /// <summary>Deletes a stream's allocations; their last requests are still sent.</summary>
    public void Close(IceStream stream)
    {
        foreach (Allocation allocation in _allocations)
        {
            if (!ReferenceEquals(allocation.Stream, stream)) continue;
            (allocation.IsOver, allocation.IsRedirected, allocation.KeepaliveAt) = (true, false, Instant.Never);
            allocation.Turn.Close();
        }
        Connections.Close(stream);
        Sweep();
    }

    /// <summary>Gives up the allocations of a socket that is gone: nothing can be said to their server any more.</summary>
    public void Close(LocalBase socket)
    {
        for (int i = _allocations.Count - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(_allocations[i].Socket, socket)) continue;
            _allocations[i].Turn.Dispose();
            _allocations.RemoveAt(i);
        }
    }

    /// <summary>The connection that an allocation lived on is gone, and with it the allocation (RFC 8656 §3.1).</summary>
    public void ConnectionLost(in NetworkPath path, Instant now, CandidateGatherer gatherer)
    {
        foreach (Allocation allocation in _allocations)
        {
            if (path.Remote != allocation.Turn.Server || !allocation.Socket.Receives(path)) continue;
            allocation.Turn.ConnectionLost();
            Follow(allocation, gatherer, now);
            EndRedirection(allocation, gatherer, now);
        }
        Sweep();
    }

    /// <summary>ICMP says that nobody listens at a server: there will be no allocation (RFC 8489 §6.2.1). One that there is stays, as anybody can say so.</summary>
    public void ServerUnreachable(in NetworkPath path, CandidateGatherer gatherer, Instant now)
    {
        foreach (Allocation allocation in _allocations)
        {
            if (!allocation.IsStarted || allocation.Turn.State != TurnAllocationState.Allocating ||
                path.Remote != allocation.Turn.Server || !allocation.Socket.Receives(path)) continue;
            allocation.Turn.ConnectionLost();
            Follow(allocation, gatherer, now);
        }
        Sweep();
    }

    /// <summary>Whether a first request waits for its turn.</summary>
    public bool HasNew() => _allocations.Exists(static a => !a.IsStarted && a.IsGathering);

    /// <summary>Writes the first request to a server; the caller keeps the pace.</summary>
    public int TransmitNew(Span<byte> destination, Instant now, out NetworkPath path)
    {
        foreach (Allocation allocation in _allocations)
        {
            if (allocation.IsStarted || allocation.Turn.State != TurnAllocationState.Allocating) continue;
            allocation.IsStarted = true;
            allocation.Deadline = now + context.Options.GatheringTimeout;
            return Transmit(allocation, destination, now, out path);
        }
        path = default;
        return 0;
    }

    /// <summary>Writes what the pace does not hold up: answers to challenges, permissions, channels, renewals.</summary>
    public int TransmitDue(Span<byte> destination, Instant now, out NetworkPath path)
    {
        foreach (Allocation allocation in _allocations)
        {
            if (allocation.IsStarted && allocation.Turn.IsTransmitOwed) return Transmit(allocation, destination, now, out path);
            if (now < allocation.KeepaliveAt || allocation.IsOver) continue;
            allocation.KeepaliveAt = now + context.Options.KeepaliveInterval;
            path = new NetworkPath(allocation.Socket.Address, allocation.Turn.Server, allocation.Socket.Protocol);
            return StunBinding.WriteIndication(destination, StunTransactionId.Create(context.Random));
        }
        return Connections.Transmit(destination, now, out path);
    }

    public void AdvanceTo(Instant now, CandidateGatherer gatherer)
    {
        foreach (Allocation allocation in _allocations)
        {
            bool late = now >= allocation.Deadline;
            allocation.Turn.AdvanceTo(now);
            if (late) allocation.Turn.Close();
            Follow(allocation, gatherer, now);
            if (late) EndRedirection(allocation, gatherer, now);
        }
        Connections.AdvanceTo(now);
        Sweep();
    }

    /// <summary>Takes a datagram if it came from one of the servers.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="path">Where it came along; on return, for a peer's data, from the peer to the relayed address.</param>
    /// <param name="now">The time.</param>
    /// <param name="gatherer">Is told of candidates and errors.</param>
    /// <param name="offset">Where the peer's data starts.</param>
    /// <param name="length">Bytes of the peer's data; 0 when there is none.</param>
    /// <returns>False when the datagram came from elsewhere.</returns>
    public bool TryReceive(
        ReadOnlySpan<byte> datagram, ref NetworkPath path, Instant now, CandidateGatherer gatherer, out int offset, out int length)
    {
        if (Connections.TryReceive(datagram, ref path, now, out offset, out length)) return true;
        (offset, length) = (0, datagram.Length);
        foreach (Allocation allocation in _allocations)
        {
            if (path.Remote != allocation.Turn.Server || !allocation.Socket.Receives(path)) continue;
            // The same server may be asked for server-reflexive candidates: those answers are not the allocation's.
            if (StunMessage.IsProbablyStun(datagram) && StunMessage.PeekMethod(datagram) == StunMethod.Binding) return false;
            if (allocation.Turn.Receive(datagram, now, out offset, out length, out TransportAddress peer))
            {
                path = new NetworkPath(RelayFor(allocation.Turn, peer), peer);
                return true;
            }
            Follow(allocation, gatherer, now);
            while (allocation.Turn.TryReadIcmp(out TransportAddress unreachable, out StunIcmp icmp))
            {
                if (icmp.IsHard(unreachable.IsIPv6)) checks.Unreachable(new NetworkPath(RelayFor(allocation.Turn, unreachable), unreachable), now);
            }
            Sweep();
            return true;
        }
        return false;
    }

    private static TransportAddress RelayFor(TurnAllocation turn, TransportAddress peer) =>
        peer.IsIPv4 == turn.RelayedAddress.IsIPv4 ? turn.RelayedAddress : turn.AdditionalRelayedAddress;

    private static int Transmit(Allocation allocation, Span<byte> destination, Instant now, out NetworkPath path)
    {
        path = new NetworkPath(allocation.Socket.Address, allocation.Turn.Server, allocation.Socket.Protocol);
        return allocation.Turn.Transmit(destination, now);
    }

    // Draws the consequences of what has become of an allocation.
    private void Follow(Allocation allocation, CandidateGatherer gatherer, Instant now)
    {
        if (allocation.IsOver) return;
        switch (allocation.Turn.State)
        {
            case TurnAllocationState.Allocated when allocation.Relayed.Count == 0:
                // UDP to the server is better than TCP, and that than TLS.
                ushort preference = (ushort)Math.Max(0, allocation.Socket.LocalPreference - ((int)allocation.Socket.Protocol << 12));
                gatherer.AddReflexive(allocation.Stream, allocation.Socket, allocation.Turn.Server, allocation.Turn.MappedAddress);
                // RFC 6544 §5.5: the peer has to let in what the server sees of our active candidate.
                if (allocation.IsTcp)
                {
                    gatherer.AddActiveReflexive(allocation.Stream, allocation.Socket, allocation.Turn.Server, allocation.Turn.MappedAddress);
                    allocation.KeepaliveAt = now + context.Options.KeepaliveInterval;
                }
                AddRelayed(allocation, allocation.Turn.RelayedAddress, preference, gatherer);
                AddRelayed(allocation, allocation.Turn.AdditionalRelayedAddress, preference, gatherer);
                gatherer.UpdateState(allocation.Stream, now);
                break;
            case TurnAllocationState.Failed when !allocation.Turn.AlternateServer.IsNone:
                (allocation.IsOver, allocation.IsRedirected) = (true, true);
                gatherer.Redirected(allocation.Stream, allocation.Socket, allocation.Turn);
                break;
            case TurnAllocationState.Failed or TurnAllocationState.Closed:
                allocation.IsOver = true;
                allocation.KeepaliveAt = Instant.Never;
                foreach (LocalBase relayed in allocation.Relayed) allocation.Stream.Bases.Remove(relayed);
                End(allocation, gatherer, now);
                break;
            default:
                break;
        }
        if (allocation is { IsTcp: true, Relayed: [LocalBase relay] }) Connections.Follow(allocation.Stream, relay, allocation.Turn, now);
    }

    // That a server relays no TCP is no error: nobody has named it as one that does, and what else is wrong its UDP allocation tells.
    private void End(Allocation allocation, CandidateGatherer gatherer, Instant now)
    {
        if (allocation.IsTcp) gatherer.UpdateState(allocation.Stream, now);
        else if (allocation.Relayed.Count == 0)
            gatherer.Failed(allocation.Stream, allocation.Socket, allocation.Turn.Server, allocation.Turn.ErrorCode, now, isTurn: true);
        if (allocation.Socket.Protocol == TransportProtocol.Udp) return;
        context.Raise(new IceEvent
        {
            Kind = IceEventKind.ServerConnectionUnused,
            Stream = allocation.Stream,
            Component = allocation.Socket.Component,
            Local = allocation.Socket.Address,
            Server = allocation.Turn.Server,
            ServerProtocol = allocation.Socket.Protocol,
        });
    }

    // Whatever has become of the other server, this one is not waited for any more.
    private static void EndRedirection(Allocation allocation, CandidateGatherer gatherer, Instant now)
    {
        if (!allocation.IsRedirected) return;
        allocation.IsRedirected = false;
        gatherer.UpdateState(allocation.Stream, now);
    }

    private static void AddRelayed(Allocation allocation, TransportAddress address, ushort preference, CandidateGatherer gatherer)
    {
        if (address.IsNone) return;
        LocalBase relayed = new(allocation.Socket, allocation.Turn, address, preference, allocation.IsTcp);
        allocation.Relayed.Add(relayed);
        allocation.Stream.Bases.Add(relayed);
        gatherer.AddBase(allocation.Stream, relayed);
    }

    private void Sweep()
    {
        for (int i = _allocations.Count - 1; i >= 0; i--)
        {
            TurnAllocation turn = _allocations[i].Turn;
            if (_allocations[i].IsRedirected || turn.State is not (TurnAllocationState.Failed or TurnAllocationState.Closed)) continue;
            turn.Dispose();
            _allocations.RemoveAt(i);
        }
    }
}
