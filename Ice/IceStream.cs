using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>One data stream of an agent (RFC 8445 §4): what an RTCIceTransport shows. Made by <see cref="IceAgent.AddStream"/>.</summary>
public sealed class IceStream
{
    private readonly IceContext _context;
    private readonly List<IceCandidate> _localCandidates = [];
    private Instant _previousExpiry = Instant.Never;

    internal IceStream(IceContext context, int componentCount, IceParameters? local)
    {
        _context = context;
        ComponentCount = componentCount;
        Current = new IceGeneration(context, this, local);
    }

    /// <summary>1, or 2 where RTCP has a transport of its own.</summary>
    public int ComponentCount { get; private set; }

    /// <summary>Our user name fragment and password, to be signalled.</summary>
    public IceParameters LocalParameters => Current.Local;

    /// <summary>The peer's parameters; null before <see cref="IceAgent.SetRemoteParameters"/> of this generation.</summary>
    public IceParameters? RemoteParameters => Current.Remote;

    /// <summary>Whether connectivity is there.</summary>
    public IceConnectionState State { get; private set; }

    /// <summary>How far gathering has come.</summary>
    public IceGatheringState GatheringState { get; private set; }

    /// <summary>The candidates gathered for this generation, in the order of their events.</summary>
    public IReadOnlyList<IceCandidate> LocalCandidates => _localCandidates;

    /// <summary>The candidates of the peer, signalled or discovered.</summary>
    public IReadOnlyList<IceCandidate> RemoteCandidates => Current.RemoteCandidates;

    /// <summary>The pairs of this generation, best first.</summary>
    public IReadOnlyList<IceCandidatePair> Pairs => Current.CheckList.Pairs;

    /// <summary>Whether the stream was removed from its agent.</summary>
    public bool IsClosed => State == IceConnectionState.Closed;

    internal IceGeneration Current { get; private set; }

    /// <summary>The generation before the last restart, while its pairs may still carry data.</summary>
    internal IceGeneration? Previous { get; private set; }

    internal List<LocalBase> Bases { get; } = [];

    internal bool BasesEnded { get; set; }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do.</summary>
    internal Instant NextTimeout
    {
        get
        {
            Instant next = Current.IsPatient ? Instant.Min(_previousExpiry, Current.PatientUntil) : _previousExpiry;
            for (int c = 1; c <= ComponentCount; c++)
            {
                if (GetActive((IceComponent)c) is { } pair && State is IceConnectionState.Connected or IceConnectionState.Completed)
                    next = Instant.Min(next, DisconnectedAt(pair));
            }
            return next;
        }
    }

    /// <summary>The pair that carries a component's data: this generation's, or until there is one the previous generation's.</summary>
    internal IceCandidatePair? GetActive(IceComponent component) =>
        Current.GetSelected(component) ?? Previous?.GetSelected(component);

    /// <summary>The base that a path leads to. Active TCP bases of two components look the same: the connection's pair says whose it is.</summary>
    internal LocalBase? FindBase(in NetworkPath path)
    {
        LocalBase? found = null;
        foreach (LocalBase localBase in Bases)
        {
            if (!localBase.Receives(path)) continue;
            if (localBase.TcpType != IceTcpType.Active) return localBase;
            if (found is null || (_context.Paths.TryGetValue(path, out IceCandidatePair? pair) && ReferenceEquals(pair.Base, localBase))) found = localBase;
        }
        return found;
    }

    internal bool BelongsTo(IceContext context) => ReferenceEquals(context, _context);

    /// <summary>Adds a local candidate: to be signalled, and paired if it is a base's own.</summary>
    internal void AddLocalCandidate(IceCandidate candidate, LocalBase localBase)
    {
        Current.LocalCandidates.Add((candidate, localBase));
        _localCandidates.Add(candidate);
        Current.CheckList.AddLocal(localBase, candidate);
        _context.Raise(new IceEvent
        {
            Kind = IceEventKind.LocalCandidate, Stream = this, Component = candidate.Component, Candidate = candidate,
        });
    }

    /// <summary>Forgets a base that is gone, its candidates and pairs.</summary>
    internal void Remove(LocalBase localBase, Instant now)
    {
        if (!Bases.Remove(localBase)) return;
        foreach ((IceCandidate candidate, LocalBase of) in Current.LocalCandidates)
        {
            if (ReferenceEquals(of, localBase)) _localCandidates.Remove(candidate);
        }
        Current.Remove(localBase);
        Previous?.Remove(localBase);
        Update(now);
    }

    /// <summary>RTCP has no transport of its own any more: what is left of the second component is forgotten.</summary>
    internal void RemoveRtcpComponent(Instant now)
    {
        ComponentCount = 1;
        Current.RemoteCandidates.RemoveAll(candidate => candidate.Component == IceComponent.Rtcp);
        Current.SetSelected(IceComponent.Rtcp, null);
        Previous?.SetSelected(IceComponent.Rtcp, null);
        Update(now);
    }

