using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

/// <summary>In steady state nothing is allocated, neither per message nor per packet nor per loss, with thousands of messages under way.</summary>
[TestFixture]
[NonParallelizable]
public class SctpAllocationTests
{
    [TestCase(64, 4000, 0)]
    [TestCase(1000, 1000, 0)]
    [TestCase(16_384, 60, 0)]
    [TestCase(256_000, 4, 0)]
    [TestCase(1000, 1000, 50)]
    [TestCase(16_384, 60, 50)]
    public void SteadyState_OfManyMessages_AllocatesNothing(int size, int count, int loseEvery)
    {
        SctpOptions options = new() { PeerMaxMessageSize = 1 << 20, MaxMessageSize = 1 << 20, MaxRetransmits = 1000 };
        using SctpAssociation left = new(options, RandomSource.Seeded(1)), right = new(options, RandomSource.Seeded(2));
        Instant now = new(TimeSpan.TicksPerSecond);
        left.Associate(now);
        byte[] packet = new byte[1500], message = new byte[size];
        long best = long.MaxValue;
        int packets = 0;
        for (int round = 0; round < 60 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            if (left.State == SctpAssociationState.Established)
            {
                for (int i = 0; i < count; i++) left.Send((ushort)(i % 8), 53, message, default, now);
            }
            int quiet = 0;
            while (quiet < 3)
            {
                bool isBusy = false;
                while (left.Transmit(packet, now) is > 0 and int length)
                {
                    isBusy = true;
                    if (loseEvery == 0 || ++packets % loseEvery != 0) right.Receive(packet.AsSpan(0, length), now);
                }
                while (right.Transmit(packet, now) is > 0 and int length)
                {
                    isBusy = true;
                    left.Receive(packet.AsSpan(0, length), now);
                }
                while (right.TryReceive(out SctpMessage arrived)) arrived.Payload.Dispose();
                while (left.TryReadEvent(out _)) { }
                while (right.TryReadEvent(out _)) { }
                now += TimeSpan.FromMilliseconds(5);
                left.AdvanceTo(now);
                right.AdvanceTo(now);
                bool isIdle = !isBusy && left.GetStatistics().BytesInFlight == 0 && left.TotalBufferedAmount == 0;
                quiet = isIdle ? quiet + 1 : 0;
            }
            if (round > 10) best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(right.GetStatistics().MessagesReceived, Is.GreaterThan(count * 10));
        Assert.That(best, Is.Zero, "bytes per round");
    }

    [Test]
    public void Crc32c_OfPartsAtATime_IsThatOfTables()                // the parts are 384 bytes, three at a time
    {
        byte[] bytes = new byte[5000];
        RandomSource.Seeded(7).Fill(bytes);
        foreach (int length in new[] { 0, 1, 383, 1151, 1152, 1153, 1160, 2303, 2304, 4999, 5000 })
            Assert.That(Crc32c.Append(12345, bytes.AsSpan(0, length)), Is.EqualTo(Crc32c.AppendByTables(12345, bytes.AsSpan(0, length))), $"{length}");
    }
}
