using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>The event loop over real sockets, on loopback.</summary>
[CancelAfter(20_000)]
public sealed class SocketEventLoopTests
{
    private SocketTransport _transport = null!;
    private EventLoop _loop = null!;

    [SetUp]
    public void Start()
    {
        _transport = new SocketTransport(new SocketTransportOptions { Loops = 1 });
        _loop = _transport.NextLoop();
    }

    [TearDown]
    public void Stop() => _transport.Dispose();

    private static TransportAddress Loopback(bool isIPv6)
    {
        TransportAddress.TryParse(isIPv6 ? "::1" : "127.0.0.1", 0, out TransportAddress address);
        return address;
    }

    private Task<T> OnLoop<T>(Func<T> function) => _loop.AskAsync(function);

    private async Task<(LoopProbe Probe, TransportAddress Bound)> Open(bool isIPv6 = false, PortRange ports = default)
    {
        LoopProbe probe = new();
        TransportAddress bound = await OnLoop(() =>
        {
            probe.Registration = _loop.Attach(probe);
            Assert.That(probe.Registration.TryOpenUdp(Loopback(isIPv6), ports, out TransportAddress opened, out string? error), error);
            return opened;
        });
        return (probe, bound);
    }

    [Test]
    public async Task Datagrams_BetweenTwoConnections_ArriveWithTheirPath([Values] bool isIPv6, CancellationToken timeout)
    {
        (LoopProbe left, TransportAddress leftAddress) = await Open(isIPv6);
        (LoopProbe right, TransportAddress rightAddress) = await Open(isIPv6);
        for (int i = 0; i < 500; i++) left.Send(BitConverter.GetBytes(i), new NetworkPath(leftAddress, rightAddress));
        for (int i = 0; i < 500; i++)
        {
            (byte[] datagram, NetworkPath path) = await right.ReceivedAsync(timeout);
            Assert.That(BitConverter.ToInt32(datagram), Is.EqualTo(i));
            Assert.That(path, Is.EqualTo(new NetworkPath(rightAddress, leftAddress)));
        }
    }

    [Test]
    public async Task Deadline_IsKeptAndNotBefore(CancellationToken timeout)
    {
        (LoopProbe probe, _) = await Open();
        Instant due = await OnLoop(() =>
        {
            probe.Due = _loop.Now + TimeSpan.FromMilliseconds(30);
            probe.Registration!.Touch();
            return probe.Due;
        });
        Instant advanced = await probe.Advanced.Task.WaitAsync(timeout);
        Assert.That(advanced, Is.GreaterThanOrEqualTo(due));
    }

    [Test]
    public async Task Commands_RunInOrder_FromAnyThread()
    {
        List<int> order = [];
        for (int i = 0; i < 1000; i++)
        {
            int number = i;
            _loop.Post(() => order.Add(number));
        }
        Assert.That(await OnLoop(() => order.Count), Is.EqualTo(1000));
        Assert.That(order, Is.Ordered);
    }

    [Test]
    public async Task PortRange_IsKept_AndItsEndIsAnError()
    {
        (_, TransportAddress any) = await Open();                                     // a port that was free a moment ago
        ushort first = (ushort)(any.Port < 60_000 ? any.Port + 1 : any.Port - 100);
        PortRange range = new(first, (ushort)(first + 20));
        List<TransportAddress> bound = [];
        string? error = await OnLoop(() =>
        {
            LoopProbe probe = new();
            LoopRegistration registration = _loop.Attach(probe);
            string? reason = null;
            while (bound.Count < 30 && registration.TryOpenUdp(Loopback(false), range, out TransportAddress opened, out reason)) bound.Add(opened);
            return reason;
        });
        Assert.That(bound, Is.Not.Empty.And.Count.LessThanOrEqualTo(21));
        Assert.That(bound.Select(address => (int)address.Port), Is.All.InRange(range.First, range.Last));
        Assert.That(error, Does.Contain("No UDP socket"));
    }

    [Test]
    public async Task ConnectionThatThrows_EndsAlone([Values] bool atItsEndToo, CancellationToken timeout)
    {
        (LoopProbe bad, TransportAddress badAddress) = await Open();
        (LoopProbe left, TransportAddress leftAddress) = await Open();
        (LoopProbe right, TransportAddress rightAddress) = await Open();
        (bad.Throws, bad.ThrowsAtItsEnd) = (true, atItsEndToo);
        left.Send([1], new NetworkPath(leftAddress, badAddress));
        Assert.That(await bad.Faulted.Task.WaitAsync(timeout), Is.InstanceOf<InvalidOperationException>());
        left.Send([2], new NetworkPath(leftAddress, rightAddress));
        Assert.That((await right.ReceivedAsync(timeout)).Datagram, Is.EqualTo(new byte[] { 2 }));
        Assert.That(bad.Registration!.IsDetached);
    }

    [Test]
    public async Task SendErrors_AreLosses(CancellationToken timeout)
    {
        (LoopProbe left, TransportAddress leftAddress) = await Open();
        (LoopProbe right, TransportAddress rightAddress) = await Open();
        TransportAddress.TryParse("::1", 9, out TransportAddress otherFamily);
        (_, TransportAddress closed) = await OpenAndClose();
        left.Send([1], new NetworkPath(leftAddress, otherFamily));
        left.Send([2], new NetworkPath(leftAddress, closed));                         // ECONNREFUSED comes back on loopback
        left.Send([3], new NetworkPath(closed, rightAddress));                        // a socket that is closed
        left.Send([4], new NetworkPath(leftAddress, rightAddress));
        Assert.That((await right.ReceivedAsync(timeout)).Datagram, Is.EqualTo(new byte[] { 4 }));
        right.Send([5], new NetworkPath(rightAddress, leftAddress));
        Assert.That((await left.ReceivedAsync(timeout)).Datagram, Is.EqualTo(new byte[] { 5 }));
    }

    [Test]
    public async Task Wake_FromManyThreads_LosesNoDatagram(CancellationToken timeout)
    {
        (LoopProbe left, TransportAddress leftAddress) = await Open();
        (LoopProbe right, TransportAddress rightAddress) = await Open();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 20; i++) left.Send([(byte)thread, (byte)i], new NetworkPath(leftAddress, rightAddress));
        })));
        HashSet<(byte, byte)> seen = [];
        while (seen.Count < 160)
        {
            byte[] datagram = (await right.ReceivedAsync(timeout)).Datagram;
            Assert.That(seen.Add((datagram[0], datagram[1])));
        }
    }

    [Test]
    public async Task Resolve_GivesAllAddressesOrNone(CancellationToken timeout)
    {
        TaskCompletionSource<IReadOnlyList<TransportAddress>> localhost = new(), nobody = new();
        _loop.Resolve("localhost", localhost.SetResult);
        _loop.Resolve("", addresses => nobody.TrySetResult(addresses));
        Assert.That((await localhost.Task.WaitAsync(timeout)).Select(address => address.IsLoopback), Is.Not.Empty.And.All.True);
        Assert.That(await nobody.Task.WaitAsync(timeout), Is.Not.Null);
    }

    [Test]
    public void LocalAddresses_HaveLoopback() =>
        Assert.That(_loop.GetLocalAddresses().Select(local => local.Address.IsLoopback), Has.Some.True);

    private async Task<(LoopProbe Probe, TransportAddress Bound)> OpenAndClose()
    {
        (LoopProbe probe, TransportAddress bound) = await Open();
        await OnLoop(() =>
        {
            probe.Registration!.Detach();
            return true;
        });
        return (probe, bound);
    }
}
