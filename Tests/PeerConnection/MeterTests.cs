using System.Net;
using WebRtcStack.Core;
using WebRtcStack.Tests.Transport;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Every instrument of docs/performance.md measures what it says.</summary>
[NonParallelizable, CancelAfter(20_000)]                           // the meter is that of the process
public sealed class MeterTests
{
    private static readonly TransportAddress s_loopback = TransportAddress.From(IPAddress.Loopback, 0);

    [Test]
    public async Task Instruments_OverACall_CountItsDatagramsAndPasses(CancellationToken timeout)
    {
        using MeterReader meter = new();
        double connections;
        await using (ConnectedPair pair = await ConnectedPair.CreateAsync(timeout))
        {
            connections = meter.Sum("webrtcstack.connections");
            double before = meter.Sum("webrtcstack.datagrams.received"), bytes = meter.Sum("webrtcstack.bytes.received");
            await pair.SendAudioAsync(packets: 100, timeout);
            Assert.That(meter.Sum("webrtcstack.datagrams.received") - before, Is.GreaterThanOrEqualTo(100));
            Assert.That(meter.Sum("webrtcstack.bytes.received") - bytes, Is.GreaterThanOrEqualTo(100 * 100));
        }
        Assert.That(connections, Is.GreaterThanOrEqualTo(2));
        Assert.That(meter.Sum("webrtcstack.connections"), Is.LessThanOrEqualTo(connections - 2));
        Assert.That(meter.Sum("webrtcstack.datagrams.sent"), Is.GreaterThanOrEqualTo(100));
        Assert.That(meter.Sum("webrtcstack.bytes.sent"), Is.GreaterThanOrEqualTo(100 * 100));
        Assert.That(meter.Sum("webrtcstack.batches.sent"), Is.InRange(1, meter.Sum("webrtcstack.datagrams.sent")));
        Assert.That(meter.Sum("webrtcstack.batches.received"), Is.InRange(1, meter.Sum("webrtcstack.datagrams.received")));
        Assert.That(meter.Sum("webrtcstack.loop.pass.duration"), Is.GreaterThan(0).And.LessThan(60));
        Assert.That(meter.Has("webrtcstack.pool.allocations"));
    }

    [Test]
    public async Task Instruments_OfWhatGoesWrong_CountIt(CancellationToken timeout)
    {
        using MeterReader meter = new();
        using SocketTransport transport = new(new SocketTransportOptions { Loops = 1 });
        EventLoop loop = transport.NextLoop();
        LoopProbe probe = new();
        TransportAddress own = default, shared = default;
        await loop.AskAsync(() =>
        {
            probe.Registration = loop.Attach(probe);
            Assert.That(probe.Registration.TryOpenUdp(s_loopback, PortRange.Any, out own, out string? error), error);
            Assert.That(probe.Registration.TryShareUdp(s_loopback, PortRange.Any, NoKey, "key", out shared, out error), error);
            return true;
        });
        await loop.AskAsync(() => probe.Due = loop.Now + TimeSpan.FromMilliseconds(5));
        probe.Registration!.Wake();
        await probe.Advanced.Task.WaitAsync(timeout);
        Assert.That(meter.Has("webrtcstack.loop.lateness"));
        TransportAddress.TryParse("::1", 9, out TransportAddress otherFamily);
        probe.Send([1], new NetworkPath(own, otherFamily));
        using UdpSocketGroup stranger = UdpSocketGroup.Create(new UdpSocketGroupOptions { MaxDatagramSize = 9000 });
        Assert.That(stranger.TryOpen(s_loopback, PortRange.Any, false, out UdpGroupSocket? socket, out _));
        stranger.Send(socket!, [1, 2, 3], shared);
        stranger.Flush();
        await UntilAsync(() => meter.Sum("webrtcstack.datagrams.unclaimed") > 0, timeout);
        await UntilAsync(() => meter.Sum("webrtcstack.datagrams.not_sent", "AddressFamily") > 0, timeout);
        using UdpSocketGroup small = UdpSocketGroup.Create(new UdpSocketGroupOptions { MaxDatagramSize = 512 });
        Assert.That(small.TryOpen(s_loopback, PortRange.Any, false, out UdpGroupSocket? narrow, out _));
        if (!OperatingSystem.IsLinux()) return;
        stranger.Send(socket!, new byte[2000], narrow!.Local);        // cut off on receipt
        stranger.Flush();
        small.Poll(new Nobody(), TimeSpan.FromSeconds(5));
        Assert.That(meter.Sum("webrtcstack.receive.errors"), Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public void Documentation_NamesEveryInstrument()
    {
        using MeterReader meter = new();
        string text = File.ReadAllText(Path.Combine(House.ArrowTests.Root, "docs/performance.md"));
        foreach (string instrument in meter.Instruments.Where(name => !name.StartsWith("webrtcstack.turn", StringComparison.Ordinal)))
            Assert.That(text, Does.Contain(instrument[instrument.LastIndexOf('.')..]), instrument);
    }

    private static bool NoKey(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> key)
    {
        key = default;
        return false;
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken timeout)
    {
        while (!condition())
        {
            timeout.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class Nobody : IUdpReceiver
    {
        public void Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote) { }
    }
}
