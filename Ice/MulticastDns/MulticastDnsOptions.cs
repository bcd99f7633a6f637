using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>Settings of a <see cref="MulticastDnsNode"/>. Worst-case memory: some 400 bytes for each name and each query.</summary>
public sealed record MulticastDnsOptions
{
    /// <summary>How long to wait before asking again; the wait doubles each time. Default 1 s, the least of RFC 6762 §5.2; from 10 ms to 1 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan RetryInterval { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)); }
        = TimeSpan.FromSeconds(1);

    /// <summary>How often a name is asked for. Default 3; from 1 to 10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxAttempts { get; init => field = Require.InRange(value, 1, 10); } = 3;

    /// <summary>How many names may be asked for at a time; a further one is answered with no address. Default 64; from 1 to 4096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxQueries { get; init => field = Require.InRange(value, 1, 4096); } = 64;

    /// <summary>How many names may be published. Default 1024; from 1 to 65536.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxNames { get; init => field = Require.InRange(value, 1, 65536); } = 1024;

    /// <summary>How many answers may wait to be sent. Default 64; from 1 to 4096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPendingAnswers { get; init => field = Require.InRange(value, 1, 4096); } = 64;
}

/// <summary>What has become of a query.</summary>
/// <param name="Name">The name that was asked for.</param>
/// <param name="Address">Its address, port 0; none when nobody has answered.</param>
public readonly record struct MulticastDnsEvent(string Name, TransportAddress Address);
