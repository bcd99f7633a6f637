using WebRtcStack.Core;

namespace WebRtcStack.Tests.Contract;

/// <summary>
/// What holds for every layer: derive, hand over two layers that talk to each other, and inherit the tests.
/// </summary>
public abstract class LayerContractTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);

    /// <summary>Two fresh layers that will connect when their datagrams are exchanged; both already told to start.</summary>
    protected abstract (ILayer Left, ILayer Right) Create(RandomSource random, Instant now);

    /// <summary>Makes both sides owe a little application data once they are connected; false where a layer carries none.</summary>
    protected abstract bool TrySend(ILayer left, ILayer right, Instant now);

    /// <summary>Bytes the layer may allocate for one exchange in steady state.</summary>
    protected virtual long SteadyStateAllocation => 0;

    [Test]
    public void AdvanceTo_BeforeNextTimeout_IsANoOp()
    {
        (ILayer left, _) = Create(RandomSource.Seeded(1), s_start);
        byte[] buffer = new byte[Math.Max(1500, left.MinDatagramSize)];
        while (left.Transmit(buffer, s_start) > 0) { }
        Instant next = left.NextTimeout;
        Assume.That(next.IsNever, Is.False, "a layer that waits for an answer has a deadline");
        Instant early = next - TimeSpan.FromTicks(1);
        left.AdvanceTo(early);
        left.AdvanceTo(early);
        Assert.Multiple(() =>
        {
            Assert.That(left.NextTimeout, Is.EqualTo(next));
            Assert.That(left.Transmit(buffer, early), Is.Zero);
        });
    }

    [Test]
    public void AdvanceTo_NextTimeout_MakesProgress()
    {
        (ILayer left, _) = Create(RandomSource.Seeded(2), s_start);
        byte[] buffer = new byte[Math.Max(1500, left.MinDatagramSize)];
        Instant now = s_start;
        for (int i = 0; i < 1000; i++)
        {
            while (left.Transmit(buffer, now) > 0) { }
            left.DrainEvents();
            Instant due = left.NextTimeout;
            if (due.IsNever) return;
            now = Instant.Max(now, due);
            left.AdvanceTo(now);
            bool owes = left.Transmit(buffer, now) > 0;
            Assert.That(owes || left.NextTimeout > due, $"deadline {due} did nothing");
        }
    }

    [Test]
    public void Transmit_OnceDrained_StaysDrained()
    {
        (ILayer left, _) = Create(RandomSource.Seeded(3), s_start);
        byte[] buffer = new byte[Math.Max(1500, left.MinDatagramSize)];
        int datagrams = 0;
        while (left.Transmit(buffer, s_start) > 0) Assert.That(++datagrams, Is.LessThan(1000), "it never ends");
        Assert.That(left.Transmit(buffer, s_start), Is.Zero);
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Receive_OnAnyBytes_Survives(byte[][] datagrams, int seed)
    {
        (ILayer left, _) = Create(RandomSource.Seeded((ulong)seed), s_start);
        byte[] buffer = new byte[Math.Max(1500, left.MinDatagramSize)];
        foreach (byte[] datagram in datagrams)
        {
            left.Receive(datagram, s_start);
            while (left.Transmit(buffer, s_start) > 0) { }
            left.DrainEvents();
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void Receive_OnMutatedTraffic_Survives(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        (ILayer left, ILayer right) = Create(random, s_start);
        byte[] buffer = new byte[Math.Max(1500, left.MinDatagramSize)];
        Instant now = s_start;
        for (int i = 0; i < 60; i++)
        {
            ILayer from = i % 2 == 0 ? left : right, to = i % 2 == 0 ? right : left;
            if (i == 30) TrySend(left, right, now);
            while (from.Transmit(buffer, now) is > 0 and int length)
            {
                byte[] datagram = buffer.AsSpan(0, length).ToArray();
                int mutation = random.Next(4);
                if (mutation == 1) datagram[random.Next(length)] ^= (byte)(1 << random.Next(8));
                to.Receive(mutation == 2 ? datagram.AsSpan(0, random.Next(length)) : datagram, now);
                if (mutation == 3) to.Receive(buffer.AsSpan(0, length).ToArray(), now);
            }
            from.DrainEvents();
            to.DrainEvents();
            now += TimeSpan.FromMilliseconds(100);
            left.AdvanceTo(now);
            right.AdvanceTo(now);
        }
    }

    [Test]
    public void SteadyState_AllocatesNothing()
    {
        (ILayer left, ILayer right) = Create(RandomSource.Seeded(4), s_start);
        byte[] buffer = new byte[Math.Max(1500, left.MinDatagramSize)];
        Instant now = s_start;
        for (int i = 0; i < 100; i++) Exchange(left, right, buffer, ref now);
        if (!TrySend(left, right, now)) return;
        for (int i = 0; i < 2000; i++)                                  // fills the pools, lets the JIT finish
        {
            TrySend(left, right, now);
            Exchange(left, right, buffer, ref now);
        }
        long best = long.MaxValue;
        for (int round = 0; round < 5 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                TrySend(left, right, now);
                Exchange(left, right, buffer, ref now);
            }
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(best / 100, Is.LessThanOrEqualTo(SteadyStateAllocation), "bytes per exchange");
    }

    private static void Exchange(ILayer left, ILayer right, byte[] buffer, ref Instant now)
    {
        bool busy = true;
        while (busy)
        {
            busy = false;
            while (left.Transmit(buffer, now) is > 0 and int length)
            {
                right.Receive(buffer.AsSpan(0, length), now);
                busy = true;
            }
            while (right.Transmit(buffer, now) is > 0 and int length)
            {
                left.Receive(buffer.AsSpan(0, length), now);
                busy = true;
            }
            left.DrainEvents();
            right.DrainEvents();
        }
        now += TimeSpan.FromMilliseconds(5);
        left.AdvanceTo(now);
        right.AdvanceTo(now);
    }
}
