using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;

namespace WebRtcStack.Tests.Ice;

/// <summary>When an agent sends: Ta between new transactions, RTO of checks (RFC 8445 §14), and keepalives for what servers have seen (§5.1.1.4).</summary>
public sealed class IcePacingTests
{
    private static readonly TransportAddress s_local = TransportAddress.FromIPv4(0xC0000201, 5000), s_server = TransportAddress.FromIPv4(0xC0000263, 3478);
    private static readonly Instant s_start = new(TimeSpan.TicksPerHour);
    private readonly byte[] _buffer = new byte[1500];

    [Test]
    public void NewTransactions_OfAllStreams_KeepTa([Values(5, 20, 50)] int milliseconds)                 // §14.2: 5 ms is the least
    {
        TimeSpan ta = TimeSpan.FromMilliseconds(milliseconds);
        IceAgent agent = new(new IceAgentOptions { Ta = ta, StunServers = [s_server] }, RandomSource.Seeded(1));
        for (int i = 0; i < 3; i++) AddStream(agent, i, remotes: 8);
        List<Instant> first = FirstTransmissions(agent, TimeSpan.FromSeconds(2));
        Assert.That(first, Has.Count.EqualTo(3 * 8 + 3), "a check of each pair, a request from each base");
        for (int i = 1; i < first.Count; i++) Assert.That(first[i] - first[i - 1], Is.EqualTo(ta));
    }

    [Test]
    public void Ta_BelowTheLeast_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => _ = new IceAgentOptions { Ta = TimeSpan.FromMilliseconds(4) });

    // §14.3: RTO = MAX (500 ms, Ta * (Num-Waiting + Num-In-Progress)); it counts from when the check is sent, and doubles.
    [Test]
    public void Rto_WithManyPairs_GrowsWithTheirNumber([Values(1, 40)] int pairs)
    {
        IceAgent agent = new(new IceAgentOptions(), RandomSource.Seeded(1));
        IceStream stream = AddStream(agent, 0, pairs);
        Dictionary<StunTransactionId, List<Instant>> sent = Transmissions(agent, TimeSpan.FromSeconds(20));
        List<Instant> last = sent.Values.MaxBy(static times => times[0])!;
        Assert.That(last[1] - last[0], Is.EqualTo(TimeSpan.FromMilliseconds(Math.Max(500, pairs * 50))).Within(TimeSpan.FromMilliseconds(51)));
        Assert.That(last[2] - last[1], Is.EqualTo(2 * (last[1] - last[0])).Within(TimeSpan.FromMilliseconds(51)));
        Assert.That(stream.Pairs, Has.Count.EqualTo(pairs));
    }

    [Test]
    public void ReflexiveCandidate_UntilThereIsAPair_IsKeptAlive()                                        // §5.1.1.4: no more often than every 15 s
    {
        IceAgent agent = new(new IceAgentOptions { StunServers = [s_server] }, RandomSource.Seeded(1));
        IceStream stream = AddStream(agent, 0, remotes: 0);
        int length = agent.Transmit(_buffer, s_start, out NetworkPath path);
        Assert.That(StunMessage.TryParse(_buffer.AsSpan(0, length), out StunMessage request));
        byte[] answer = new byte[200];
        StunMessageWriter writer = new(answer, StunClass.SuccessResponse, StunMethod.Binding, request.TransactionId);
        writer.WriteXorAddress(StunAttributeType.XorMappedAddress, TransportAddress.FromIPv4(0xCB007101, 6000));
        agent.Receive(answer.AsSpan(0, writer.Length), path, s_start, out _, out _, out _, out _);
        Assert.That(stream.LocalCandidates, Has.Count.EqualTo(2));
        List<Instant> keepalives = [];
        for (Instant now = s_start; now < s_start + TimeSpan.FromMinutes(1); now = agent.NextTimeout)
        {
            agent.AdvanceTo(now);
            while (agent.Transmit(_buffer, now, out path) is > 0 and int size)
            {
                Assert.That(StunMessage.TryParse(_buffer.AsSpan(0, size), out StunMessage message));
                Assert.That((message.Class, path.Remote), Is.EqualTo((StunClass.Indication, s_server)));
                keepalives.Add(now);
            }
        }
        Assert.That(keepalives.Select(static each => (each - s_start).TotalSeconds), Is.EqualTo(new[] { 15.0, 30.0, 45.0 }));
    }

    private static IceStream AddStream(IceAgent agent, int index, int remotes)
    {
        IceStream stream = agent.AddStream();
        agent.AddLocalBase(stream, IceComponent.Rtp, s_local.WithPort((ushort)(5000 + index)), TransportProtocol.Udp, s_start);
        agent.EndLocalBases(stream, s_start);
        if (remotes > 0) agent.SetRemoteParameters(stream, new IceParameters("theirs", "theirpasswordtheirpassword"), s_start);
        for (int i = 0; i < remotes; i++)
        {
            // Foundations that differ, so that none waits for another (§6.1.2.6).
            Assert.That(IceCandidate.TryParse($"candidate:{index}x{i} 1 udp {2130706431 - i} 198.51.100.{i + 1} {6000 + index} typ host", out IceCandidate? candidate, out _));
            agent.AddRemoteCandidate(stream, candidate!, s_start);
        }
        return stream;
    }

    private List<Instant> FirstTransmissions(IceAgent agent, TimeSpan duration) =>
        [.. Transmissions(agent, duration).Values.Select(static times => times[0]).Order()];

    private Dictionary<StunTransactionId, List<Instant>> Transmissions(IceAgent agent, TimeSpan duration)
    {
        Dictionary<StunTransactionId, List<Instant>> sent = [];
        for (Instant now = s_start; now < s_start + duration; now = Instant.Max(agent.NextTimeout, now))
        {
            agent.AdvanceTo(now);
            while (agent.Transmit(_buffer, now, out _) is > 0 and int length)
            {
                Assert.That(StunMessage.TryParse(_buffer.AsSpan(0, length), out StunMessage message));
                if (!sent.TryGetValue(message.TransactionId, out List<Instant>? times)) sent[message.TransactionId] = times = [];
                times.Add(now);
            }
        }
        return sent;
    }
}
