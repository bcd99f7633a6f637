using System.Net;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>Groups of sockets: the portable kind and the system's own give the same results.</summary>
[TestFixture(true), TestFixture(false)]
public sealed class UdpSocketGroupTests(bool portable)
{
    private static readonly TransportAddress s_loopback = TransportAddress.From(IPAddress.Loopback, 0);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private sealed class Echo(UdpSocketGroup group) : IUdpReceiver
    {
        public List<(UdpGroupSocket Socket, byte[] Data, TransportAddress From)> Received { get; } = [];

        public UdpGroupSocket? Answers { get; set; }

        void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote)
        {
            Received.Add((socket, buffer.Slice(offset, length).ToArray(), remote));
            if (!ReferenceEquals(socket, Answers)) return;
            buffer[offset - 1] = 0xFF;                                        // a header, put in front in place
            group.Send(socket, buffer.Slice(offset - 1, length + 1), remote);
        }
    }

    [Test, CancelAfter(20_000)]
    public void Datagrams_OfManySockets_ArriveOnceAndInOrder(CancellationToken timeout)
    {
        const int Sockets = 20, Each = 50;
        using UdpSocketGroup group = Create();
        Echo echo = new(group) { Answers = Open(group) };
        UdpGroupSocket[] senders = [.. Enumerable.Range(0, Sockets).Select(_ => Open(group))];
        for (int i = 0; i < Each; i++)
        {
            foreach (UdpGroupSocket sender in senders) group.Send(sender, [(byte)i, 1, 2], echo.Answers!.Local);
            group.Flush();
            Poll(group, echo, () => echo.Received.Count == 2 * Sockets * (i + 1), timeout);
        }
        foreach (UdpGroupSocket sender in senders)
        {
            byte[][] answers = [.. echo.Received.Where(each => ReferenceEquals(each.Socket, sender)).Select(each => each.Data)];
            Assert.That(answers, Is.EqualTo(Enumerable.Range(0, Each).Select(i => new byte[] { 0xFF, (byte)i, 1, 2 })));
        }
    }

    [Test]
    public void SetDontFragment_WhereItCan_SetsIt()
    {
        using UdpSocketGroup group = Create();
        UdpGroupSocket socket = Open(group);
        if (!group.CanSetDontFragment)
        {
            Assert.That(() => group.SetDontFragment(socket), Throws.TypeOf<NotSupportedException>());
            return;
        }
        group.SetDontFragment(socket);
        Assert.That(socket.Socket.DontFragment);
    }

    [Test, CancelAfter(20_000)]
    public void Datagrams_OfIPv6_TellTheirSource(CancellationToken timeout)
    {
        using UdpSocketGroup group = Create();
        TransportAddress loopback = TransportAddress.From(IPAddress.IPv6Loopback, 0);
        if (!group.TryOpen(loopback, PortRange.Any, false, out UdpGroupSocket? first, out string? error)) Assert.Ignore(error);
        Assert.That(group.TryOpen(loopback, PortRange.Any, false, out UdpGroupSocket? second, out _));
        Echo echo = new(group);
        group.Send(first!, [1], second!.Local);
        group.Flush();
        Poll(group, echo, () => echo.Received.Count == 1, timeout);
        Assert.That((echo.Received[0].Socket, echo.Received[0].From), Is.EqualTo((second, first!.Local)));
    }

    [Test, CancelAfter(20_000)]
    public void Datagram_ThatIsTooLong_IsDroppedAndTheNextArrives(CancellationToken timeout)
    {
        using UdpSocketGroup group = UdpSocketGroup.Create(new UdpSocketGroupOptions { IsPortable = portable, MaxDatagramSize = 2048, Headroom = 8 });
        using UdpSocketGroup sender = UdpSocketGroup.Create(new UdpSocketGroupOptions { IsPortable = portable, MaxDatagramSize = 9000 });
        UdpGroupSocket from = Open(sender), to = Open(group);
        Echo echo = new(group);
        sender.Send(from, new byte[5000], to.Local);
        sender.Send(from, [7], to.Local);
        sender.Flush();
        Poll(group, echo, () => echo.Received.Count > 0 && echo.Received[^1].Data.Length == 1, timeout);
        if (!portable) Assert.That(echo.Received, Has.Count.EqualTo(1));
    }

    [Test, CancelAfter(20_000)]
    public void Close_OfASocket_LetsTheOthersGoOn(CancellationToken timeout)
    {
        using UdpSocketGroup group = Create();
        UdpGroupSocket first = Open(group), second = Open(group), third = Open(group);
        group.Close(first);
        group.Close(first);
        group.Send(second, [1], first.Local);                                 // nobody: an ICMP error may come back
        Echo echo = new(group);
        group.Flush();
        group.Poll(echo, TimeSpan.FromMilliseconds(10));
        group.Send(second, [2], third.Local);
        group.Flush();
        Poll(group, echo, () => echo.Received.Count == 1, timeout);
    }

    [Test, CancelAfter(20_000)]
    public void Wake_FromAnotherThread_EndsTheWait()
    {
        using UdpSocketGroup group = Create();
        using Task waker = Task.Run(group.Wake);
        group.Poll(new Echo(group), Timeout.InfiniteTimeSpan);
        waker.Wait();
        Assert.Pass(group.Name);
    }

    [Test]
    public void Open_OnAPortThatIsTaken_SaysWhy()
    {
        using UdpSocketGroup group = Create();
        UdpGroupSocket first = Open(group);
        PortRange taken = new(first.Local.Port, first.Local.Port);
        Assert.That(group.TryOpen(s_loopback, taken, false, out _, out string? error), Is.False);
        Assert.That(error, Does.Contain("AddressAlreadyInUse"));
    }

    private UdpSocketGroup Create() => UdpSocketGroup.Create(new UdpSocketGroupOptions { IsPortable = portable, Headroom = 8 });

    private static UdpGroupSocket Open(UdpSocketGroup group)
    {
        Assert.That(group.TryOpen(s_loopback, PortRange.Any, false, out UdpGroupSocket? socket, out string? error), error);
        return socket!;
    }

    private static void Poll(UdpSocketGroup group, Echo echo, Func<bool> done, CancellationToken timeout)
    {
        while (!done())
        {
            timeout.ThrowIfCancellationRequested();
            group.Poll(echo, s_patience);
        }
    }
}
