using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

public sealed class HandshakeReassemblerTests
{
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Add_OfOverlappingFragmentsInAnyOrder_YieldsTheMessages(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        HandshakeReassembler reassembler = new(4096, new DropCounters());
        List<byte[]> bodies = [];
        for (int i = 0; i < 4; i++)
        {
            bodies.Add(new byte[random.Next(300)]);
            random.Fill(bodies[i]);
        }
        int taken = 0;
        for (int i = 0; i < 100_000 && taken < bodies.Count; i++)
        {
            int sequence = random.Next(bodies.Count), length = bodies[sequence].Length;
            int offset = random.Next(length + 1), count = random.Next(length - offset + 1);
            FragmentHeader header = new(HandshakeType.Certificate, length, (ushort)sequence, offset, count);
            FragmentOutcome outcome = reassembler.Add(header, bodies[sequence].AsSpan(offset, count));
            Assert.That(outcome, Is.EqualTo(sequence < taken ? FragmentOutcome.Old : FragmentOutcome.Kept));
            while (reassembler.TryTake(out byte[]? raw, out _))
                Assert.That(raw.AsSpan(FragmentHeader.Size).SequenceEqual(bodies[taken++]), $"seed {seed}, message {taken}");
        }
        Assert.That(taken, Is.EqualTo(bodies.Count));
    }

    [Test]
    public void Add_BeyondItsLimits_DropsAndCounts()
    {
        DropCounters drops = new();
        HandshakeReassembler reassembler = new(1000, drops);
        FragmentOutcome Add(int length, ushort sequence, HandshakeType type = HandshakeType.Certificate) =>
            reassembler.Add(new FragmentHeader(type, length, sequence, 0, 1), [1]);
        Assert.Multiple(() =>
        {
            Assert.That(Add(1001, 0), Is.EqualTo(FragmentOutcome.Dropped), "too long");
            Assert.That(Add(10, 16), Is.EqualTo(FragmentOutcome.Dropped), "too far ahead");
            Assert.That(Add(900, 1), Is.EqualTo(FragmentOutcome.Kept));
            Assert.That(Add(200, 2), Is.EqualTo(FragmentOutcome.Dropped), "too much ahead");
            Assert.That(Add(1000, 0), Is.EqualTo(FragmentOutcome.Kept), "the next message always has room");
            Assert.That(Add(999, 0), Is.EqualTo(FragmentOutcome.Dropped), "another length");
            Assert.That(Add(1000, 0, HandshakeType.Finished), Is.EqualTo(FragmentOutcome.Dropped), "another type");
            Assert.That(drops[DtlsDropReason.HandshakeLimit], Is.EqualTo(3));
            Assert.That(drops[DtlsDropReason.MalformedHandshake], Is.EqualTo(2));
        });
    }
}
