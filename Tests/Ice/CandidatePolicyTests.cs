using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;

namespace WebRtcStack.Tests.Ice;

/// <summary>Which candidates an agent gathers, signals and takes (RFC 8445 §5.1, RFC 8421, RFC 8828).</summary>
[TestFixture]
internal sealed class CandidatePolicyTests
{
    private static readonly Instant s_now = new(TimeSpan.TicksPerSecond);
    private static readonly TransportAddress s_private = TransportAddress.FromIPv4(0x0A000001, 5000), s_global = TransportAddress.FromIPv4(0xC0000201, 5000);
    private static readonly TransportAddress s_outer = TransportAddress.FromIPv4(0xC6336401, 0);

    [Test]
    public void AddLocalBase_WithThePolicyPublic_ShowsGlobalAddressesOnly()
    {
        IceStream stream = Gather(new IceAgentOptions { GatheringPolicy = IceGatheringPolicy.Public }, s_private, s_global);
        Assert.That(stream.LocalCandidates.Select(c => c.Address), Is.EqualTo(new[] { s_global }));
    }

    [Test]
    public void AddLocalBase_WithThePolicyRelay_ShowsNoHostCandidate()
    {
        IceStream stream = Gather(new IceAgentOptions { GatheringPolicy = IceGatheringPolicy.Relay }, s_private, s_global);
        Assert.That(stream.LocalCandidates, Is.Empty);
        Assert.That(stream.GatheringState, Is.EqualTo(IceGatheringState.Complete));
    }

    [Test]
    public void AddLocalBase_WithAMappingThatReplaces_ShowsTheExternalAddressAsHost()
    {
        IceStream stream = Gather(new IceAgentOptions { AddressMappings = [new IceAddressMapping(s_private.WithPort(0), s_outer)] }, s_private, s_global);
        Assert.That(stream.LocalCandidates.Select(c => (c.Address, c.Type, c.RelatedAddress.IsNone)), Is.EqualTo(new[]
        {
            (s_outer.WithPort(5000), IceCandidateType.Host, true), (s_global, IceCandidateType.Host, true),
        }));
    }

    [Test]
    public void AddLocalBase_WithAMappingThatAdds_ShowsBoth()
    {
        IceStream stream = Gather(new IceAgentOptions { AddressMappings = [new IceAddressMapping(default, s_outer, ReplacesHost: false)] }, s_private);
        Assert.That(stream.LocalCandidates.Select(c => (c.Address, c.Type, c.RelatedAddress)), Is.EqualTo(new[]
        {
            (s_private, IceCandidateType.Host, default), (s_outer.WithPort(5000), IceCandidateType.ServerReflexive, s_private),
        }));
    }

