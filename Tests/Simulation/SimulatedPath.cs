using WebRtcStack.Core;

namespace WebRtcStack.Tests.Simulation;

/// <summary>One direction of a path: takes datagrams and delivers them late, twice, in another order, or never.</summary>
public sealed class SimulatedPath(VirtualTime time, string name, PathOptions options)
{
    private Instant _linkFree;          // when the rate-limited link has sent all that waits
    private Instant _lastArrival;       // jitter alone does not reorder

    /// <summary>May be changed while the simulation runs: an outage is a loss of 1.</summary>
    public PathOptions Options { get; set; } = options;

    public long Sent { get; private set; }

    public long SentBytes { get; private set; }

    public long Lost { get; private set; }

    public long Delivered { get; private set; }

    /// <summary>Sends a copy of <paramref name="datagram"/>; <paramref name="deliver"/> owns the array it is given.</summary>
    public void Send(ReadOnlySpan<byte> datagram, Action<byte[]> deliver)
    {
        Sent++;
        SentBytes += datagram.Length;
        if (datagram.Length > Options.Mtu || time.Random.NextDouble() < Options.Loss)
        {
            Lost++;
            time.Log(name, $"lost {datagram.Length} bytes");
            return;
        }
        Instant departure = time.Now;
        if (Options.Rate > 0)
        {
            Instant free = Instant.Max(_linkFree, time.Now);
            double waiting = (free - time.Now).TotalSeconds * Options.Rate / 8;
            if (waiting + datagram.Length > Options.QueueBytes)
            {
                Lost++;
                time.Log(name, $"queue full, lost {datagram.Length} bytes");
                return;
            }
            departure = _linkFree = free + TimeSpan.FromSeconds((datagram.Length + 28) * 8.0 / Options.Rate);
        }
        bool twice = time.Random.NextDouble() < Options.Duplication;
        Deliver(departure, datagram.ToArray(), deliver);
        if (twice) Deliver(departure, datagram.ToArray(), deliver);
    }

    private void Deliver(Instant departure, byte[] datagram, Action<byte[]> deliver)
    {
        Instant arrival = departure + Options.Delay;
        if (time.Random.NextDouble() < Options.Reordering)
        {
            arrival += Scale(Options.ReorderingDelay);                 // leaves _lastArrival alone: others overtake
        }
        else
        {
            arrival = Instant.Max(_lastArrival, arrival + Scale(Options.Jitter));
            _lastArrival = arrival;
        }
        time.Schedule(arrival, () =>
        {
            Delivered++;
            deliver(datagram);
        });
    }

    private TimeSpan Scale(TimeSpan most) => most == TimeSpan.Zero ? most : most * time.Random.NextDouble();
}
