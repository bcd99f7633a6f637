using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>One of the things a client keeps asking for: the allocation, a permission, a channel. It is asked again before it lapses.</summary>
internal sealed class TurnRequest(StunMethod method, TransportAddress peer, ushort channel)
{
    private const int MaxChallenges = 3;

    private StunClientTransaction _transaction;
    private int _challenges;

    public StunMethod Method { get; private set; } = method;

    public TransportAddress Peer { get; } = peer;

    public ushort Channel { get; } = channel;

    /// <summary>Whether an answer is awaited.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Whether the server has granted it, and it has not lapsed or been refused since.</summary>
    public bool IsGranted { get; private set; }

    /// <summary>Whether data went to or came from the peer since it was granted: what is not used is not renewed.</summary>
    public bool IsUsed { get; set; } = true;

    /// <summary>When to ask again; <see cref="Instant.Never"/> while an answer is awaited, or if never.</summary>
    public Instant RenewAt { get; private set; } = Instant.Never;

    public ref StunClientTransaction Transaction => ref _transaction;

    public Instant NextTimeout => IsPending ? _transaction.NextTimeout : RenewAt;

    public void Start(StunTransactionId id, StunRetransmission retransmission)
    {
        _transaction = new StunClientTransaction(id, retransmission);
        (IsPending, RenewAt, IsLapsed) = (true, Instant.Never, false);
    }

    public void Start(StunMethod method, StunTransactionId id, StunRetransmission retransmission)
    {
        Method = method;
        Start(id, retransmission);
    }

    /// <summary>Counts a 401, 438 or 300; false when there were too many of them in a row.</summary>
    public bool TryChallenge() => ++_challenges <= MaxChallenges;

    public void Granted(Instant renewAt) => (IsPending, IsGranted, RenewAt, _challenges) = (false, true, renewAt, 0);

    /// <summary>Whether it lapsed for want of use; it can be asked for again.</summary>
    public bool IsLapsed { get; private set; }

    public void Lapse() => (IsGranted, RenewAt, IsLapsed) = (false, Instant.Never, true);

    public void Refused() => (IsPending, IsGranted, RenewAt) = (false, false, Instant.Never);
}
