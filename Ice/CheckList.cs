using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>The pairs of one generation of a stream, their states, and which is checked next (RFC 8445 §6.1.2 and §6.1.4).</summary>
/// <remarks>
/// Freezing is lazy: a pair leaves Frozen when it is picked, or when one of its foundation succeeds. What is picked is the same
/// as with §6.1.2.6's initial states, and trickled pairs need no case of their own (RFC 8838 §12).
/// </remarks>
internal sealed class CheckList(IceGeneration generation, IceContext context)
{
    private const int MaxTriggeredInARow = 3;

    private readonly List<IceCandidatePair> _pairs = [];                // highest priority first
    private readonly Queue<IceCandidatePair> _triggered = new();
    private int _triggeredInARow;

    public List<IceCandidatePair> Pairs => _pairs;

    /// <summary>Whether pairs other than the nominated ones need no more checks: each component has a nominated pair (§8.1.2).</summary>
    public bool IsConcluded { get; private set; }

    /// <summary>Whether a check is in flight or still to be sent.</summary>
    public bool IsActive
    {
        get
        {
            foreach (IceCandidatePair pair in _pairs)
            {
                if (pair.State < IceCandidatePairState.Succeeded) return true;
            }
            return false;
        }
    }

    public void AddLocal(LocalBase localBase, IceCandidate candidate)
    {
        foreach (IceCandidate remote in generation.RemoteCandidates) Meet(localBase, candidate, remote);
    }

    public void AddRemote(IceCandidate remote)
    {
        foreach ((IceCandidate candidate, LocalBase localBase) in generation.LocalCandidates) Meet(localBase, candidate, remote);
    }

    /// <summary>The pair between a base and a remote address, or null.</summary>
    public IceCandidatePair? Find(LocalBase localBase, TransportAddress remote)
    {
        foreach (IceCandidatePair pair in _pairs)
        {
            if (ReferenceEquals(pair.Base, localBase) && pair.Path.Remote == remote) return pair;
        }
        return null;
    }

    /// <summary>Adds a pair, or finds it; null when its addresses do not go together or the list is full of better ones.</summary>
    /// <param name="localBase">Where it sends from.</param>
    /// <param name="local">Our candidate.</param>
    /// <param name="remote">The peer's candidate.</param>
    /// <param name="isProven">Whether the peer's check has come this way, so that the addresses do go together.</param>
    public IceCandidatePair? Form(LocalBase localBase, IceCandidate local, IceCandidate remote, bool isProven = false)
    {
        IceCandidatePair? pair = Find(localBase, remote.Address);
        if (pair is not null)
        {
            pair.Remote = remote;                                         // what was peer-reflexive has been signalled
            Resort(pair);
            return pair;
        }
        if (!isProven && !CanReach(localBase, remote)) return null;
        pair = new IceCandidatePair(generation, localBase, local, remote)
        {
            IsLateDiscovery = IsConcluded && remote.Type == IceCandidateType.PeerReflexive,
        };
        pair.ComputePriority(context.Role);
        if (_pairs.Count >= context.Options.MaxPairs && !TryMakeRoom(pair)) return null;
        Insert(pair);
        context.Paths[pair.Path] = pair;
        localBase.Relay?.Permit(remote.Address);                          // RFC 8656 §9: else the peer's packets are dropped
        if (SomeFoundationPeerIs(pair, IceCandidatePairState.Succeeded, IceCandidatePairState.Succeeded))
            pair.State = IceCandidatePairState.Waiting;                   // RFC 8838 §12
        return pair;
    }

    /// <summary>Puts a pair into the triggered-check queue (RFC 8445 §7.3.1.4).</summary>
    public void Trigger(IceCandidatePair pair)
    {
        if (pair.State != IceCandidatePairState.Succeeded) pair.State = IceCandidatePairState.Waiting;
        if (pair.IsTriggered) return;
        pair.IsTriggered = true;
        _triggered.Enqueue(pair);
    }

    /// <summary>Takes the next pair to check: a triggered one, else the best that may be checked (§6.1.4.2).</summary>
    /// <remarks>
    /// Deviation, §6.1.4.2: after some triggered ones in a row an ordinary one has its turn. Two NATs that give a port to every
    /// destination turn each triggered check into a discovery, which triggers another, and ordinary ones would never be sent.
    /// </remarks>
    public IceCandidatePair? Next()
    {
        if (_triggeredInARow >= MaxTriggeredInARow && NextOrdinary() is { } ordinary)
        {
            _triggeredInARow = 0;
            return ordinary;
        }
        while (_triggered.Count > 0)
        {
            IceCandidatePair pair = _triggered.Dequeue();
            bool due = pair.IsTriggered;
            pair.IsTriggered = false;
            if (!due) continue;
            _triggeredInARow++;
            return pair;
        }
        _triggeredInARow = 0;
        return NextOrdinary();
    }

