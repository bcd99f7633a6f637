using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp.Goodput;

/// <summary>A path, and what runs over it.</summary>
internal sealed record GoodputCell
{
    /// <summary>Megabits per second, counted in SCTP packets.</summary>
    public double Megabits { get; init; } = 100;

    public TimeSpan RoundTrip { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Probability that a packet is lost, in either direction.</summary>
    public double Loss { get; init; }

    /// <summary>The bottleneck's queue in bandwidth-delay products.</summary>
    public double Queue { get; init; } = 1;

    /// <summary>Associations that share the bottleneck.</summary>
    public int Flows { get; init; } = 1;

    public ulong Seed { get; init; } = 1;

    /// <summary>Time before the measurement. Slow start is over by then.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    public SctpOptions Options { get; init; } = new()
    {
        MaxSendBuffer = 1 << 28, ReceiveWindow = 1 << 28, PeerMaxMessageSize = 1 << 20, ZeroChecksum = true,
    };

    public double BytesPerSecond => Megabits * 1e6 / 8;

    public long BandwidthDelayProduct => (long)(BytesPerSecond * RoundTrip.TotalSeconds);
}

/// <summary>What a cell gave.</summary>
/// <param name="Goodput">User bytes delivered, as a share of the path's rate; of all flows together.</param>
/// <param name="LatencyP99">The 99th percentile of the latency of 1 KB messages on a second stream.</param>
/// <param name="Fairness">Jain's index over the flows: 1 is equal shares, 1/n is one flow with everything.</param>
/// <param name="QueueDrops">Packets that the queue refused.</param>
internal readonly record struct GoodputResult(double Goodput, TimeSpan LatencyP99, double Fairness, long QueueDrops);
