using WebRtcStack.Core;

namespace WebRtcStack.Tests.Simulation;

/// <summary>What a simulated path does to datagrams in one direction.</summary>
public sealed record PathOptions
{
    /// <summary>One-way delay.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Up to this much is added to the delay, without changing the order of datagrams.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Probability that a datagram is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Probability that a datagram is held back by up to <see cref="ReorderingDelay"/> and so overtaken.</summary>
    public double Reordering { get; init; }

    public TimeSpan ReorderingDelay { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>Probability that a datagram arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Bits per second, counted with 28 bytes of IPv4 and UDP header per datagram; 0 is without limit.</summary>
    public long Rate { get; init; }

    /// <summary>Bytes that may wait for the rate limit; what exceeds them is lost (drop tail).</summary>
    public int QueueBytes { get; init; } = 256 * 1024;

    /// <summary>The largest UDP payload that passes; a larger one is lost without notice, as with a black hole.</summary>
    public int Mtu { get; init; } = 65_507;

    /// <summary>A path drawn from the seed: up to 20 % loss, reordering and duplication, 0 to 150 ms of delay.</summary>
    public static PathOptions Draw(RandomSource random, double worst = 0.2) => new()
    {
        Delay = TimeSpan.FromMilliseconds(random.Next(150)),
        Jitter = TimeSpan.FromMilliseconds(random.Next(20)),
        Loss = random.NextDouble() * worst,
        Reordering = random.NextDouble() * worst,
        Duplication = random.NextDouble() * worst,
    };
}
