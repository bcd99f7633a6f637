using System.Net;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>Trains of datagrams: cut and put together by the kernel or not, they arrive the same.</summary>
[TestFixture(true, false), TestFixture(false, false), TestFixture(false, true)]
public sealed class UdpTrainTests(bool portable, bool segment)
{
    private static readonly TransportAddress s_loopback = TransportAddress.From(IPAddress.Loopback, 0);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private sealed class Collector(UdpSocketGroup group) : IUdpReceiver
    {
        public List<(UdpGroupSocket Socket, byte[] Data, byte Ecn)> Received { get; } = [];

        void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote)
        {
            Received.Add((socket, buffer.Slice(offset, length).ToArray(), group.ReceivedEcn));
            buffer.Slice(offset, length).Fill(0xEE);                          // decrypting in place harms no neighbour
        }
    }

    [Test, CancelAfter(20_000)]
    public void Datagrams_OfAnyLengthsToAnybody_ArriveAsTheyWereSent([Range(1, 8)] int seed, CancellationToken timeout)
    {
        using UdpSocketGroup group = Create();
        UdpGroupSocket[] sockets = [Open(group), Open(group), Open(group)];
        Collector collector = new(group);
        Random random = new(seed);
        Dictionary<UdpGroupSocket, List<byte[]>> expected = sockets.ToDictionary(socket => socket, _ => new List<byte[]>());
        int total = 0;
        for (int burst = 0; burst < 6; burst++)
        {
            int length = random.Next(1, 1400);
            UdpGroupSocket to = sockets[random.Next(3)];
            for (int i = random.Next(1, 140); i > 0; i--)
            {
                if (random.Next(20) == 0) length = random.Next(1, 1400);
                if (random.Next(40) == 0) to = sockets[random.Next(3)];
                byte[] datagram = new byte[length];
                random.NextBytes(datagram);
                datagram.CopyTo(group.GetSendBuffer());
                if (random.Next(2) == 0) group.SendBuffered(sockets[0], length, to.Local);
                else group.Send(sockets[0], datagram, to.Local);
                expected[to].Add(datagram);
                total++;
            }
            group.Flush();
            Poll(group, collector, () => collector.Received.Count == total, timeout);
        }
        foreach (UdpGroupSocket socket in sockets)
            Assert.That(collector.Received.Where(each => ReferenceEquals(each.Socket, socket)).Select(each => each.Data), Is.EqualTo(expected[socket]), $"seed {seed}");
    }

    [Test, CancelAfter(20_000)]
    public void Train_ThatTheKernelRefusesToCut_ArrivesAllTheSame(CancellationToken timeout)
    {
        const int Datagrams = 50, SocketLevel = 1, NoChecksum = 11;
        if (!OperatingSystem.IsLinux()) Assert.Ignore("SO_NO_CHECK is Linux's.");
        using UdpSocketGroup group = Create();
        UdpGroupSocket from = Open(group), to = Open(group);
        from.Socket.SetRawSocketOption(SocketLevel, NoChecksum, BitConverter.GetBytes(1));       // then UDP_SEGMENT gives EINVAL
        Collector collector = new(group);
        for (int i = 0; i < Datagrams; i++)
        {
            group.GetSendBuffer()[..100].Fill((byte)i);
            group.SendBuffered(from, 100, to.Local);
        }
        group.Flush();
        Poll(group, collector, () => collector.Received.Count == Datagrams, timeout);
        Assert.That(collector.Received.Select(each => (int)each.Data[99]), Is.EqualTo(Enumerable.Range(0, Datagrams)));
        if (from is LinuxSocket linux) Assert.That(linux.CutsTrains, Is.False);
    }

    [Test, CancelAfter(20_000)]
    public void Ecn_WhereItCanBeSet_ArrivesWithTheDatagram(CancellationToken timeout)       // RFC 3168 §5
    {
        using UdpSocketGroup group = Create();
        UdpGroupSocket from = Open(group), to = Open(group);
        if (!group.CanSetEcn)
        {
            Assert.That(() => group.SetEcn(from, 1), Throws.TypeOf<NotSupportedException>());
            return;
        }
        Collector collector = new(group);
        for (byte codepoint = 0; codepoint < 4; codepoint++)
        {
            group.SetEcn(from, codepoint);
            group.Send(from, [codepoint], to.Local);
            group.Send(from, [codepoint], to.Local);
            group.Flush();
        }
        Poll(group, collector, () => collector.Received.Count == 8, timeout);
        Assert.That(collector.Received.Select(each => each.Ecn), Is.EqualTo(collector.Received.Select(each => each.Data[0])));
        Assert.That(() => group.SetEcn(from, 4), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Create_WithHeadroomAndCoalescing_Throws() =>
        Assert.That(() => UdpSocketGroup.Create(new UdpSocketGroupOptions { Headroom = 4, Coalesce = true }), Throws.ArgumentException);

    private UdpSocketGroup Create() =>
        UdpSocketGroup.Create(new UdpSocketGroupOptions { IsPortable = portable, Segment = segment, Coalesce = true, ReceiveEcn = true, SocketBufferSize = 4 << 20 });

    private static UdpGroupSocket Open(UdpSocketGroup group)
    {
        Assert.That(group.TryOpen(s_loopback, PortRange.Any, false, out UdpGroupSocket? socket, out string? error), error);
        return socket!;
    }

    private static void Poll(UdpSocketGroup group, Collector collector, Func<bool> done, CancellationToken timeout)
    {
        while (!done())
        {
            timeout.ThrowIfCancellationRequested();
            group.Poll(collector, s_patience);
        }
    }
}
