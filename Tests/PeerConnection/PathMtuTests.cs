using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>RFC 8899 through whole connections: what the path carries is found, and found anew when it carries less.</summary>
[TestFixture]
public sealed class PathMtuTests
{
    private const int Transfer = 2_000_000;

    // §4.3, §4.4: fewer and larger datagrams where the path is known to carry them; an MTU that drops in mid-transfer costs no message.
    [Test]
    public void Transfer_OverAPathWhoseMtuDrops_GoesOn()
    {
        (long before, long after) = Datagrams(maxMtu: 1452);
        (long without, _) = Datagrams(maxMtu: 0);
        TestContext.Out.WriteLine($"{before} datagrams for 2 MB over 1500 bytes, {after} when the MTU drops to 1240 meanwhile; {without} without a search");
        Assert.That(before, Is.LessThan(without * 95 / 100));
        Assert.That(after, Is.GreaterThan(before));
    }

    private static (long Before, long After) Datagrams(int maxMtu)
    {
        PathOptions path = new() { Delay = TimeSpan.FromMilliseconds(10), Mtu = 1500, Rate = 20_000_000, QueueBytes = 100_000 };
        using PeerSimulation simulation = new(1, path, options: new WebRtcOptions { MaxMtu = maxMtu });
        long received = 0;
        bool isOpen = false;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, message) => received += message.Data.Length;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        channel.OnOpen += (_, _) => isOpen = true;
        simulation.RunUntil(() => isOpen, TimeSpan.FromMinutes(1), simulation.NegotiateAsync());
        simulation.Time.RunUntil(() => false, TimeSpan.FromSeconds(5));
        long before = Send(null);
        return (before, Send(() => simulation.LeftHost.Interfaces[0].Path = simulation.RightHost.Interfaces[0].Path = path with { Mtu = 1240 }));

        long Send(Action? halfway)
        {
            long start = simulation.LeftHost.Interfaces[0].DatagramsSent, end = received + Transfer;
            for (int i = 0; i < 40; i++) channel.Send(new byte[Transfer / 40]);
            simulation.RunUntil(() => received >= end - Transfer / 2, TimeSpan.FromMinutes(1));
            halfway?.Invoke();
            simulation.RunUntil(() => received == end, TimeSpan.FromMinutes(1));
            return simulation.LeftHost.Interfaces[0].DatagramsSent - start;
        }
    }
}
