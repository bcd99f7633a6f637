using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Ice;

/// <summary>The STUN client side of an agent: sends checks and consent checks, and acts on their responses (RFC 8445 §7.2).</summary>
internal sealed class ConnectivityChecks(IceContext context)
{
    private const int MaxRetries = 4;
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(200);

    private int _turn;                                                    // round robin over the check lists (§6.1.4.1)

    /// <summary>Writes the next new check, if there is one; the caller keeps the pace.</summary>
    public int TransmitNew(Span<byte> destination, Instant now, out NetworkPath path)
    {
        for (int i = 0; i < context.Streams.Count; i++)
        {
            IceStream stream = context.Streams[(_turn + i) % context.Streams.Count];
            while (MayCheck(stream) && stream.Current.CheckList.Next() is { } pair)
            {
                int length = pair.Base.IsReady(pair.Path.Remote)
                    ? Start(pair, destination, now, out path)
                    : Connect(pair, destination, now, out path);
                if (length == 0) continue;
                _turn = (_turn + i + 1) % context.Streams.Count;
                return length;
            }
        }
        path = default;
        return 0;
    }

    /// <summary>Whether <see cref="TransmitNew"/> has something to send.</summary>
    public bool HasNew()
    {
        foreach (IceStream stream in context.Streams)
        {
            if (MayCheck(stream) && stream.Current.CheckList.HasNext()) return true;
        }
        return false;
    }

