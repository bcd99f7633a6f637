using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>
/// What the system refuses to send is lost as a datagram may be, counted one by one and by reason; what comes after it is sent. What it
/// only has no room for yet waits.
/// </summary>
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

    private sealed class ShortOfMemory(int error, int failures, int taken = 0, int maxKept = 256 << 10) : LinuxSender(2048, 256 << 10, maxKept)
    {
        private int _taken = taken, _left = failures;

        private protected override int Call(int descriptor, nint messages, uint count)
        {
            if (_taken-- > 0) return base.Call(descriptor, messages, 1);
            if (_left-- <= 0) return base.Call(descriptor, messages, count);
            Marshal.SetLastPInvokeError(error);
            return -1;
        }
    }

    [TestCase(NoBuffers, "BufferFull")]
    [TestCase(NetworkUnreachable, "Unreachable")]
    public unsafe void Train_ThatTheSystemHasNoRoomFor_IsCountedByDatagram_AndTheNextIsSent(int error, string reason, CancellationToken timeout)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Trains are Linux's.");
        using MeterReader meter = new();
        using UdpSocketGroup receiving = UdpSocketGroup.Create(new UdpSocketGroupOptions { Coalesce = true });
        UdpGroupSocket to = Open(receiving);
        using Socket bound = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        LinuxSocket from = new(bound) { CutsTrains = true, WatchRoom = (_, _) => Assert.Fail("Nothing is kept.") };
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
    public void FullSendBuffer_KeepsDatagramsInOrder_UntilThereIsRoom(                              // EAGAIN, then EPOLLOUT
        [Values(0, 1, 2)] int taken, [Values(1, 2, 5)] int failures, [Values] bool segment, CancellationToken timeout)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Send buffers that fill are watched on Linux.");
        using MeterReader meter = new();
        using UdpSocketGroup receiving = UdpSocketGroup.Create(new UdpSocketGroupOptions());
        UdpGroupSocket first = Open(receiving), second = Open(receiving);
        using UdpSocketGroup sending = LinuxUdpSocketGroup.TryCreate(new UdpSocketGroupOptions { Segment = segment }, new ShortOfMemory(WouldBlock, failures, taken))!;
        UdpGroupSocket from = Open(sending);
        Collector arrived = new(), nothing = new();
        int sent = 0;
        for (int burst = 0; burst < 4; burst++)
        {
            for (int i = 0; i < 20; i++) Send(i % 7 == 6 ? second : first, 100 + i / 3);
            sending.Flush();                                          // what follows a datagram that waits, waits behind it
        }
        if (taken + failures < 4) sending.Poll(nothing, TimeSpan.FromSeconds(1));
        Send(first, 1);
        sending.Flush();
        while (arrived.Received.Count < sent)
        {
            timeout.ThrowIfCancellationRequested();
            sending.Poll(nothing, TimeSpan.FromMilliseconds(1));
            receiving.Poll(arrived, TimeSpan.FromMilliseconds(1));
        }
        foreach (IGrouping<int, byte[]> way in arrived.Received.GroupBy(datagram => (int)datagram[1]))
            Assert.That(way.Select(datagram => datagram[0]), Is.Ordered, "datagrams to one address overtook each other");
        Assert.That(arrived.Received.Select(datagram => datagram[0]).Order(), Is.EqualTo(Enumerable.Range(0, sent)));
        Assert.That(meter.Sum(NotSent), Is.Zero);
        Assert.That(((LinuxSocket)from).Kept, Is.Null);
        Assert.That(sending.Wait(TimeSpan.Zero), Is.False, "room in the buffer is still watched for");

        void Send(UdpGroupSocket to, int padding)
        {
            byte[] datagram = new byte[2 + padding];
            (datagram[0], datagram[1]) = ((byte)sent++, (byte)(to == first ? 1 : 2));
            sending.Send(from, datagram, to.Local);
        }
    }

    [Test]
    public void FullSendBuffer_BeyondItsLimit_LosesAndCountsTheRest([Values(0, 2000)] int maxKept, CancellationToken timeout)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Send buffers that fill are watched on Linux.");
        using MeterReader meter = new();
        using UdpSocketGroup receiving = UdpSocketGroup.Create(new UdpSocketGroupOptions());
        UdpGroupSocket to = Open(receiving);
        using UdpSocketGroup sending = LinuxUdpSocketGroup.TryCreate(new UdpSocketGroupOptions(), new ShortOfMemory(WouldBlock, 1, maxKept: maxKept))!;
        UdpGroupSocket from = Open(sending);
        Collector arrived = new();
        for (byte i = 0; i < 10; i++) sending.Send(from, [i, .. new byte[499]], to.Local);
        sending.Flush();
        int kept = maxKept / 500;
        Assert.That(meter.Sum(NotSent, "BufferFull"), Is.EqualTo(10 - kept));
        sending.Poll(arrived, TimeSpan.Zero);
        sending.Send(from, [10], to.Local);
        sending.Flush();
        Poll(receiving, arrived, () => arrived.Received.Count == kept + 1, timeout);
        Assert.That(arrived.Received.Select(datagram => (int)datagram[0]), Is.EqualTo(Enumerable.Range(0, kept).Append(10)));
    }

    [Test]
    public void Close_OfASocketThatKeepsDatagrams_CountsThemAndTheOthersGoOn(CancellationToken timeout)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Send buffers that fill are watched on Linux.");
        using MeterReader meter = new();
        using UdpSocketGroup receiving = UdpSocketGroup.Create(new UdpSocketGroupOptions());
        UdpGroupSocket to = Open(receiving);
        using UdpSocketGroup sending = LinuxUdpSocketGroup.TryCreate(new UdpSocketGroupOptions(), new ShortOfMemory(WouldBlock, 1))!;
        UdpGroupSocket from = Open(sending), other = Open(sending);
        Collector arrived = new();
        for (byte i = 0; i < 3; i++) sending.Send(from, [i], to.Local);
        sending.Flush();
        sending.Close(from);
        Assert.That(meter.Sum(NotSent, "SocketClosed"), Is.EqualTo(3));
        sending.Send(other, [7], to.Local);
        sending.Poll(arrived, TimeSpan.Zero);
        Poll(receiving, arrived, () => arrived.Received.Count == 1, timeout);
        Assert.That(arrived.Received[0], Is.EqualTo(new byte[] { 7 }));
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
