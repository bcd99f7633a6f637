using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>A request that waits for the host to say who its user is.</summary>
internal sealed record PendingDecision(long Ticket, NetworkPath Client, StunTransactionId Id, string Username, MessageLease Request, Instant Deadline);

/// <summary>Requests that wait for the host: few, each for a limited time.</summary>
internal sealed class PendingDecisions(TurnServerOptions options)
{
    private const int MaxRequestSize = 2048;
    private readonly Dictionary<long, PendingDecision> _pending = [];
    private long _tickets;

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (PendingDecision each in _pending.Values) next = Instant.Min(next, each.Deadline);
            return next;
        }
    }

    /// <summary>Whether the request waits already: this is a repetition of it.</summary>
    public bool Holds(in NetworkPath client, StunTransactionId id)
    {
        foreach (PendingDecision each in _pending.Values)
        {
            if (each.Id == id && each.Client == client) return true;
        }
        return false;
    }

    public PendingDecision? TryAdd(in StunMessage request, in NetworkPath client, string username, Instant now)
    {
        if (_pending.Count >= options.MaxPendingDecisions || request.Bytes.Length > MaxRequestSize) return null;
        PendingDecision pending = new(
            ++_tickets, client, request.TransactionId, username, MessageLease.CopyOf(request.Bytes), now + options.DecisionTimeout);
        _pending.Add(pending.Ticket, pending);
        return pending;
    }

    /// <summary>Takes a request that has been decided about; whoever takes it disposes its lease.</summary>
    public PendingDecision? Take(long ticket)
    {
        if (!_pending.TryGetValue(ticket, out PendingDecision? pending)) return null;
        _pending.Remove(ticket);
        return pending;
    }

    /// <summary>Forgets what has waited for too long; clients ask again.</summary>
    public void AdvanceTo(Instant now)
    {
        if (now < NextTimeout) return;
        List<long> late = [];
        foreach (PendingDecision each in _pending.Values)
        {
            if (now >= each.Deadline) late.Add(each.Ticket);
        }
        foreach (long ticket in late) Take(ticket)!.Request.Dispose();
    }

    public void Clear()
    {
        foreach (PendingDecision each in _pending.Values) each.Request.Dispose();
        _pending.Clear();
    }
}