    /// <summary>Writes what the pace does not hold up: nominating checks, repetitions, consent checks.</summary>
    public int TransmitDue(Span<byte> destination, Instant now, out NetworkPath path)
    {
        foreach (IceStream stream in context.Streams)
        {
            int length = TransmitDue(stream.Current, destination, now, out path);
            if (length == 0 && stream.Previous is not null) length = TransmitDue(stream.Previous, destination, now, out path);
            if (length > 0) return length;
        }
        path = default;
        return 0;
    }

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (IceStream stream in context.Streams)
            {
                next = Instant.Min(next, NextTimeoutOf(stream.Current));
                if (stream.Previous is not null) next = Instant.Min(next, NextTimeoutOf(stream.Previous));
            }
            return next;
        }
    }

    /// <summary>Owes repetitions and consent checks that are due; fails checks and consent that ran out.</summary>
    public void AdvanceTo(Instant now)
    {
        foreach (IceStream stream in context.Streams)
        {
            bool changed = AdvanceTo(stream.Current, now);
            if (stream.Previous is not null) changed |= AdvanceTo(stream.Previous, now);
            if (changed) stream.Update(now);
        }
    }

    /// <summary>Acts on a response.</summary>
    public void Receive(in StunMessage response, in NetworkPath path, Instant now)
    {
        foreach (IceStream stream in context.Streams)
        {
            if (Receive(stream.Current, response, path, now)) return;
            if (stream.Previous is not null && Receive(stream.Previous, response, path, now)) return;
        }
        context.Drop(IceDropReason.UnknownTransaction);
    }

    /// <summary>A TCP connection could not be opened, or has ended: its pairs have failed (RFC 6544 §7.1, §7.3).</summary>
    public void ConnectionLost(in NetworkPath path, Instant now)
    {
        foreach (IceStream stream in context.Streams)
        {
            bool changed = Lose(stream.Current, path, now);
            if (stream.Previous is not null) changed |= Lose(stream.Previous, path, now);
            if (changed) stream.Update(now);
        }
    }

    /// <summary>There is a connection between a TCP relayed address and a peer: the check that has waited for it may go.</summary>
    public void ConnectionReady(in NetworkPath path)
    {
        foreach (IceStream stream in context.Streams)
        {
            foreach (IceCandidatePair pair in stream.Current.CheckList.Pairs)
            {
                if (pair.Path == path && pair is { State: IceCandidatePairState.InProgress, Check: null }) stream.Current.CheckList.Trigger(pair);
            }
        }
    }

    /// <summary>ICMP says that what was sent along a path cannot arrive: a check under way has failed (RFC 8445 §7.2.5.2.2).</summary>
    /// <remarks>Anybody on the way can forge it: a pair that works is left to consent (RFC 7675 §5.1), and a check of the peer's revives one that has failed.</remarks>
    public void Unreachable(in NetworkPath path, Instant now)
    {
        foreach (IceStream stream in context.Streams)
        {
            bool changed = false;
            foreach (IceCandidatePair pair in stream.Current.CheckList.Pairs)
            {
                if (pair.Path != path || pair.State != IceCandidatePairState.InProgress || pair.Check is not { Transaction.SentCount: > 0 }) continue;
                Fail(pair);
                changed = true;
            }
            if (changed) stream.Update(now);
        }
    }

    // RFC 6544 §7.1: the connection comes first. When there cannot be one the server says so, or does not answer in time.
    private int Connect(IceCandidatePair pair, Span<byte> destination, Instant now, out NetworkPath path)
    {
        path = default;
        if (pair.Base.Relay!.State != TurnAllocationState.Allocated)
        {
            Fail(pair);
            return 0;
        }
        pair.State = IceCandidatePairState.InProgress;
        return pair.Base.Connect(destination, pair.Path.Remote, now, out path);
    }

    private bool MayCheck(IceStream stream) => stream.Current.Remote is not null && !context.Options.IsLite;

    private int Start(IceCandidatePair pair, Span<byte> destination, Instant now, out NetworkPath path)
    {
        bool controlling = context.Role == IceRole.Controlling;
        bool useCandidate = controlling && (pair.NominateOnSuccess || context.Options.Nomination == IceNomination.Aggressive);
        if (pair.State != IceCandidatePairState.Succeeded) pair.State = IceCandidatePairState.InProgress;
        // §14.3: RTO = MAX (500ms, Ta * (Num-Waiting + Num-In-Progress))
        TimeSpan rto = TimeSpan.FromTicks(Math.Max(context.Options.Rto.Ticks,
            context.Options.Ta.Ticks * pair.Generation.CheckList.CountRunning()));
        StunTransactionId id = StunTransactionId.Create(context.Random);
        StunClientTransaction transaction = pair.Path.Protocol == TransportProtocol.Udp
            ? new StunClientTransaction(id, context.Retransmission, rto)
            : new StunClientTransaction(id, StunRetransmission.Reliable);
        if (pair.Check is { } former) context.Recycle(former);
        pair.Check = context.RentCheck();
        pair.Check.Start(transaction, context.Role, useCandidate);
        return Send(pair, pair.Check, destination, now, out path);
    }

    private int TransmitDue(IceGeneration generation, Span<byte> destination, Instant now, out NetworkPath path)
    {
        path = default;
        if (generation.Remote is null && !context.Options.IsLite) return 0;
        // Deviation, RFC 8445 §14: a nominating check does not wait for Ta. There is one per component, and it ends the others.
        if (generation.CheckList.NextNomination() is { } nominated)
        {
            nominated.IsTriggered = false;
            return Start(nominated, destination, now, out path);
        }
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            if (pair.Check is { Transaction.IsOwed: true } check) return Send(pair, check, destination, now, out path);
            if (!pair.Consent.IsOwed) continue;
            StunTransactionId id = StunTransactionId.Create(context.Random);
            pair.Consent.Sent(id, now, context);
            if (pair.Consent.IsKeepaliveOnly)
            {
                int length = StunBinding.WriteIndication(pair.Base.PayloadArea(destination, pair.Path.Remote), id);
                return pair.Base.Complete(destination, length, pair.Path.Remote, out path);
            }
            pair.ConsentRequestsSent++;
            // A peer may answer checks before it has our parameters, and lose the nomination that one of them carried: the
            // consent checks of the chosen pair say it again, which is without effect on a peer that knows (§7.3.1.5).
            bool isChosen = context.Role == IceRole.Controlling && pair.IsNominated && ReferenceEquals(generation.GetSelected(pair.Component), pair);
            return Write(pair, id, isChosen, destination, out path);
        }
        return 0;
    }

    private int Send(IceCandidatePair pair, IceCheck check, Span<byte> destination, Instant now, out NetworkPath path)
    {
        check.Transaction.Sent(now);
        return Write(pair, check.Transaction.Id, check.UseCandidate, destination, out path);
    }

    private int Write(IceCandidatePair pair, StunTransactionId id, bool useCandidate, Span<byte> destination, out NetworkPath path)
    {
        IceGeneration generation = pair.Generation;
        LocalBase localBase = pair.Base;
        StunMessageWriter writer = new(localBase.PayloadArea(destination, pair.Path.Remote), StunClass.Request, StunMethod.Binding, id);
        writer.Write(StunAttributeType.Username, generation.RemoteUsername);
        // §7.1.1: the priority that a peer-reflexive candidate discovered by this check would have.
        writer.WriteUInt32(StunAttributeType.Priority,
            CandidatePriority.Compute(IceCandidateType.PeerReflexive, localBase));
        writer.WriteUInt64(context.Role == IceRole.Controlling ? StunAttributeType.IceControlling : StunAttributeType.IceControlled,
            context.TieBreaker);
        if (useCandidate) writer.WriteFlag(StunAttributeType.UseCandidate);
        writer.WriteIntegrity(generation.RemoteKey!);
        writer.WriteFingerprint();
        pair.RequestsSent++;
        return localBase.Complete(destination, writer.Length, pair.Path.Remote, out path);
    }

    private static Instant NextTimeoutOf(IceGeneration generation)
    {
        Instant next = Instant.Never;
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            next = Instant.Min(next, Instant.Min(pair.Consent.NextTimeout, pair.RetryAt));
            if (pair.Check is { } check) next = Instant.Min(next, check.Transaction.NextTimeout);
        }
        return next;
    }

    private bool AdvanceTo(IceGeneration generation, Instant now)
    {
        bool changed = false;
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            bool wasLost = pair.Consent.IsLost;
            pair.Consent.AdvanceTo(now);
            if (pair.Consent.IsLost && !wasLost)
            {
                Fail(pair);
                changed = true;
            }
            if (now >= pair.RetryAt)
            {
                pair.RetryAt = Instant.Never;
                if (pair is { State: IceCandidatePairState.InProgress, Check: null }) generation.CheckList.Trigger(pair);
            }
            if (pair.Check is not { } check) continue;
            check.Transaction.AdvanceTo(now);
            if (!check.Transaction.IsTimedOut) continue;
            Fail(pair);                                                   // §7.2.5.2.3
            changed = true;
        }
        return changed;
    }

    private bool Receive(IceGeneration generation, in StunMessage response, in NetworkPath path, Instant now)
    {
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            IceCheck? check = pair.Check is { } current && current.Transaction.Id == response.TransactionId ? current
                : pair.SupersededCheck is { } superseded && superseded.Transaction.Id == response.TransactionId ? superseded
                : null;
            Instant sentAt = default;
            if (check is null && !pair.Consent.TryMatch(response.TransactionId, out sentAt)) continue;
            if (!response.VerifyIntegrity(generation.RemoteKey!))
            {
                context.Drop(IceDropReason.BadIntegrity);
                return true;
            }
            pair.ResponsesReceived++;
            pair.LastHeard = now;
            if (check is not null) OnCheckAnswered(pair, check, response, path, now);
            else OnConsentAnswered(pair, sentAt, response, path, now);
            return true;
        }
        return false;
    }

    private void OnConsentAnswered(IceCandidatePair pair, Instant sentAt, in StunMessage response, in NetworkPath path, Instant now)
    {
        if (response.Class != StunClass.SuccessResponse || path != pair.Path) return;     // RFC 7675 §5.1: non-error, from the peer's address
        pair.Measured(now - sentAt);
        pair.Consent.Grant(now, context.Options.ConsentTimeout);
        pair.Generation.Stream.Update(now);
    }

    private void OnCheckAnswered(IceCandidatePair pair, IceCheck check, in StunMessage response, in NetworkPath path, Instant now)
    {
        bool isCurrent = ReferenceEquals(check, pair.Check);
        if (isCurrent) pair.Check = null;
        else pair.SupersededCheck = null;

        IceGeneration generation = pair.Generation;
        if (response.Class == StunClass.ErrorResponse && response.GetErrorCode() == StunErrorCode.RoleConflict)
        {
            // §7.2.5.1; the conflict may have been resolved since the check was sent.
            if (check.Role == context.Role) context.SwitchRole(redrawTieBreaker: true);
            generation.CheckList.Trigger(pair);
        }
        else if (response.Class == StunClass.SuccessResponse && path == pair.Path && response.TryGetMappedAddress(out TransportAddress mapped))
        {
            Succeed(pair, check, mapped, now);
        }
        else if (isCurrent)
        {
            Fail(pair);                                                   // §7.2.5.2.1, §7.2.5.2.4
        }
        context.Recycle(check);
        generation.Stream.Update(now);
    }

    private void Succeed(IceCandidatePair pair, IceCheck check, TransportAddress mapped, Instant now)
    {
        IceGeneration generation = pair.Generation;
        if (check.Transaction.SentCount == 1) pair.Measured(now - check.Transaction.LastSent);    // Karn: a repeated one is ambiguous
        IceCandidate local = pair.Base.Connections is null ? generation.LocalCandidateAt(mapped, pair.Base) : pair.Local;
        bool first = pair.State != IceCandidatePairState.Succeeded;
        pair.State = IceCandidatePairState.Succeeded;
        if (first)
        {
            pair.IsTriggered = false;                                     // an answer to a superseded check settles it
            pair.Check?.Transaction.Cancel();
            foreach (IceStream stream in context.Streams) stream.Current.CheckList.Unfreeze(pair);    // §7.2.5.3.3
        }
        if (!ReferenceEquals(local, pair.Local))
        {
            pair.Local = local;                                           // §7.2.5.3.2: the valid pair
            generation.CheckList.Resort(pair);
        }
        pair.Consent.Grant(now, context.Options.ConsentTimeout);
        bool controlling = context.Role == IceRole.Controlling;
        if (controlling ? check.UseCandidate : pair.NominateOnSuccess) pair.IsNominated = true;   // §7.2.5.3.4
        if (!controlling || check.UseCandidate) pair.NominateOnSuccess = false;
    }

    private bool Lose(IceGeneration generation, in NetworkPath path, Instant now)
    {
        bool changed = false;
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            if (pair.Path != path) continue;
            bool mayRetry = pair is { State: IceCandidatePairState.InProgress, Remote.Type: IceCandidateType.Relayed, ConnectionsLost: < MaxRetries };
            Fail(pair);
            if (mayRetry) Retry(pair, now);
            changed = true;
        }
        return changed;
    }

    // A relay refuses whom its client has not permitted yet (RFC 6062 §5.3), which that does once it has our candidates, while we connect
    // once we have its.
    private static void Retry(IceCandidatePair pair, Instant now)
    {
        pair.State = IceCandidatePairState.InProgress;
        pair.RetryAt = now + TimeSpan.FromTicks(s_firstRetry.Ticks << pair.ConnectionsLost++);
    }

    private void Fail(IceCandidatePair pair)
    {
        if (pair.Check is { } check) context.Recycle(check);
        if (pair.SupersededCheck is { } superseded) context.Recycle(superseded);
        pair.State = IceCandidatePairState.Failed;
        pair.IsNominated = false;
        pair.NominateOnSuccess = false;
        pair.IsTriggered = false;
        (pair.Check, pair.SupersededCheck, pair.RetryAt) = (null, null, Instant.Never);
        pair.Consent.Stop();
    }
}
