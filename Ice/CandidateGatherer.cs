using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Ice;

/// <summary>Finds candidates: a host candidate for each base, what STUN servers see of it, and what TURN servers lend (RFC 8445 §5.1.1).</summary>
internal sealed class CandidateGatherer(IceContext context, RelayGatherer relays)
{
    private const int Unreachable = 701;                                  // RTCPeerConnectionIceErrorEvent.errorCode

    private readonly List<Query> _queries = [];

    private sealed class Query(IceStream stream, LocalBase localBase, TransportAddress server, StunClientTransaction transaction)
    {
        private StunClientTransaction _transaction = transaction;

        /// <summary>Whether it goes over a TCP connection of its own (RFC 6544 §5.2).</summary>
        public bool IsConnection => Base.Protocol == TransportProtocol.Tcp;

        public IceStream Stream { get; } = stream;
        public LocalBase Base { get; } = localBase;
        public NetworkPath Path { get; } = new(localBase.Address, server, localBase.Protocol);
        public ref StunClientTransaction Transaction => ref _transaction;
        public Instant Deadline { get; set; } = Instant.Never;
        public Instant KeepaliveAt { get; set; } = Instant.Never;         // set once answered
        public bool IsAnswered => !KeepaliveAt.IsNever;
    }

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Query query in _queries)
            {
                if (query.IsAnswered)
                {
                    if (NeedsKeepalive(query.Stream)) next = Instant.Min(next, query.KeepaliveAt);
                }
                else
                {
                    next = Instant.Min(next, Instant.Min(query.Deadline, query.Transaction.NextTimeout));
                }
            }
            return next;
        }
    }

    /// <summary>Whether <see cref="TransmitNew"/> has something to send.</summary>
    public bool HasNew()
    {
        foreach (Query query in _queries)
        {
            if (!query.IsAnswered && query.Transaction is { IsOwed: true, SentCount: 0 }) return true;
        }
        return false;
    }

    /// <summary>Gathers from a base for the stream's current generation.</summary>
    public void AddBase(IceStream stream, LocalBase localBase)
    {
        IceAgentOptions options = context.Options;
        stream.EnterGathering(IceGatheringState.Gathering);
        if (localBase.Relay is not null)
        {
            IceCandidate relayed = Candidate(stream, localBase, IceCandidateType.Relayed, localBase.Address, localBase.Relay.Server);
            if (localBase.Connections is null) Add(stream, localBase, relayed);
            else AddTcpRelayed(stream, localBase, relayed);
            return;
        }
        AddHost(stream, localBase);
        if (options.GatheringPolicy == IceGatheringPolicy.Relay || options.IsLite || localBase.IsShared || localBase.Protocol != TransportProtocol.Udp) return;
        foreach (TransportAddress server in options.StunServers)
        {
            if (!CanAsk(localBase, server)) continue;
            _queries.Add(new Query(stream, localBase, server,
                new StunClientTransaction(StunTransactionId.Create(context.Random), context.Retransmission)));
        }
    }

    /// <summary>Asks a STUN server over a TCP connection that leaves from a base's port.</summary>
    public void AddConnection(IceStream stream, LocalBase localBase, TransportAddress server)
    {
        if (context.Options.IsLite || context.Options.GatheringPolicy == IceGatheringPolicy.Relay) return;
        stream.EnterGathering(IceGatheringState.Gathering);
        _queries.Add(new Query(stream, localBase, server, ReliableTransaction()));
    }

    /// <summary>A connection to a STUN server has ended, and with it the query.</summary>
    public void ConnectionLost(NetworkPath path, Instant now)
    {
        if (_queries.Find(query => query.Path == path) is not { } lost) return;
        _queries.Remove(lost);
        UpdateState(lost.Stream, now);
    }

    /// <summary>ICMP says that nobody listens at a server: its queries along the path have failed (RFC 8489 §6.2.1).</summary>
    public void ServerUnreachable(in NetworkPath path, Instant now)
    {
        for (int i = _queries.Count - 1; i >= 0; i--)
        {
            Query query = _queries[i];
            if (query.Path != path || query.IsAnswered || query.Transaction.SentCount == 0) continue;
            _queries.RemoveAt(i);
            Failed(query.Stream, query.Base, query.Path.Remote, StunErrorCode.None, now);
        }
    }

    /// <summary>Forgets the queries of the generation before a restart; servers behind connections that live on are asked again.</summary>
    public void Restart(IceStream stream)
    {
        _queries.RemoveAll(query => ReferenceEquals(query.Stream, stream) && !query.IsConnection);
        foreach (Query query in _queries)
        {
            if (!ReferenceEquals(query.Stream, stream)) continue;
            (query.Transaction, query.Deadline, query.KeepaliveAt) = (ReliableTransaction(), Instant.Never, Instant.Never);
        }
    }

    /// <summary>Asks the TURN servers that are reached over UDP for relayed addresses.</summary>
    public void AddRelays(IceStream stream, LocalBase localBase)
    {
        if (context.Options.IsLite || localBase.IsShared || localBase.Protocol != TransportProtocol.Udp) return;
        foreach (IceTurnServer server in context.Options.TurnServers)
        {
            if (server.Protocol == TransportProtocol.Udp && CanAsk(localBase, server.Address)) relays.Add(stream, localBase, server);
        }
    }

    /// <summary>Ends gathering once nothing is left to wait for.</summary>
    public void UpdateState(IceStream stream, Instant now)
    {
        if (!stream.BasesEnded || stream.GatheringState == IceGatheringState.Complete || relays.IsGathering(stream)) return;
        foreach (Query query in _queries)
        {
            if (ReferenceEquals(query.Stream, stream) && !query.IsAnswered) return;
        }
        stream.EnterGathering(IceGatheringState.Complete);
        stream.Update(now);
    }

    public void Forget(LocalBase localBase) => _queries.RemoveAll(query => ReferenceEquals(query.Base, localBase));

    public void Forget(IceStream stream) => _queries.RemoveAll(query => ReferenceEquals(query.Stream, stream));

    /// <summary>Writes the first request of a query; the caller keeps the pace.</summary>
    public int TransmitNew(Span<byte> destination, Instant now, out NetworkPath path)
    {
        foreach (Query query in _queries)
        {
            if (query.IsAnswered || query.Transaction is not { IsOwed: true, SentCount: 0 }) continue;
            query.Deadline = now + context.Options.GatheringTimeout;
            return Send(query, destination, now, out path);
        }
        path = default;
        return 0;
    }

    /// <summary>Writes repetitions and keepalives.</summary>
    public int TransmitDue(Span<byte> destination, Instant now, out NetworkPath path)
    {
        foreach (Query query in _queries)
        {
            if (!query.IsAnswered)
            {
                if (query.Transaction is { IsOwed: true, SentCount: > 0 }) return Send(query, destination, now, out path);
                continue;
            }
            // §5.1.1.4: the NAT's binding has to live until checks have ended.
            if (now < query.KeepaliveAt || !NeedsKeepalive(query.Stream)) continue;
            query.KeepaliveAt = now + context.Options.KeepaliveInterval;
            path = query.Path;
            return StunBinding.WriteIndication(destination, StunTransactionId.Create(context.Random));
        }
        path = default;
        return 0;
    }

    public void AdvanceTo(Instant now)
    {
        for (int i = _queries.Count - 1; i >= 0; i--)
        {
            Query query = _queries[i];
            if (query.IsAnswered) continue;
            query.Transaction.AdvanceTo(now);
            if (!query.Transaction.IsTimedOut && now < query.Deadline) continue;
            _queries.RemoveAt(i);
            Failed(query.Stream, query.Base, query.Path.Remote, StunErrorCode.None, now);
        }
    }

    /// <summary>Takes a response if it answers a query; a STUN server's has no integrity, its id and address are all there is.</summary>
    public bool TryReceive(in StunMessage response, in NetworkPath path, Instant now)
    {
        for (int i = 0; i < _queries.Count; i++)
        {
            Query query = _queries[i];
            if (query.IsAnswered || query.Transaction.Id != response.TransactionId || query.Path != path) continue;
            if (response.Class == StunClass.SuccessResponse && response.TryGetMappedAddress(out TransportAddress mapped))
            {
                query.KeepaliveAt = now + context.Options.KeepaliveInterval;
                AddReflexive(query.Stream, query.Base, query.Path.Remote, mapped);
                if (query.IsConnection) AddActiveReflexive(query.Stream, query.Base, query.Path.Remote, mapped);
                UpdateState(query.Stream, now);
            }
            else
            {
                _queries.RemoveAt(i);
                Failed(query.Stream, query.Base, query.Path.Remote, response.GetErrorCode(), now);
            }
            return true;
        }
        return false;
    }

    private static bool NeedsKeepalive(IceStream stream) =>
        stream.State is IceConnectionState.New or IceConnectionState.Checking;

    private static int Send(Query query, Span<byte> destination, Instant now, out NetworkPath path)
    {
        query.Transaction.Sent(now);
        path = query.Path;
        return StunBinding.WriteRequest(destination, query.Transaction.Id);
    }

    // RFC 6544 §5.2: an active candidate's address is that of the passive one on the same interface; its port means nothing.
    public void AddActiveReflexive(IceStream stream, LocalBase beside, TransportAddress server, TransportAddress mapped)
    {
        LocalBase? active = stream.Bases.Find(b =>
            b is { TcpType: IceTcpType.Active, Relay: null } && b.Component == beside.Component && b.Address.HasSameAddressAs(beside.Address));
        if (active is not null) AddReflexive(stream, active, server, mapped.WithPort(active.Address.Port));
    }

    // RFC 6544 §4.5: the active candidate has the address of the passive one, and the port of the discard service.
    private void AddTcpRelayed(IceStream stream, LocalBase localBase, IceCandidate active)
    {
        TransportAddress discard = localBase.Address.WithPort(IceAgent.DiscardPort);
        Add(stream, localBase, active with { Address = discard, Port = discard.Port });
        Add(stream, localBase, active with
        {
            TcpType = IceTcpType.Passive, Priority = CandidatePriority.Compute(IceCandidateType.Relayed, localBase, IceTcpType.Passive),
        });
    }

    private StunClientTransaction ReliableTransaction() => new(StunTransactionId.Create(context.Random), StunRetransmission.Reliable);

    /// <summary>Tells that a server gave no candidate; no error code means that it did not answer.</summary>
    public void Failed(IceStream stream, LocalBase localBase, TransportAddress server, StunErrorCode code, Instant now, bool isTurn = false)
    {
        // A STUN server need not listen for TCP (RFC 8489 §13), and nobody has named it as one that does.
        if (localBase.TcpType == IceTcpType.None) context.Raise(new IceEvent
        {
            Kind = IceEventKind.CandidateError,
            Stream = stream,
            Component = localBase.Component,
            ErrorCode = code == StunErrorCode.None ? Unreachable : (int)code,
            ErrorText = code == StunErrorCode.None ? "The server did not answer." : code.GetReasonPhrase(),
            IsTurnServer = isTurn,
            Local = localBase.Address,
            Server = server,
            ServerProtocol = localBase.Protocol,
        });
        UpdateState(stream, now);
    }

    /// <summary>Tells that a server over TCP or TLS names another one (RFC 8489 §10).</summary>
    public void Redirected(IceStream stream, LocalBase localBase, TurnAllocation turn) => context.Raise(new IceEvent
    {
        Kind = IceEventKind.AlternateServer,
        Stream = stream,
        Component = localBase.Component,
        Local = localBase.Address,
        Server = turn.Server,
        ServerProtocol = localBase.Protocol,
        IsTurnServer = true,
        AlternateServer = turn.AlternateServer,
        AlternateDomain = turn.AlternateDomain,
    });

    /// <summary>Adds what a server saw of a base, unless that is redundant (§5.1.3) or not wanted.</summary>
    public void AddReflexive(IceStream stream, LocalBase localBase, TransportAddress server, TransportAddress mapped)
    {
        if (mapped.IsNone || (localBase.Protocol != TransportProtocol.Udp && localBase.TcpType == IceTcpType.None) ||
            stream.Current.LocalCandidates.Exists(c => c.Candidate.Address == mapped && ReferenceEquals(c.Base, localBase))) return;
        Add(stream, localBase, Candidate(stream, localBase, IceCandidateType.ServerReflexive, mapped, server));
    }

    // The address of a socket, or what a NAT in front of it is known to make of that.
    private void AddHost(IceStream stream, LocalBase localBase)
    {
        TransportAddress address = localBase.Address, beside = default;
        foreach (IceAddressMapping mapping in context.Options.AddressMappings)
        {
            if (!mapping.Applies(address)) continue;
            if (mapping.ReplacesHost) address = mapping.External.WithPort(localBase.Address.Port);
            else beside = mapping.External.WithPort(localBase.Address.Port);
            break;
        }
        localBase.IsHidden = !Add(stream, localBase, Candidate(stream, localBase, IceCandidateType.Host, address, default));
        AddReflexive(stream, localBase, beside, beside);
    }

    private bool Add(IceStream stream, LocalBase localBase, IceCandidate candidate)
    {
        bool isAllowed = context.Options.GatheringPolicy switch
        {
            IceGatheringPolicy.All => true,
            IceGatheringPolicy.Relay => candidate.Type == IceCandidateType.Relayed,
            _ => IsGlobal(candidate.Address),
        };
        if (!isAllowed || context.Options.LocalCandidateFilter?.Invoke(candidate) == false) return false;
        if (stream.Current.LocalCandidates.Count >= context.Options.MaxCandidates)
        {
            context.Drop(IceDropReason.LimitReached);
            return false;
        }
        stream.AddLocalCandidate(candidate, localBase);
        return true;
    }

    private static bool IsGlobal(TransportAddress address) =>
        !address.IsPrivate && !address.IsLinkLocal && !address.IsLoopback && !address.IsUnspecified && !address.IsMulticast;

    // Our own machine's addresses mean nothing to a server elsewhere, and other families cannot reach it.
    private static bool CanAsk(LocalBase localBase, TransportAddress server) =>
        server.IsIPv4 == localBase.Address.IsIPv4 && server.IsLoopback == localBase.Address.IsLoopback;

    private IceCandidate Candidate(
        IceStream stream, LocalBase localBase, IceCandidateType type, TransportAddress address, TransportAddress server) => new()
    {
        Foundation = context.Foundations.For(type, (localBase.Socket ?? localBase).Address, localBase.Protocol, server),
        Component = localBase.Component,
        Protocol = localBase.Protocol,
        TcpType = localBase.TcpType,
        Priority = CandidatePriority.Compute(type, localBase),
        Address = address,
        HostName = type == IceCandidateType.Host ? localBase.HostName : null,
        Server = server == address ? default : server,              // a mapping that is known by configuration names no server
        RelayProtocol = localBase.Socket?.Protocol,
        Port = address.Port,
        Type = type,
        RelatedAddress = type switch
        {
            IceCandidateType.Host => default,
            IceCandidateType.Relayed => Related(localBase.Socket!, localBase.Relay!.MappedAddress),      // RFC 8839 §5.1
            _ => Related(localBase, localBase.Address),
        },
        UsernameFragment = stream.LocalParameters.UsernameFragment,
    };

    // Where addresses are to be hidden, behind a name or a relay, raddr must not tell them
    // (draft-ietf-mmusic-mdns-ice-candidates §3.1.2, RFC 8828 §5.2).
    private TransportAddress Related(LocalBase socket, TransportAddress related) =>
        socket.HostName is null && context.Options.GatheringPolicy == IceGatheringPolicy.All && !related.IsNone
            ? related
            : socket.Address.IsIPv4 ? TransportAddress.FromIPv4(0, 0) : TransportAddress.FromBytes(stackalloc byte[16], 0);
}