    /// <summary>Starts a new generation; the old one goes on until the new one carries the data (RFC 8445 §9).</summary>
    internal void Restart(Instant now, IceParameters? local)
    {
        bool currentWorks = Previous is null;
        for (int c = 1; c <= ComponentCount; c++) currentWorks |= Current.GetSelected((IceComponent)c) is not null;
        if (currentWorks)
        {
            Previous?.Dispose();
            Previous = Current;
        }
        else
        {
            Current.Dispose();
        }
        _previousExpiry = Instant.Never;
        Current = new IceGeneration(_context, this, local);
        _localCandidates.Clear();
        EnterGathering(IceGatheringState.New);
        UpdateState(now);
    }

    /// <summary>Selects the pair to send on for each component, and follows what that means for consent and state.</summary>
    internal void Update(Instant now)
    {
        if (_context.IsLiteToLite && Current.Remote is not null) Current.CheckList.NominateUnchecked();
        for (int c = 1; c <= ComponentCount; c++)
        {
            Select(Current, (IceComponent)c, now);
            if (Previous is not null) Select(Previous, (IceComponent)c, now);
        }
        Current.CheckList.Conclude(ComponentCount);
        UpdateState(now);
    }

    internal void AdvanceTo(Instant now)
    {
        if (now >= _previousExpiry)
        {
            _previousExpiry = Instant.Never;
            Previous?.Dispose();
            Previous = null;
        }
        Current.AdvanceTo(now);
        UpdateState(now);
    }

    internal void EnterGathering(IceGatheringState next)
    {
        if (next == GatheringState) return;
        GatheringState = next;
        _context.Raise(new IceEvent { Kind = IceEventKind.GatheringStateChanged, Stream = this, GatheringState = next, State = State });
    }

    internal void Close()
    {
        Current.Dispose();
        Previous?.Dispose();
        Previous = null;
        Enter(IceConnectionState.Closed);
    }

    private void Select(IceGeneration generation, IceComponent component, Instant now)
    {
        IceCandidatePair? best = generation.CheckList.Best(component, now);
        IceCandidatePair? selected = generation.GetSelected(component);
        if (best is { IsNominated: true })
        {
            generation.CheckList.KeepNominated(best);
            if (best.Base.Connections is null) best.Base.Relay?.BindChannel(best.Path.Remote);
        }
        if (ReferenceEquals(best, selected)) return;
        selected?.Consent.Stop();
        generation.SetSelected(component, best);
        if (best is null) return;
        best.Consent.Start(now, _context);
        if (!ReferenceEquals(generation, Current) && Current.GetSelected(component) is not null) return;
        _context.Raise(new IceEvent { Kind = IceEventKind.SelectedPairChanged, Stream = this, Component = component, Pair = best, State = State });
    }

    // The only place that decides on the state.
    private void UpdateState(Instant now)
    {
        if (IsClosed) return;
        bool carries = true, nominated = true, silent = false;
        for (int c = 1; c <= ComponentCount; c++)
        {
            IceCandidatePair? pair = GetActive((IceComponent)c);
            carries &= pair is not null;
            nominated &= pair is { IsNominated: true };
            silent |= pair is not null && now >= DisconnectedAt(pair);
        }
        if (Previous is not null && _previousExpiry.IsNever) RetirePrevious(now);

        if (carries)
        {
            bool complete = nominated && Current.RemoteEnded && GatheringState == IceGatheringState.Complete && Current.CheckList.IsConcluded;
            Enter(silent ? IceConnectionState.Disconnected : complete ? IceConnectionState.Completed : IceConnectionState.Connected);
            return;
        }
        bool canGoOn = Current.Remote is null || Current.CheckList.IsActive || Current.IsPatient;
        bool hadConnection = State is IceConnectionState.Connected or IceConnectionState.Completed or IceConnectionState.Disconnected;
        if (Current.Remote is not null && (!canGoOn || (hadConnection && !Current.CheckList.IsActive))) Enter(IceConnectionState.Failed);
        else if (Current.CheckList.Pairs.Count > 0 && Current.Remote is not null) Enter(IceConnectionState.Checking);
        else if (hadConnection) Enter(IceConnectionState.Disconnected);
    }

    // The old pairs stay known for as long as the peer may still send over them; their consent checks end now.
    private void RetirePrevious(Instant now)
    {
        for (int c = 1; c <= ComponentCount; c++)
        {
            if (Current.GetSelected((IceComponent)c) is null) return;
        }
        for (int c = 1; c <= ComponentCount; c++) Previous!.GetSelected((IceComponent)c)?.Consent.Stop();
        _previousExpiry = now + _context.Options.ConsentTimeout;
    }

    private Instant DisconnectedAt(IceCandidatePair pair) => pair.Consent.UnansweredSince + _context.Options.DisconnectedTimeout;

    private void Enter(IceConnectionState next)
    {
        if (next == State) return;
        State = next;
        _context.Raise(new IceEvent { Kind = IceEventKind.ConnectionStateChanged, Stream = this, State = next, GatheringState = GatheringState });
    }
}
