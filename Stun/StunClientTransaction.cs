using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>How often and how long a request is repeated (RFC 8489 §6.2.1 over UDP, §6.2.2 over TCP).</summary>
public sealed record StunRetransmission
{
    private static readonly TimeSpan s_floor = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_ceiling = TimeSpan.FromMinutes(1);

    /// <summary>RFC 8489's own values: 500 ms, 7 requests, 16 RTOs after the last; a transaction fails after 39.5 s.</summary>
    public static StunRetransmission Default { get; } = new();

    /// <summary>TCP and TLS: a request is sent once, and waited for as long as Ti, 39.5 s (RFC 8489 §6.2.2).</summary>
    public static StunRetransmission Reliable { get; } = new() { Rto = TimeSpan.FromSeconds(39.5), Rc = 1, Rm = 1 };

    /// <summary>RTO, the delay until the first repetition, which doubles with each. Default 500 ms; from 10 ms to 1 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan Rto { get; init => field = Require.InRange(value, s_floor, s_ceiling); } = TimeSpan.FromMilliseconds(500);

    /// <summary>Rc, how many requests are sent. Default 7; from 1 to 16; 1 for a reliable transport.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Rc { get; init => field = Require.InRange(value, 1, 16); } = 7;

    /// <summary>Rm, how many RTOs to wait for an answer after the last request. Default 16; from 1 to 128.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Rm { get; init => field = Require.InRange(value, 1, 128); } = 16;
}

/// <summary>The timing of one request until its answer (RFC 8489 §6.2.1). The request itself is encoded by whoever owns the transaction.</summary>
/// <remarks>A transaction starts out owed: send the request, say so with <see cref="Sent"/>, and again whenever <see cref="IsOwed"/>.</remarks>
public struct StunClientTransaction
{
    private readonly int _rc;
    private readonly int _rm;
    private readonly TimeSpan _initialRto;
    private TimeSpan _rto;

    /// <summary>Starts a transaction whose first request is owed at once.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="retransmission"/> is null.</exception>
    public StunClientTransaction(StunTransactionId id, StunRetransmission retransmission)
        : this(id, retransmission, Require.NotNull(retransmission).Rto)
    {
    }

    /// <summary>Starts a transaction with an RTO of its own, such as that of RFC 8445 §14.3.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="retransmission"/> is null.</exception>
    public StunClientTransaction(StunTransactionId id, StunRetransmission retransmission, TimeSpan rto)
    {
        Require.NotNull(retransmission);
        (Id, _rc, _rm, _initialRto, _rto) = (id, retransmission.Rc, retransmission.Rm, rto, rto);
        IsOwed = true;
        NextTimeout = Instant.Never;
        LastSent = Instant.Never;
    }

    /// <summary>The transaction id.</summary>
    public StunTransactionId Id { get; }

    /// <summary>Whether the request is to be sent now, for the first time or again.</summary>
    public bool IsOwed { get; private set; }

    /// <summary>Whether no answer came in time; the transaction has failed.</summary>
    public bool IsTimedOut { get; private set; }

    /// <summary>How often the request has been sent.</summary>
    public int SentCount { get; private set; }

    /// <summary>When the request was last sent; <see cref="Instant.Never"/> before that.</summary>
    public Instant LastSent { get; private set; }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout { get; private set; }

    /// <summary>Tells that the request has been sent.</summary>
    public void Sent(Instant now)
    {
        IsOwed = false;
        LastSent = now;
        SentCount++;
        if (SentCount < _rc)
        {
            NextTimeout = now + _rto;
            _rto = TimeSpan.FromTicks(_rto.Ticks * 2);
        }
        else
        {
            NextTimeout = now + TimeSpan.FromTicks(_initialRto.Ticks * _rm);
        }
    }

    /// <summary>Stops repeating; an answer may still come until what would have been the end (RFC 8445 §7.3.1.4).</summary>
    public void Cancel()
    {
        IsOwed = false;
        NextTimeout = Instant.Never;
    }

    /// <summary>Owes the next request, or gives up. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        if (now < NextTimeout || NextTimeout.IsNever) return;
        NextTimeout = Instant.Never;
        if (SentCount < _rc) IsOwed = true;
        else IsTimedOut = true;
    }
}