    private IceCandidatePair? NextOrdinary()
    {
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.State == IceCandidatePairState.Waiting && !pair.IsTriggered) return pair;
        }
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.State == IceCandidatePairState.Frozen &&
                !SomeFoundationPeerIs(pair, IceCandidatePairState.Waiting, IceCandidatePairState.InProgress)) return pair;
        }
        return null;
    }

    /// <summary>Whether <see cref="Next"/> would find a pair.</summary>
    public bool HasNext()
    {
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.IsTriggered) return true;
            if (pair.State == IceCandidatePairState.Waiting ||
                (pair.State == IceCandidatePairState.Frozen &&
                 !SomeFoundationPeerIs(pair, IceCandidatePairState.Waiting, IceCandidatePairState.InProgress))) return true;
        }
        return false;
    }

    /// <summary>A nominating check that waits to be sent, which the pace does not hold up.</summary>
    public IceCandidatePair? NextNomination()
    {
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.IsTriggered && pair.NominateOnSuccess && pair.State == IceCandidatePairState.Succeeded &&
                context.Role == IceRole.Controlling) return pair;
        }
        return null;
    }

    /// <summary>How many checks are in flight or could be: Num-Waiting + Num-In-Progress (§14.3).</summary>
    public int CountRunning()
    {
        int count = 0;
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.State is IceCandidatePairState.Waiting or IceCandidatePairState.InProgress) count++;
        }
        return count;
    }

    /// <summary>Unfreezes the pairs that share the foundation of one that succeeded (§7.2.5.3.3).</summary>
    public void Unfreeze(IceCandidatePair succeeded)
    {
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.State == IceCandidatePairState.Frozen && pair.HasSameFoundationAs(succeeded))
                pair.State = IceCandidatePairState.Waiting;
        }
    }

    /// <summary>Whether a pair of this component and of higher priority may yet succeed.</summary>
    public bool HasBetterPending(IceCandidatePair than)
    {
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.Priority <= than.Priority) return false;             // sorted
            if (pair.Component == than.Component && pair.State < IceCandidatePairState.Succeeded) return true;
        }
        return false;
    }

    /// <summary>The pair to send on: the best nominated one, else the best that works.</summary>
    public IceCandidatePair? Best(IceComponent component, Instant now)
    {
        IceCandidatePair? best = null;
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.Component != component || !pair.IsUsable(now)) continue;
            if (pair.IsNominated) return pair;
            best ??= pair;
        }
        return best;
    }

    /// <summary>
    /// Once each component has a nominated pair: drops the pairs that were not checked, and stops repeating checks that could
    /// no longer win (§8.1.2). Pairs of candidates that come later are checked, for a controlling peer may still turn to them.
    /// </summary>
    public void Conclude(int componentCount)
    {
        bool wasConcluded = IsConcluded;
        IsConcluded = false;
        for (int c = 1; c <= componentCount; c++)
        {
            if (generation.GetSelected((IceComponent)c) is not { IsNominated: true }) return;
        }
        IsConcluded = true;
        if (wasConcluded) return;
        for (int i = _pairs.Count - 1; i >= 0; i--)
        {
            IceCandidatePair pair = _pairs[i];
            bool unchecked_ = pair.State is IceCandidatePairState.Frozen or IceCandidatePairState.Waiting && !pair.IsTriggered;
            bool hopeless = pair.State == IceCandidatePairState.InProgress &&
                pair.Priority < generation.GetSelected(pair.Component)!.Priority;
            if (unchecked_ || hopeless) RemoveAt(i);
        }
    }

    public void RoleChanged(IceRole role)
    {
        foreach (IceCandidatePair pair in _pairs) pair.ComputePriority(role);
        _pairs.Sort(static (left, right) => right.Priority.CompareTo(left.Priority));
    }

    /// <summary>Moves a pair whose candidates have changed to where its priority belongs.</summary>
    public void Resort(IceCandidatePair pair)
    {
        _pairs.Remove(pair);
        pair.ComputePriority(context.Role);
        Insert(pair);
    }

    /// <summary>Ends the nomination of the component's other pairs: of those that a peer nominates aggressively, or after a change of roles, one counts.</summary>
    public void KeepNominated(IceCandidatePair chosen)
    {
        foreach (IceCandidatePair pair in _pairs)
        {
            if (pair.Component == chosen.Component && !ReferenceEquals(pair, chosen)) pair.IsNominated = false;
        }
    }

    /// <summary>Nominates, between two lite agents, the best pair of each component: neither checks, and both rank alike (§8.2).</summary>
    public void NominateUnchecked()
    {
        int done = 0;
        foreach (IceCandidatePair pair in _pairs)
        {
            int bit = 1 << (int)pair.Component;
            bool isBest = (done & bit) == 0;
            done |= bit;
            pair.IsNominated = isBest;
            pair.State = isBest ? IceCandidatePairState.Succeeded : IceCandidatePairState.Frozen;
            if (isBest) pair.Consent.GrantForever();
        }
    }

    /// <summary>Drops the pairs of a base that is gone.</summary>
    public void Remove(LocalBase localBase)
    {
        for (int i = _pairs.Count - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(_pairs[i].Base, localBase)) continue;
            IceCandidatePair pair = _pairs[i];
            if (generation.IsSelected(pair)) generation.SetSelected(pair.Component, null);
            pair.Consent.Stop();
            RemoveAt(i);
        }
    }

    public void Clear()
    {
        for (int i = _pairs.Count - 1; i >= 0; i--) RemoveAt(i);
        _triggered.Clear();
    }

    // §6.1.2.4: a reflexive candidate is checked from its base, so its pair would be redundant. To a passive relayed one the peer
    // connects, from whatever port: what counts is that its address is let in (RFC 6062 §5.3).
    private void Meet(LocalBase localBase, IceCandidate candidate, IceCandidate remote)
    {
        if (localBase.IsPairedBy(candidate)) Form(localBase, candidate, remote);
        else if (candidate is { Type: IceCandidateType.Relayed, TcpType: IceTcpType.Passive } && remote.Component == localBase.Component &&
            remote.Address.IsIPv4 == localBase.Address.IsIPv4 && !remote.Address.IsUnspecified) localBase.Relay!.Permit(remote.Address);
    }

    private static bool CanReach(LocalBase localBase, IceCandidate remote)
    {
        TransportAddress local = localBase.Address, address = remote.Address;
        return remote.Component == localBase.Component && remote.Protocol == localBase.Protocol && Opens(localBase.TcpType, remote.TcpType) &&
            !address.IsNone && address.Port != 0 && !address.IsMulticast && !address.IsUnspecified &&
            local.IsIPv4 == address.IsIPv4 &&
            local.IsLoopback == address.IsLoopback &&                     // keeps a peer from probing our own machine
            (local.IsIPv4 || local.IsLinkLocal == address.IsLinkLocal);   // §6.1.2.2
    }

    // RFC 6544 §6.2: who opens the connection; the passive side waits for the other's check, and has no pair before that.
    private static bool Opens(IceTcpType local, IceTcpType remote) => local switch
    {
        IceTcpType.None => true,
        IceTcpType.Active => remote == IceTcpType.Passive,
        IceTcpType.SimultaneousOpen => remote == IceTcpType.SimultaneousOpen,
        _ => false,
    };

    private bool SomeFoundationPeerIs(IceCandidatePair pair, IceCandidatePairState first, IceCandidatePairState last)
    {
        foreach (IceStream stream in context.Streams)                     // freezing spans the check list set
        {
            foreach (IceCandidatePair other in stream.Current.CheckList._pairs)
            {
                if (other.State >= first && other.State <= last && !ReferenceEquals(other, pair) && other.HasSameFoundationAs(pair))
                    return true;
            }
        }
        return false;
    }

    // What has failed goes first, then what is of lower priority and was not checked yet. A pair that was discovered does not drive
    // out a signalled one: relays, of the lowest priority, are what is left where discoveries lead nowhere.
    private bool TryMakeRoom(IceCandidatePair added)
    {
        int last = _pairs.FindLastIndex(static pair => pair.State == IceCandidatePairState.Failed);
        for (int i = _pairs.Count - 1; i >= 0 && last < 0; i--)
        {
            bool mayGo = added.Remote.Type != IceCandidateType.PeerReflexive || _pairs[i].Remote.Type == IceCandidateType.PeerReflexive;
            if (_pairs[i].State == IceCandidatePairState.Frozen && mayGo) last = i;
        }
        if (last >= 0 && (_pairs[last].Priority < added.Priority || _pairs[last].State == IceCandidatePairState.Failed))
        {
            RemoveAt(last);
            return true;
        }
        context.Drop(IceDropReason.LimitReached);
        return false;
    }

    private void Insert(IceCandidatePair pair)
    {
        int index = _pairs.Count;
        while (index > 0 && _pairs[index - 1].Priority < pair.Priority) index--;
        _pairs.Insert(index, pair);
    }

    private void RemoveAt(int index)
    {
        IceCandidatePair pair = _pairs[index];
        _pairs.RemoveAt(index);
        pair.IsTriggered = false;                                         // the queue skips it
        if (!context.Paths.TryGetValue(pair.Path, out IceCandidatePair? known) || !ReferenceEquals(known, pair)) return;
        context.Paths.Remove(pair.Path);
        // The generation before a restart may still receive over the same path.
        if (generation.Stream.Previous is { } previous && !ReferenceEquals(previous, generation) &&
            previous.CheckList.Find(pair.Base, pair.Path.Remote) is { } older) context.Paths[pair.Path] = older;
    }
}
