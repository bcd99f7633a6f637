using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>The receive window: how it grows, how it closes and opens, and when that is told.</summary>
[TestFixture]
public class ReceiveWindowTests
{
    private const uint First = RawPeer.InitialTsn;

    [Test]
    public void Window_OnALongFatPath_GrowsUntilItFills()
    {
        (long window, double share) = Run(most: 32 << 20, reads: true);
        Assert.That(window, Is.GreaterThan(8 << 20));
        Assert.That(share, Is.GreaterThan(0.9));
    }

    [Test]
    public void Window_AtItsLimit_IsWhatThePathGets()
    {
        (long window, double share) = Run(most: 1 << 20, reads: true);
        Assert.That(window, Is.InRange(900_000, 1 << 20));
        Assert.That(share, Is.InRange(0.2, 0.45), "1 MiB in 100 ms is a third of 250 Mbit/s");
    }

    [Test]
    public void Window_WhenNobodyReads_StaysAsItWas()
    {
        (long window, _) = Run(most: 32 << 20, reads: false);
        Assert.That(window, Is.LessThanOrEqualTo(1 << 20));
    }

    [Test]
    public void Read_OfAFullWindow_IsToldAtOnce()                     // RFC 9260 §6.2
    {
        RawPeer peer = Full(out int count);
        Assert.That(Window(peer), Is.Zero, "RFC 1122 §4.2.3.3: no silly window");
        int read = 0;
        while (read < count && peer.ReadChunks().Count == 0)
        {
            Assert.That(peer.Association.TryReceive(out SctpMessage message));
            message.Payload.Dispose();
            read++;
        }
        Assert.That(read, Is.InRange(count / 5, count / 2), "when enough is free to be worth a packet");
    }

    [Test]
    public void Receive_BeyondTheWindow_IsDroppedAndAnswered()        // RFC 9260 §6.2
    {
        RawPeer peer = Full(out int count);
        peer.Send(RawPeer.Data(First + (uint)count + 1, 1, 200, 3, new byte[1000]));
        Assert.That(peer.Association.Drops[SctpDropReason.WindowExceeded], Is.EqualTo(1));
        Assert.That(Window(peer), Is.Zero);
    }

    [Test]
    public void Sack_OfASinglePacket_WaitsFor200Milliseconds()        // RFC 9260 §6.2
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(First, 1, 0, 3, 1));
        Assert.That(peer.ReadChunks(), Is.Empty);
        peer.Advance(TimeSpan.FromMilliseconds(199));
        Assert.That(peer.ReadChunks(), Is.Empty);
        peer.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(peer.ReadChunks(), Has.Count.EqualTo(1));
    }

    [TestCase(1u, (byte)3, TestName = "Sack_OfASecondPacket_GoesAtOnce")]                     // §6.2
    [TestCase(2u, (byte)3, TestName = "Sack_OfAGap_GoesAtOnce")]                              // §6.7
    [TestCase(0u, (byte)3, TestName = "Sack_OfADuplicate_GoesAtOnce")]                        // §6.2
    public void Sack_GoesAtOnce(uint offset, byte flags)
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(First, 1, 0, 3, 1));
        peer.Send(RawPeer.Data(First + offset, 1, (ushort)offset, flags, 1));
        Assert.That(peer.ReadChunks(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Sack_OfTheIBit_GoesAtOnce()                           // RFC 7053 §5.2
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(First, 1, 0, 3 | 8, 1));
        Assert.That(peer.ReadChunks(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Send_BeyondTheSendBuffer_IsRefusedUntilItIsAcknowledged()     // back-pressure
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxSendBuffer = 16 * 1024 });
        int queued = 0;
        while (peer.Association.Send(1, 53, new byte[1000], default, peer.Now) == SctpSendResult.Queued) queued++;
        Assert.That(queued, Is.EqualTo(16));
        int sent = peer.ReadChunks().Count;
        Assert.That(peer.Association.Send(1, 53, new byte[1000], default, peer.Now), Is.EqualTo(SctpSendResult.BufferFull), "in flight counts");
        peer.Send(RawPeer.Sack(peer.PeerInitialTsn + (uint)sent - 1, 1 << 20));
        Assert.That(peer.Association.Send(1, 53, new byte[1000], default, peer.Now), Is.EqualTo(SctpSendResult.Queued));
    }

    private static RawPeer Full(out int count)
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { ReceiveWindow = 65 * 1024, MaxReceiveWindow = 65 * 1024, MaxMessageSize = 1024 });
        count = 0;
        while (peer.Association.GetStatistics().ReceiveWindow >= 1032)
        {
            peer.Send(RawPeer.Data(First + (uint)count, 1, (ushort)count, 3, new byte[1000]));
            count++;
        }
        return peer;
    }

    private static uint Window(RawPeer peer)
    {
        peer.Advance(TimeSpan.FromMilliseconds(200));
        uint window = uint.MaxValue;
        foreach ((byte type, _, byte[] value) in peer.ReadChunks())
        {
            if (type == 3) window = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(4));
        }
        return window;
    }

    // 250 Mbit/s and 100 ms: 3 MiB are in flight when the path is full.
    private static (long Window, double Share) Run(int most, bool reads)
    {
        VirtualTime time = new(1);
        SctpOptions options = new() { MaxReceiveWindow = most, MaxSendBuffer = 1 << 28, PeerMaxMessageSize = 1 << 20 };
        using SctpAssociation left = new(options, time.Random), right = new(options, time.Random);
        SimulatedPath forward = new(time, "forward", new PathOptions { Delay = TimeSpan.FromMilliseconds(50), Rate = 250_000_000, QueueBytes = 3 << 20 });
        SimulatedPath back = new(time, "back", new PathOptions { Delay = TimeSpan.FromMilliseconds(50) });
        byte[] packet = new byte[1200], message = new byte[60_000];
        long received = 0, mark = 0;
        Instant end = time.Now + TimeSpan.FromSeconds(4);
        left.Associate(time.Now);
        void Pump()
        {
            if (left.State == SctpAssociationState.Established)
            {
                while (left.TotalBufferedAmount < 1_000_000 && left.Send(1, 53, message, default, time.Now) == SctpSendResult.Queued) { }
            }
            while (reads && right.TryReceive(out SctpMessage arrived))
            {
                received += arrived.Payload.Length;
                arrived.Payload.Dispose();
            }
            while (left.Transmit(packet, time.Now) is > 0 and int length) forward.Send(packet.AsSpan(0, length), d => right.Receive(d, time.Now));
            while (right.Transmit(packet, time.Now) is > 0 and int length) back.Send(packet.AsSpan(0, length), d => left.Receive(d, time.Now));
        }
        while (time.Now < end)
        {
            Pump();
            Instant next = Instant.Min(time.Next, Instant.Min(left.NextTimeout, right.NextTimeout));
            if (next < time.Next) time.Schedule(next, () => { });
            if (!time.Step()) break;
            left.AdvanceTo(time.Now);
            right.AdvanceTo(time.Now);
            if (mark == 0 && time.Now > end - TimeSpan.FromSeconds(2)) mark = Math.Max(1, received);
        }
        double share = (received - mark) * 8 / 2.0 / 250e6;
        TestContext.Out.WriteLine($"{share:P1} {right.GetStatistics()}");
        return (right.GetStatistics().ReceiveWindow, share);
    }
}
