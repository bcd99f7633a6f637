using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>What the system refuses to send is lost as a datagram may be, counted one by one and by reason; what comes after it is sent.</summary>
[NonParallelizable, CancelAfter(20_000)]                           // the meter is that of the process
public sealed class SendErrorTests
{
    private const string NotSent = "webrtcstack.datagrams.not_sent";
    private const int WouldBlock = 11, NoBuffers = 105, NetworkUnreachable = 101;       // errno(3)
    private static readonly TransportAddress s_loopback = TransportAddress.From(IPAddress.Loopback, 0);

    private sealed class Collector : IUdpErrorReceiver
    {
        public List<byte[]> Received { get; } = [];

        public List<(TransportAddress Remote, byte Type, byte Code)> Errors { get; } = [];

        void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote) =>
            Received.Add(buffer.Slice(offset, length).ToArray());

        void IUdpErrorReceiver.Undelivered(UdpGroupSocket socket, TransportAddress remote, byte type, byte code, uint data) => Errors.Add((remote, type, code));
    }

    private sealed class ShortOfMemory(int error, int failures) : LinuxSender(2048, 256 << 10)
    {
        private int _left = failures;

        private protected override int Call(int descriptor, nint messages, uint count)
        {
            if (_left-- <= 0) return base.Call(descriptor, messages, count);
            Marshal.SetLastPInvokeError(error);
            return -1;
        }
    }

    [TestCase(NoBuffers, "BufferFull")]
    [TestCase(WouldBlock, "BufferFull")]
    [TestCase(NetworkUnreachable, "Unreachable")]
    public unsafe void Train_ThatTheSystemHasNoRoomFor_IsCountedByDatagram_AndTheNextIsSent(int error, string reason, CancellationToken timeout)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Trains are Linux's.");
        using MeterReader meter = new();
        using UdpSocketGroup receiving = UdpSocketGroup.Create(new UdpSocketGroupOptions { Coalesce = true });
        UdpGroupSocket to = Open(receiving);
        using Socket bound = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        LinuxSocket from = new(bound) { CutsTrains = true };
        using ShortOfMemory sender = new(error, failures: error == NetworkUnreachable ? 11 : 1);       // a train that fails for another reason is tried datagram by datagram
        for (int i = 0; i < 10; i++) AddDatagram(1, 500);
        for (int i = 0; i < 5; i++) AddDatagram(2, 700);
        sender.Flush();
        Collector collector = new();
        Poll(receiving, collector, () => collector.Received.Count == 5, timeout);
        Assert.That(collector.Received.Select(datagram => datagram[0]), Is.All.EqualTo(2));
        Assert.That(meter.Sum(NotSent, reason), Is.EqualTo(10));
        Assert.That(meter.Sum("webrtcstack.datagrams.sent"), Is.EqualTo(5));

        void AddDatagram(byte mark, int length)
        {
            sender.Room[..length].Fill(mark);
            sender.AddWritten(from, 0, length, to.Local);
        }
    }

    [Test]
    public void Datagram_LargerThanTheSystemTakes_IsCountedTooLarge_AndTheNextArrives([Values] bool portable, CancellationToken timeout)       // EMSGSIZE
    {
        using MeterReader meter = new();
        using UdpSocketGroup group = UdpSocketGroup.Create(new UdpSocketGroupOptions { IsPortable = portable, MaxDatagramSize = 65_535 });
        UdpGroupSocket from = Open(group), to = Open(group);
        Collector collector = new();
        group.Send(from, new byte[65_520], to.Local);                 // an IPv4 packet has room for 65507
        group.Send(from, [7], to.Local);
        group.Flush();
        Poll(group, collector, () => collector.Received.Count == 1, timeout);
        Assert.That(collector.Received[0], Is.EqualTo(new byte[] { 7 }));
        Assert.That(meter.Sum(NotSent, "TooLarge"), Is.EqualTo(1));
    }

    [Test]
    public void Datagram_ToWhereThereIsNoWay_IsCountedUnreachable_AndTheNextArrives([Values] bool portable, CancellationToken timeout)
    {
        using MeterReader meter = new();
        using UdpSocketGroup group = UdpSocketGroup.Create(new UdpSocketGroupOptions { IsPortable = portable });
        UdpGroupSocket from = Open(group), to = Open(group);
        Collector collector = new();
        group.Send(from, [6], TransportAddress.From(IPAddress.Broadcast, 9));       // not from loopback, and nobody has asked for broadcasts
        group.Send(from, [7], to.Local);
        group.Flush();
        Poll(group, collector, () => collector.Received.Count == 1, timeout);
        Assert.That(collector.Received[0], Is.EqualTo(new byte[] { 7 }));
        Assert.That(meter.Sum(NotSent, "Unreachable"), Is.EqualTo(1));
    }

    [Test]
    public void Datagram_ToAPortThatNobodyHas_IsToldByIcmp_AndTheNextArrives(CancellationToken timeout)       // ECONNREFUSED
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Error queues are Linux's.");
        using UdpSocketGroup group = UdpSocketGroup.Create(new UdpSocketGroupOptions { ReportsErrors = true });
        UdpGroupSocket from = Open(group), to = Open(group), closed = Open(group);
        TransportAddress nobody = closed.Local;
        group.Close(closed);
        Collector collector = new();
        for (byte i = 0; i < 5; i++)
        {
            group.Send(from, [100], nobody);
            group.Flush();
            group.Send(from, [i], to.Local);                          // the system tells of the one before in its place
            group.Flush();
        }
        Poll(group, collector, () => collector.Received.Count == 5 && collector.Errors.Count > 0, timeout);
        Assert.That(collector.Received.Select(datagram => datagram[0]), Is.EqualTo(new byte[] { 0, 1, 2, 3, 4 }));
        Assert.That(collector.Errors, Is.All.EqualTo((nobody, (byte)3, (byte)3)));       // RFC 792: port unreachable
    }

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
            group.Poll(collector, TimeSpan.FromSeconds(1));
        }
    }
}