    [Test]
    public void AddLocalBase_OfWhatTheFilterRefuses_ShowsAndPairsNothing()
    {
        IceAgent agent = new(new IceAgentOptions { LocalCandidateFilter = c => c.Address != s_private }, RandomSource.Seeded(1));
        IceStream stream = agent.AddStream();
        agent.AddLocalBase(stream, IceComponent.Rtp, s_private, TransportProtocol.Udp, s_now);
        agent.SetRemoteParameters(stream, new IceParameters("abcd", "0123456789012345678901"), s_now);
        agent.AddRemoteCandidate(stream, Remote(s_global), s_now);
        Assert.That((stream.LocalCandidates.Count, stream.Pairs.Count), Is.EqualTo((0, 0)));
        agent.AddLocalBase(stream, IceComponent.Rtp, s_global.WithPort(1), TransportProtocol.Udp, s_now);
        Assert.That((stream.LocalCandidates.Count, stream.Pairs.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public void AddRemoteCandidate_ThatTheFilterRefuses_IsCountedAndNotPaired()
    {
        IceAgent agent = new(new IceAgentOptions { RemoteCandidateFilter = c => !c.Address.IsPrivate }, RandomSource.Seeded(1));
        IceStream stream = agent.AddStream();
        agent.AddLocalBase(stream, IceComponent.Rtp, s_global, TransportProtocol.Udp, s_now);
        agent.SetRemoteParameters(stream, new IceParameters("abcd", "0123456789012345678901"), s_now);
        agent.AddRemoteCandidate(stream, Remote(s_private), s_now);
        Assert.That((stream.RemoteCandidates.Count, stream.Pairs.Count), Is.EqualTo((0, 0)));
        Assert.That(agent.GetDropped(IceDropReason.CandidateFiltered), Is.EqualTo(1));
    }

    [Test]
    public void AddTcpBase_OfEachType_ShowsItsCandidate()                                 // RFC 6544 §4.5, §4.2
    {
        IceAgent agent = new(new IceAgentOptions(), RandomSource.Seeded(1));
        IceStream stream = agent.AddStream();
        agent.AddLocalBase(stream, IceComponent.Rtp, s_global, TransportProtocol.Udp, s_now);
        agent.AddTcpBase(stream, IceComponent.Rtp, s_global, IceTcpType.Active, s_now);
        agent.AddTcpBase(stream, IceComponent.Rtp, s_global, IceTcpType.Passive, s_now);
        agent.AddTcpBase(stream, IceComponent.Rtp, s_global.WithPort(5001), IceTcpType.SimultaneousOpen, s_now);
        Assert.That(stream.LocalCandidates.Select(c => (c.Port, c.Protocol, c.TcpType)), Is.EqualTo(new[]
        {
            ((ushort)5000, TransportProtocol.Udp, IceTcpType.None), ((ushort)9, TransportProtocol.Tcp, IceTcpType.Active),
            ((ushort)5000, TransportProtocol.Tcp, IceTcpType.Passive), ((ushort)5001, TransportProtocol.Tcp, IceTcpType.SimultaneousOpen),
        }));
        Assert.That(stream.LocalCandidates.Select(c => c.Priority), Is.Ordered.Descending);
        Assert.That(stream.LocalCandidates.Select(c => c.Foundation).Distinct().Count(), Is.EqualTo(2), "one for UDP, one for TCP");
        Assert.That(stream.LocalCandidates[1].ToString(), Does.Contain(" tcp ").And.Contain(" 9 typ host tcptype active"));
        Assert.That(() => agent.AddTcpBase(stream, IceComponent.Rtp, s_global, IceTcpType.None, s_now), Throws.ArgumentException);
    }

    [Test]
    public void Assign_OfTwoIPv4AndSixIPv6_PutsAnIPv4AfterFourIPv6()                      // RFC 8421 §4, its own example
    {
        TransportAddress four = s_global, six = TransportAddress.FromBytes([0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 1);
        TransportAddress[] addresses = [four, six, six, six, four, six, six, six];
        ushort[] preferences = LocalPreferences.Assign(addresses);
        Assert.That(Families(addresses, preferences), Is.EqualTo("66664664"));
        Assert.That(preferences.Distinct().Count(), Is.EqualTo(8));
        Assert.That(preferences[0], Is.GreaterThan(preferences[4]), "the order within a family is kept");
    }

    [TestCase("4", "4")]
    [TestCase("46", "64")]
    [TestCase("644", "644")]
    [TestCase("", "")]
    [TestCase("66", "66")]
    public void Assign_OfFewAddresses_StartsWithIPv6(string families, string expected)
    {
        TransportAddress six = TransportAddress.FromBytes([0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 1);
        TransportAddress[] addresses = [.. families.Select(family => family == '4' ? s_global : six)];
        Assert.That(Families(addresses, LocalPreferences.Assign(addresses)), Is.EqualTo(expected));
    }

    // "candidate lines that are malformed give an error that names the field".
    [TestCase("candidate: 1 udp 1 192.0.2.1 1 typ host", "component")]
    [TestCase("candidate:1 x udp 1 192.0.2.1 1 typ host", "component")]
    [TestCase("candidate:1 1 sctp 1 192.0.2.1 1 typ host", "transport")]
    [TestCase("candidate:1 1 udp -1 192.0.2.1 1 typ host", "priority")]
    [TestCase("candidate:1 1 udp 1 192.0.2.300 1 typ host", "address")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 65536 typ host", "port")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 1 type host", "typ")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 1 typ hosst", "typ")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 10.0.0.1 rport x", "rport")]
    [TestCase("candidate:1 1 tcp 1 192.0.2.1 1 typ host tcptype x", "tcptype")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 1 typ host ufrag ", null)]
    [TestCase("candidate:x@ 1 udp 1 192.0.2.1 1 typ host", "foundation")]
    public void TryParse_OnABadField_NamesIt(string line, string? field)
    {
        bool good = IceCandidate.TryParse(line, out _, out string? error);
        Assert.That(good, Is.EqualTo(field is null), error);
        if (field is not null) Assert.That(error, Does.Contain(field).IgnoreCase);
    }

    [Test]
    public void TryParse_OnALineBeyondTheLimit_SaysSo()
    {
        Assert.That(IceCandidate.TryParse("candidate:1 1 udp 1 192.0.2.1 1 typ host x " + new string('y', 1024), out _, out string? error), Is.False);
        Assert.That(error, Does.Contain("1024"));
    }

    private static IceStream Gather(IceAgentOptions options, params TransportAddress[] bases)
    {
        IceAgent agent = new(options, RandomSource.Seeded(1));
        IceStream stream = agent.AddStream();
        foreach (TransportAddress each in bases) agent.AddLocalBase(stream, IceComponent.Rtp, each, TransportProtocol.Udp, s_now);
        agent.EndLocalBases(stream, s_now);
        return stream;
    }

    private static IceCandidate Remote(TransportAddress address) =>
        new() { Foundation = "1", Address = address, Port = address.Port, Priority = 1 };

    private static string Families(TransportAddress[] addresses, ushort[] preferences) => string.Concat(
        addresses.Zip(preferences).OrderByDescending(each => each.Second).Select(each => each.First.IsIPv4 ? '4' : '6'));
}
