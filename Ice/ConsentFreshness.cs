using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>Consent to send on one pair: obtained by a check, kept by Binding requests that are sent once each (RFC 7675 §5.1).</summary>
internal sealed class ConsentFreshness
{
    // A response may belong to any request since the last response: at most 30 s of them, 4 s apart or more.
    private const int Outstanding = 8;

    private (StunTransactionId Id, Instant SentAt)[]? _sent;
    private int _next;
    private Instant _nextCheck = Instant.Never;

    /// <summary>Until when data may be sent; in the past when there never was consent.</summary>
    public Instant Expiry { get; private set; } = new(long.MinValue);

    /// <summary>Whether a check is to be sent now.</summary>
    public bool IsOwed { get; private set; }

    /// <summary>Whether consent is being kept fresh.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Whether consent ran out: the pair must not be used again with these credentials.</summary>
    public bool IsLost { get; private set; }

    /// <summary>When the first of the checks was sent that no response has answered; <see cref="Instant.Never"/> if there is none.</summary>
    public Instant UnansweredSince { get; private set; } = Instant.Never;

    /// <summary>When <see cref="AdvanceTo"/> next has work to do.</summary>
    public Instant NextTimeout => IsRunning ? Instant.Min(_nextCheck, Expiry) : Instant.Never;

    /// <summary>The peer has consented.</summary>
    public void Grant(Instant now, TimeSpan timeout)
    {
        if (IsLost) return;
        Expiry = now + timeout;
        UnansweredSince = Instant.Never;
    }

    /// <summary>Consent that does not expire, as a lite agent's, which sends no checks but keepalives (RFC 8445 §11).</summary>
    public void GrantForever() => Expiry = Instant.Never;

    /// <summary>Whether what is owed is an indication, that nobody answers.</summary>
    public bool IsKeepaliveOnly => Expiry.IsNever;

    public void Start(Instant now, IceContext context)
    {
        if (IsRunning) return;
        _sent ??= new (StunTransactionId, Instant)[Outstanding];
        IsRunning = true;
        _nextCheck = now + Interval(context);
    }

    public void Stop() => (IsRunning, IsOwed) = (false, false);

    /// <summary>Owes a check, or lets consent expire.</summary>
    public void AdvanceTo(Instant now)
    {
        if (!IsRunning) return;
        if (now >= Expiry)
        {
            IsLost = true;
            Array.Clear(_sent!, 0, Outstanding);              // outstanding transactions are discarded
            Stop();
            return;
        }
        if (now < _nextCheck) return;
        IsOwed = true;
        _nextCheck = Instant.Never;
    }

    public void Sent(StunTransactionId id, Instant now, IceContext context)
    {
        IsOwed = false;
        _nextCheck = now + Interval(context);
        if (IsKeepaliveOnly) return;
        _sent![_next] = (id, now);
        _next = (_next + 1) % Outstanding;
        if (UnansweredSince.IsNever) UnansweredSince = now;
    }

    /// <summary>Whether a response's id is that of a check of ours, and when that was sent.</summary>
    public bool TryMatch(StunTransactionId id, out Instant sentAt)
    {
        sentAt = default;
        if (_sent is null || IsLost) return false;
        foreach ((StunTransactionId sent, Instant at) in _sent)
        {
            if (at == default || sent != id) continue;
            sentAt = at;
            return true;
        }
        return false;
    }

    private TimeSpan Interval(IceContext context) => IsKeepaliveOnly
        ? context.Options.KeepaliveInterval
        : TimeSpan.FromTicks((long)(context.Options.ConsentInterval.Ticks * (0.8 + 0.4 * context.Random.NextDouble())));
}
