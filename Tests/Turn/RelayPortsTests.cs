using WebRtcStack.Transport;
using WebRtcStack.TurnHost;

namespace WebRtcStack.Tests.Turn;

/// <summary>Ports of relayed addresses: all of a range can be had, none twice, in an order that nobody can guess (RFC 6056 §3.3.1).</summary>
internal sealed class RelayPortsTests
{
    [Test]
    public void TryTake_UntilTheRangeIsTaken_GivesEachPortOnce()
    {
        RelayPorts ports = new(new PortRange(50_000, 50_999));
        List<ushort> taken = [];
        while (ports.TryTake(Take)) { }
        Assert.That(taken, Is.Unique);
        Assert.That(taken, Has.Count.EqualTo(1000));
        Assert.That(taken.Zip(taken.Skip(1), static (first, second) => second - first).Count(static step => step == 1), Is.LessThan(50), "in no order");
        ports.Return(50_500);
        Assert.That(ports.TryTakeEven(Take) && taken[^1] == 50_500);
        Assert.That(ports.TryTake(50_500, Take), Is.False);
        ports.Return(50_501);
        Assert.That((ports.TryTakeEven(Take), ports.TryTake(50_501, Take), ports.TryTake(51_000, Take), ports.TryTake(49_999, Take)), Is.EqualTo((false, true, false, false)));

        bool Take(ushort port)
        {
            taken.Add(port);
            return true;
        }
    }

    [Test]
    public void TryTakeEven_UntilThereAreNone_GivesEvenOnes()
    {
        RelayPorts ports = new(new PortRange(50_001, 50_064));
        HashSet<ushort> taken = [];
        while (ports.TryTakeEven(taken.Add)) { }
        Assert.That(taken.All(static port => port % 2 == 0));
        Assert.That(taken, Has.Count.GreaterThan(24), "a draw that finds none of the last few is refused; the client may ask again");
    }

    [Test]
    public void TryTake_WhereOthersHaveThePorts_GivesUpAndKeepsThemFree()
    {
        RelayPorts ports = new(new PortRange(50_000, 50_999));
        int tries = 0;
        Assert.That(ports.TryTake(_ => ++tries < 0), Is.False);
        Assert.That(tries, Is.InRange(1, 64));
        int free = 0;
        while (ports.TryTake(static _ => true)) free++;
        Assert.That(free, Is.EqualTo(1000));
    }

    [Test]
    public void TryTake_WhereTheSystemChooses_AsksIt()
    {
        RelayPorts ports = new(PortRange.Any);
        Assert.That(ports.TryTake(static port => port == 0) && ports.TryTake(static port => port == 0));
        Assert.That(ports.TryTakeEven(static _ => true), Is.False);
        ports.Return(40_000);
    }

    [Test]
    public void TryTake_FromManyThreads_GivesEachPortOnce()
    {
        RelayPorts ports = new(new PortRange(50_000, 57_999));
        int[] held = new int[8000];
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            List<ushort> own = [];
            for (int i = 0; i < 5000; i++)
            {
                if (i % 3 < 2 && ports.TryTake(port => Interlocked.Increment(ref held[port - 50_000]) == 1 ? Keep(own, port) : throw new InvalidOperationException("It is taken.")))
                    continue;
                if (own.Count == 0) continue;
                ushort last = own[^1];
                own.RemoveAt(own.Count - 1);
                Interlocked.Decrement(ref held[last - 50_000]);
                ports.Return(last);
            }
        });

        static bool Keep(List<ushort> own, ushort port)
        {
            own.Add(port);
            return true;
        }
    }
}
