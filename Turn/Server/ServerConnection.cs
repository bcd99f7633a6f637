using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>How far a peer data connection is (RFC 6062 §5.2 to §5.4).</summary>
internal enum ServerConnectionState : byte
{
    /// <summary>The driver is connecting to the peer.</summary>
    Connecting,

    /// <summary>It is open, and waits for the client's ConnectionBind.</summary>
    Pending,

    /// <summary>It is joined with the client's data connection.</summary>
    Active,
}

/// <summary>A TCP connection between a relayed address and a peer.</summary>
internal sealed class ServerConnection(uint id, ServerAllocation allocation, TransportAddress peer)
{
    public uint Id { get; } = id;

    public ServerAllocation Allocation { get; } = allocation;

    public TransportAddress Peer { get; } = peer;

    public ServerConnectionState State { get; set; }

    /// <summary>When it ends unless the driver has connected, or the client has bound it; never once it is active.</summary>
    public Instant Deadline { get; set; }

    /// <summary>The answer to the Connect request, while that is worked on.</summary>
    public Reply Answer { get; set; }

    /// <summary>The client's data connection, once it is active.</summary>
    public NetworkPath Client { get; set; }
}

/// <summary>How many bytes a user may still have relayed, for what the driver copies from stream to stream by itself; they are counted as well.</summary>
/// <remarks>Safe from any thread.</remarks>
public sealed class TurnByteBudget
{
    private readonly TurnAccount _account;
    private readonly TurnServerCounters _counters;

    internal TurnByteBudget(TurnAccount account, TurnServerCounters counters) => (_account, _counters) = (account, counters);

    /// <summary>Takes bytes from the share of <see cref="TurnServerOptions.MaxBytesPerSecondPerUser"/>.</summary>
    /// <returns>How long to wait before they are sent; zero without a limit.</returns>
    public TimeSpan Spend(int bytes, Instant now)
    {
        _counters.CopiedOverStreams(bytes);
        return _account.Spend(bytes, now);
    }
}
