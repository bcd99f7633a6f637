using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>Finds candidates: a host candidate for each base, and what STUN servers see of it (RFC 8445 §5.1.1).</summary>
internal sealed class CandidateGatherer(IceContext context)
{
    private const int Unreachable = 701;                                  // RTCPeerConnectionIceErrorEvent.errorCode

    private readonly List<Query> _queries = [];

    private sealed class Query(IceStream stream, LocalBase localBase, TransportAddress server, StunClientTransaction transaction)
    {
        private StunClientTransaction _transaction = transaction;

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
        if (options.GatheringPolicy == IceGatheringPolicy.All) stream.AddLocalCandidate(HostCandidate(stream, localBase), localBase);
        if (options.GatheringPolicy != IceGatheringPolicy.All || options.IsLite || localBase.Address.IsLoopback) return;
        foreach (TransportAddress server in options.StunServers)
        {
            if (server.IsIPv4 != localBase.Address.IsIPv4) continue;
            _queries.Add(new Query(stream, localBase, server,
                new StunClientTransaction(StunTransactionId.Create(context.Random), context.Retransmission)));
        }
    }

    /// <summary>Ends gathering once nothing is left to wait for.</summary>
    public void UpdateState(IceStream stream, Instant now)
    {
        if (!stream.BasesEnded || stream.GatheringState == IceGatheringState.Complete) return;
        foreach (Query query in _queries)
        {
            if (ReferenceEquals(query.Stream, stream) && !query.IsAnswered) return;
        }
        stream.EnterGathering(IceGatheringState.Complete);
        stream.Update(now);
    }

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
            Failed(query, Unreachable, now);
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
                AddReflexive(query, mapped);
                UpdateState(query.Stream, now);
            }
            else
            {
                _queries.RemoveAt(i);
                Failed(query, (int)response.GetErrorCode(), now);
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

    private void Failed(Query query, int code, Instant now)
    {
        context.Raise(new IceEvent
        {
            Kind = IceEventKind.CandidateError,
            Stream = query.Stream,
            Component = query.Base.Component,
            ErrorCode = code == 0 ? Unreachable : code,
            Local = query.Path.Local,
            Server = query.Path.Remote,
        });
        UpdateState(query.Stream, now);
    }

    private void AddReflexive(Query query, TransportAddress mapped)
    {
        IceStream stream = query.Stream;
        LocalBase localBase = query.Base;
        // §5.1.3: a candidate with the same address and base is redundant.
        if (stream.Current.LocalCandidates.Exists(c => c.Candidate.Address == mapped && ReferenceEquals(c.Base, localBase))) return;
        if (stream.Current.LocalCandidates.Count >= context.Options.MaxCandidates)
        {
            context.Drop(IceDropReason.LimitReached);
            return;
        }
        stream.AddLocalCandidate(new IceCandidate
        {
            Foundation = context.Foundations.For(
                IceCandidateType.ServerReflexive, localBase.Address, localBase.Protocol, query.Path.Remote),
            Component = localBase.Component,
            Priority = CandidatePriority.Compute(IceCandidateType.ServerReflexive, localBase.LocalPreference, localBase.Component),
            Address = mapped,
            Port = mapped.Port,
            Type = IceCandidateType.ServerReflexive,
            RelatedAddress = Related(localBase),
            UsernameFragment = stream.LocalParameters.UsernameFragment,
        }, localBase);
    }

    private IceCandidate HostCandidate(IceStream stream, LocalBase localBase) => new()
    {
        Foundation = context.Foundations.For(IceCandidateType.Host, localBase.Address, localBase.Protocol, default),
        Component = localBase.Component,
        Priority = CandidatePriority.Compute(IceCandidateType.Host, localBase.LocalPreference, localBase.Component),
        Address = localBase.Address,
        HostName = localBase.HostName,
        Port = localBase.Address.Port,
        Type = IceCandidateType.Host,
        UsernameFragment = stream.LocalParameters.UsernameFragment,
    };

    // Where the address hides behind a name, raddr must not tell it (draft-ietf-mmusic-mdns-ice-candidates §3.1.2).
    private static TransportAddress Related(LocalBase localBase) => localBase.HostName is null
        ? localBase.Address
        : localBase.Address.IsIPv4 ? TransportAddress.FromIPv4(0, 0) : TransportAddress.FromBytes(stackalloc byte[16], 0);
}
