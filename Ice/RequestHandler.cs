using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>The STUN server side of an agent: what a peer's check brings about (RFC 8445 §7.3).</summary>
internal sealed class RequestHandler(IceContext context, ResponseQueue responses)
{
    private static readonly StunAttributeType[] s_understood =
        [StunAttributeType.Username, StunAttributeType.Priority, StunAttributeType.UseCandidate];

    public void Receive(in StunMessage request, in NetworkPath path, Instant now)
    {
        LocalBase? localBase = null;
        IceGeneration? generation = request.TryGet(StunAttributeType.Username, out StunAttribute username)
            ? FindGeneration(username.Value, path, out localBase)
            : null;
        if (generation is null)
        {
            context.Drop(IceDropReason.UnknownUsername);
            Refuse(request, path, username.Value.IsEmpty ? StunErrorCode.BadRequest : StunErrorCode.Unauthenticated, now);
            return;
        }
        if (!request.VerifyIntegrity(generation.LocalKey))                               // RFC 8489 §9.1.3
        {
            context.Drop(request.HasIntegrity || request.HasIntegritySha256 ? IceDropReason.BadIntegrity : IceDropReason.IncompleteRequest);
            Refuse(request, path, request.HasIntegrity || request.HasIntegritySha256
                ? StunErrorCode.Unauthenticated : StunErrorCode.BadRequest, now);
            return;
        }
        Span<StunAttributeType> unknown = stackalloc StunAttributeType[4];
        int unknownCount = Math.Min(request.CollectUnknown(s_understood, unknown), unknown.Length);
        if (unknownCount > 0)                                                            // RFC 8489 §6.3.1
        {
            responses.Error(localBase!, path.Remote, request.TransactionId, StunErrorCode.UnknownAttribute,
                generation, unknown[..unknownCount]);
            return;
        }
        if (!ResolveRoleConflict(request, localBase!, path, generation)) return;
        Accept(request, localBase!, path, generation, now);
    }

    // USERNAME is "our fragment:the peer's fragment" (§7.2.2). Before the peer's parameters are known ours suffices, as no
    // pair is checked until then.
    private IceGeneration? FindGeneration(ReadOnlySpan<byte> username, in NetworkPath path, out LocalBase? localBase)
    {
        foreach (IceStream stream in context.Streams)
        {
            IceGeneration? generation = username.StartsWith(stream.Current.LocalUsername) ? stream.Current
                : stream.Previous is not null && username.StartsWith(stream.Previous.LocalUsername) ? stream.Previous
                : null;
            if (generation is not null && (localBase = stream.FindBase(path)) is not null) return generation;
        }
        localBase = null;
        return null;
    }

    private void Refuse(in StunMessage request, in NetworkPath path, StunErrorCode error, Instant now)
    {
        foreach (IceStream stream in context.Streams)
        {
            if (stream.FindBase(path) is not { } localBase) continue;
            responses.Unauthenticated(localBase, path.Remote, request.TransactionId, error, now);
            return;
        }
    }

    // False when the answer is 487, and the request has no further effect (§7.3.1.1).
    private bool ResolveRoleConflict(in StunMessage request, LocalBase localBase, in NetworkPath path, IceGeneration generation)
    {
        bool controlling = context.Role == IceRole.Controlling;
        if (!request.TryGetUInt64(controlling ? StunAttributeType.IceControlling : StunAttributeType.IceControlled, out ulong theirs))
            return true;
        bool oursIsLarger = context.TieBreaker >= theirs;
        if (oursIsLarger == controlling)
        {
            responses.Error(localBase, path.Remote, request.TransactionId, StunErrorCode.RoleConflict, generation, default);
            return false;
        }
        // A lite agent has no other role to go to: it answers, and leaves the conflict to the full one.
        if (!context.Options.IsLite) context.SwitchRole(redrawTieBreaker: false);
        return true;
    }

