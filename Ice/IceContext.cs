using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>What the parts of one agent share.</summary>
internal sealed class IceContext(IceAgentOptions options, RandomSource random)
{
    private readonly Queue<IceEvent> _events = new();
    private readonly Stack<IceCheck> _spareChecks = new();
    private readonly long[] _drops = new long[(int)IceDropReason.ErrorRateLimit + 1];

    public IceAgentOptions Options { get; set; } = options;

    public RandomSource Random { get; } = random;

    public StunRetransmission Retransmission { get; } = new() { Rto = options.Rto };

    public List<IceStream> Streams { get; } = [];

    public FoundationTable Foundations { get; } = new();

    /// <summary>Every pair by its path, to find whose an application packet is.</summary>
    public Dictionary<NetworkPath, IceCandidatePair> Paths { get; } = [];

    /// <summary>A check to start: one that has ended, if there is one.</summary>
    public IceCheck RentCheck() => _spareChecks.Count > 0 ? _spareChecks.Pop() : new IceCheck();

    /// <summary>Takes a check that has ended; nobody may know it any more.</summary>
    public void Recycle(IceCheck check)
    {
        if (_spareChecks.Count < Options.MaxPairs) _spareChecks.Push(check);
    }

    public IceRole Role { get; private set; } = options.IsLite ? IceRole.Controlled : options.Role;

    /// <summary>Whether the peer is a lite agent too, while we are one: then roles are decided as between full ones (RFC 8445 §6.1.1).</summary>
    public bool IsLiteToLite { get; set; }

    /// <summary>Which of two lite agents we are to be, should the peer turn out to be one.</summary>
    public IceRole RoleAmongLite { get; set; } = options.Role;

    public ulong TieBreaker { get; private set; } = random.NextUInt64();

    public void SetRole(IceRole role)
    {
        Role = role;
        foreach (IceStream stream in Streams)
        {
            stream.Current.CheckList.RoleChanged(role);
            stream.Previous?.CheckList.RoleChanged(role);
        }
    }

    /// <summary>Ends a role conflict by changing sides (RFC 8445 §7.3.1.1); after a 487 the tiebreaker changes too (§7.2.5.1).</summary>
    public void SwitchRole(bool redrawTieBreaker)
    {
        if (redrawTieBreaker) TieBreaker = Random.NextUInt64();
        SetRole(Role == IceRole.Controlling ? IceRole.Controlled : IceRole.Controlling);
        Raise(new IceEvent { Kind = IceEventKind.RoleChanged });
    }

    public void Raise(in IceEvent e)
    {
        if (_events.Count >= Options.MaxPendingEvents) _events.Dequeue();
        _events.Enqueue(e);
    }

    public bool TryReadEvent(out IceEvent e)
    {
        e = default;
        if (_events.Count == 0) return false;
        e = _events.Dequeue();
        return true;
    }

    public void Drop(IceDropReason reason) => _drops[(int)reason]++;

    public long GetDropped(IceDropReason reason) => _drops[(int)reason];
}
