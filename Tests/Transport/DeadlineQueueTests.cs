using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

public sealed class DeadlineQueueTests
{
    [FsCheck.NUnit.Property]
    public void TryTake_GivesDeadlinesInOrder_WhateverWasMoved((byte Who, ushort When)[] moves)
    {
        VirtualTime time = new(1);
        SimulatedEventLoop loop = new(new SimulatedHost(time, "host"));
        LoopRegistration[] registrations = [.. Enumerable.Range(0, 16).Select(_ => loop.Attach(new Idle()))];
        Dictionary<int, long> expected = [];
        DeadlineQueue queue = new();
        foreach ((byte who, ushort when) in moves)
        {
            int index = who % registrations.Length;
            Instant deadline = when % 7 == 0 ? Instant.Never : new Instant(when);
            queue.Set(registrations[index], deadline);
            if (deadline.IsNever) expected.Remove(index);
            else expected[index] = deadline.Ticks;
            Assert.That(queue.Next.Ticks, Is.EqualTo(expected.Count == 0 ? long.MaxValue : expected.Values.Min()));
        }
        List<int> taken = [];
        Instant last = new(0);
        while (queue.Next is { IsNever: false } next)
        {
            Assert.That(next, Is.GreaterThanOrEqualTo(last));
            Assert.That(queue.TryTake(next, out LoopRegistration? registration));
            taken.Add(Array.IndexOf(registrations, registration));
            last = next;
        }
        Assert.That(taken, Is.EquivalentTo(expected.Keys));
    }

    private sealed class Idle : IDrivenConnection
    {
        public Instant NextTimeout => Instant.Never;

        public void Receive(Span<byte> datagram, in NetworkPath path, Instant now) { }

        public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
        {
            path = default;
            return 0;
        }

        public void AdvanceTo(Instant now) { }

        public void PublishEvents(Instant now) { }

        public void Fault(Exception exception) { }
    }
}
