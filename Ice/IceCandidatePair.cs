using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>A local and a remote candidate that may carry a component's data (RFC 8445 §6.1.2), with its statistics.</summary>
/// <remarks>A live object: it changes as the agent works, and is read where the agent is called.</remarks>
public sealed class IceCandidatePair
{
    internal IceCandidatePair(IceGeneration generation, LocalBase localBase, IceCandidate local, IceCandidate remote)
    {
        Generation = generation;
        Base = localBase;
        Local = local;
        Remote = remote;
        Path = new NetworkPath(localBase.Address, remote.Address, localBase.Protocol);
        Consent = new ConsentFreshness();
    }

    /// <summary>The local candidate; once a check has succeeded, the one whose address the peer saw (RFC 8445 §7.2.5.3.2).</summary>
    public IceCandidate Local { get; internal set; }

    /// <summary>The remote candidate.</summary>
    public IceCandidate Remote { get; internal set; }

    /// <summary>The component.</summary>
    public IceComponent Component => Base.Component;

    /// <summary>The state of its check.</summary>
    public IceCandidatePairState State { get; internal set; }

    /// <summary>Whether the controlling agent has chosen it.</summary>
    public bool IsNominated { get; internal set; }

    /// <summary>The pair's priority (RFC 8445 §6.1.2.3).</summary>
    public ulong Priority { get; private set; }

    /// <summary>The base and the remote address: where packets leave from and go to, or the relayed address and the peer.</summary>
    public NetworkPath Path { get; }

    /// <summary>Application packets sent.</summary>
    public long PacketsSent { get; internal set; }

    /// <summary>Application bytes sent.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>Application packets received.</summary>
    public long PacketsReceived { get; internal set; }

    /// <summary>Application bytes received.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Connectivity checks sent, repetitions and consent checks included.</summary>
    public long RequestsSent { get; internal set; }

    /// <summary>Connectivity checks received.</summary>
    public long RequestsReceived { get; internal set; }

    /// <summary>Responses sent.</summary>
    public long ResponsesSent { get; internal set; }

    /// <summary>Responses received.</summary>
    public long ResponsesReceived { get; internal set; }

    /// <summary>Consent checks sent (RFC 7675).</summary>
    public long ConsentRequestsSent { get; internal set; }

    /// <summary>The sum of all measured round-trip times.</summary>
    public TimeSpan TotalRoundTripTime { get; private set; }

    /// <summary>The latest round-trip time; zero before the first response.</summary>
    public TimeSpan CurrentRoundTripTime { get; private set; }

    /// <summary>When an application packet was last sent; <see cref="Instant.Never"/> before that.</summary>
    public Instant LastPacketSent { get; internal set; } = Instant.Never;

    /// <summary>When an application packet was last received; <see cref="Instant.Never"/> before that.</summary>
    public Instant LastPacketReceived { get; internal set; } = Instant.Never;

    internal IceGeneration Generation { get; }

    /// <summary>When anything authentic, or data, last came over this pair.</summary>
    internal Instant LastHeard { get; set; } = new(long.MinValue);

    /// <summary>Whether it was found by a check of the peer's after ICE had concluded.</summary>
    internal bool IsLateDiscovery { get; init; }

    internal LocalBase Base { get; }

    /// <summary>The check in flight; and one that a triggered check took the place of, whose answer still counts (RFC 8445 §7.3.1.4).</summary>
    internal IceCheck? Check { get; set; }

    internal IceCheck? SupersededCheck { get; set; }

    internal ConsentFreshness Consent { get; }

    /// <summary>When to connect again over TCP, after how many connections that were lost before a check had an answer.</summary>
    internal Instant RetryAt { get; set; } = Instant.Never;

    internal int ConnectionsLost { get; set; }

    /// <summary>Whether the pair waits in the triggered-check queue.</summary>
    internal bool IsTriggered { get; set; }

    /// <summary>The next check carries USE-CANDIDATE (controlling), or the peer nominated before our check succeeded (controlled).</summary>
    internal bool NominateOnSuccess { get; set; }

    /// <summary>Whether data may be sent: a check has succeeded and consent is fresh (RFC 7675 §5.1).</summary>
    internal bool IsUsable(Instant now) => State == IceCandidatePairState.Succeeded && now < Consent.Expiry;

    internal bool HasSameFoundationAs(IceCandidatePair other) =>
        Local.Foundation == other.Local.Foundation && Remote.Foundation == other.Remote.Foundation;

    /// <summary>pair priority = 2^32*MIN(G,D) + 2*MAX(G,D) + (G&gt;D?1:0) (RFC 8445 §6.1.2.3).</summary>
    internal void ComputePriority(IceRole role)
    {
        ulong g = role == IceRole.Controlling ? Local.Priority : Remote.Priority;
        ulong d = role == IceRole.Controlling ? Remote.Priority : Local.Priority;
        Priority = (Math.Min(g, d) << 32) + 2 * Math.Max(g, d) + (g > d ? 1UL : 0UL);
    }

    internal void Measured(TimeSpan roundTrip)
    {
        CurrentRoundTripTime = roundTrip;
        TotalRoundTripTime += roundTrip;
    }

    /// <summary>"local -> remote, state"; for logs.</summary>
    public override string ToString() => $"{Path}, {State}{(IsNominated ? ", nominated" : "")}";
}