    private void Accept(in StunMessage request, LocalBase localBase, in NetworkPath path, IceGeneration generation, Instant now)
    {
        IceCandidatePair? pair = generation.CheckList.Find(localBase, path.Remote);
        if (pair is null)
        {
            if (request.TryGetUInt32(StunAttributeType.Priority, out uint priority)) pair = Discover(localBase, path.Remote, priority, generation);
            else context.Drop(IceDropReason.IncompleteRequest);
            if (pair is null) return;                       // unanswered: success would let the peer choose a path that we take nothing from
        }
        responses.Success(localBase, path.Remote, request.TransactionId, generation, pair);
        pair.RequestsReceived++;
        if (PeerMovement.Heard(pair, isData: false, context.Options, now)) generation.Stream.Update(now);
        bool nominates = request.Has(StunAttributeType.UseCandidate) && context.Role == IceRole.Controlled;
        if (context.Options.IsLite) AcceptAsLite(pair, nominates);
        else if (!pair.Consent.IsLost) AcceptAsFull(pair, nominates);
        if (nominates || generation.Stream.State is IceConnectionState.New or IceConnectionState.Failed) generation.Stream.Update(now);
    }

    private void AcceptAsFull(IceCandidatePair pair, bool nominates)
    {
        if (pair.State == IceCandidatePairState.Succeeded)
        {
            pair.IsNominated |= nominates;                                               // §7.3.1.5
            return;
        }
        pair.NominateOnSuccess |= nominates;
        if (pair.State == IceCandidatePairState.InProgress && pair.Check is not null)
        {
            // Deviation, §7.3.1.4: a check that has taken another's place stays until its first answer is overdue. Were it
            // replaced at every further request, two agents whose round trip is longer than the time between their checks
            // would drop each other's answers for ever.
            if (pair.SupersededCheck is not null && pair.Check.Transaction.SentCount < 2) return;
            pair.Check.Transaction.Cancel();                                             // §7.3.1.4
            if (pair.SupersededCheck is { } older) context.Recycle(older);
            pair.SupersededCheck = pair.Check;
            pair.Check = null;
        }
        pair.Generation.CheckList.Trigger(pair);
    }

    // A lite agent's pairs are valid once the peer says so; it neither checks nor keeps consent (§7.3.2).
    private static void AcceptAsLite(IceCandidatePair pair, bool nominates)
    {
        if (!nominates) return;
        pair.State = IceCandidatePairState.Succeeded;
        pair.IsNominated = true;
        pair.Consent.GrantForever();
    }

    /// <summary>
    /// Data has come from a port of the peer's that nobody knows: its NAT may have given it another one. The peer's next check would
    /// tell (§7.3.1.3), seconds later; a check of ours finds out at once. One at a time, as anybody may have sent the data.
    /// </summary>
    public void DiscoverByData(IceCandidatePair active, TransportAddress remote)
    {
        IceGeneration generation = active.Generation;
        if (context.Options.IsLite || !generation.CheckList.IsConcluded) return;
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            if (pair is { IsLateDiscovery: true, State: < IceCandidatePairState.Succeeded }) return;
        }
        if (Discover(active.Base, remote, active.Remote.Priority, generation) is { } found) generation.CheckList.Trigger(found);
    }

    // A request from an address that nobody has signalled is a peer-reflexive candidate (§7.3.1.3).
    private IceCandidatePair? Discover(LocalBase localBase, TransportAddress remote, uint priority, IceGeneration generation)
    {
        if (generation.AcceptingCandidateOf(localBase) is not { } local) return null;       // policy or a filter leaves it none
        IceCandidate? known = generation.RemoteCandidates.Find(c =>
            c.Address == remote && c.Component == localBase.Component && c.Protocol == localBase.Protocol);
        if (known is null)
        {
            if (!generation.HasRoomForDiscovered())
            {
                context.Drop(IceDropReason.LimitReached);
                return null;
            }
            known = new IceCandidate
            {
                Foundation = "prflx" + generation.RemoteCandidates.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Component = localBase.Component,
                Protocol = localBase.Protocol,
                TcpType = OppositeOf(local.TcpType),
                Priority = priority,
                Address = remote,
                Port = remote.Port,
                Type = IceCandidateType.PeerReflexive,
                UsernameFragment = generation.Remote?.UsernameFragment,
            };
            if (context.Options.RemoteCandidateFilter?.Invoke(known) == false)
            {
                context.Drop(IceDropReason.CandidateFiltered);
                return null;
            }
            generation.RemoteCandidates.Add(known);
        }
        return generation.CheckList.Form(localBase, local, known, isProven: true);
    }

    private static IceTcpType OppositeOf(IceTcpType local) => local switch
    {
        IceTcpType.Passive => IceTcpType.Active,
        IceTcpType.Active => IceTcpType.Passive,
        _ => local,
    };
}
