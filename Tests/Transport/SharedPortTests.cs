using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>One port, many connections: by key first, by source after.</summary>
[CancelAfter(20_000)]
public sealed class SharedPortTests
{
    private const byte Keyed = 1, Plain = 2;
    private static readonly TransportAddress s_loopback = TransportAddress.FromIPv4(0x7F000001, 0);
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

    [Test]
    public async Task Datagrams_WithAKey_AreItsConnections_AndThoseThatFollowAnswers(CancellationToken timeout)
    {
        (LoopProbe first, TransportAddress bound) = await ShareAsync("one");
        (LoopProbe second, TransportAddress same) = await ShareAsync("two");
        (LoopProbe stranger, TransportAddress from) = await OpenAsync();
        Assert.That(same, Is.EqualTo(bound));
        NetworkPath inwards = new(from, bound), outwards = new(bound, from);
        stranger.Send([Plain, 0], inwards);                                   // nobody's yet
        stranger.Send([Keyed, .. "two"u8], inwards);
        Assert.That((await second.ReceivedAsync(timeout)).Path, Is.EqualTo(outwards));
        second.Send([9], outwards);
        Assert.That((await stranger.ReceivedAsync(timeout)).Datagram, Is.EqualTo(new byte[] { 9 }));
        stranger.Send([Plain, 1], inwards);
        Assert.That((await second.ReceivedAsync(timeout)).Datagram, Is.EqualTo(new byte[] { Plain, 1 }));
        stranger.Send([Keyed, .. "one"u8], inwards);                          // the key goes before the source
        Assert.That((await first.ReceivedAsync(timeout)).Datagram[0], Is.EqualTo(Keyed));
    }

    [Test]
    public async Task Share_OfAKeyThatIsTaken_SaysSo()
    {
        await ShareAsync("one");
        string? error = await _loop.AskAsync(() =>
        {
            LoopProbe other = new();
            other.Registration = _loop.Attach(other);
            return other.Registration.TryShareUdp(s_loopback, PortRange.Any, ReadKey, "one", out _, out string? why) ? null : why;
        });
        Assert.That(error, Does.Contain("key"));
    }

    [Test]
    public async Task Detach_OfAConnection_LeavesNothingOfItAndTheOthersGoOn(CancellationToken timeout)
    {
        (LoopProbe first, TransportAddress bound) = await ShareAsync("one");
        (LoopProbe second, _) = await ShareAsync("two");
        (LoopProbe stranger, TransportAddress from) = await OpenAsync();
        NetworkPath inwards = new(from, bound), outwards = new(bound, from);
        first.Send([9], outwards);
        await stranger.ReceivedAsync(timeout);
        await DetachAsync(first);
        second.Send([8], outwards);                                           // the source is free for another
        await stranger.ReceivedAsync(timeout);
        stranger.Send([Plain], inwards);
        Assert.That((await second.ReceivedAsync(timeout)).Datagram, Is.EqualTo(new byte[] { Plain }));
        await ShareAsync("one");                                              // and so is the key
    }

    [Test]
    public async Task Detach_OfTheLast_ClosesThePort()
    {
        (LoopProbe first, TransportAddress bound) = await ShareAsync("one");
        (LoopProbe second, _) = await ShareAsync("two");
        await DetachAsync(first);
        await DetachAsync(second);
        using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        Assert.That(() => socket.Bind(bound.ToIPEndPoint()), Throws.Nothing);
    }

    [Test]
    public void Sent_ToManyAddresses_RemembersAFew()
    {
        SharedPort port = new(ReadKey);
        LoopProbe probe = new();
        LoopRegistration registration = _loop.Attach(probe);
        Assert.That(port.TryAdd(registration, "one"));
        for (uint i = 0; i < 2 * SharedPort.MaxRemotes; i++) port.Sent(registration, TransportAddress.FromIPv4(i, 1));
        int known = Enumerable.Range(0, 2 * SharedPort.MaxRemotes).Count(i => port.Find([Plain], TransportAddress.FromIPv4((uint)i, 1)) is not null);
        Assert.That(known, Is.EqualTo(SharedPort.MaxRemotes));
        port.Remove(registration);
        Assert.That((port.IsEmpty, port.Find([Plain], TransportAddress.FromIPv4(1, 1))), Is.EqualTo((true, (LoopRegistration?)null)));
    }

    private static bool ReadKey(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> key)
    {
        bool isKeyed = datagram[0] == Keyed;
        key = isKeyed ? datagram[1..] : default;
        return isKeyed;
    }

    private Task<(LoopProbe Probe, TransportAddress Bound)> ShareAsync(string key) => _loop.AskAsync(() =>
    {
        LoopProbe probe = new();
        probe.Registration = _loop.Attach(probe);
        Assert.That(probe.Registration.TryShareUdp(s_loopback, PortRange.Any, ReadKey, key, out TransportAddress bound, out string? error), error);
        return (probe, bound);
    });

    private Task<(LoopProbe Probe, TransportAddress Bound)> OpenAsync() => _loop.AskAsync(() =>
    {
        LoopProbe probe = new();
        probe.Registration = _loop.Attach(probe);
        Assert.That(probe.Registration.TryOpenUdp(s_loopback, PortRange.Any, out TransportAddress bound, out string? error), error);
        return (probe, bound);
    });

    private Task<bool> DetachAsync(LoopProbe probe) => _loop.AskAsync(() =>
    {
        probe.Registration!.Detach();
        return true;
    });
}
