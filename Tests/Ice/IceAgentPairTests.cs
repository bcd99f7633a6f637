using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Ice;

[TestFixture]
internal sealed class IceAgentPairTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    [Test]
    public void Connect_OverALossyPath_AgreesOnThePair([ValueSource(nameof(ManySeeds))] int seed)
    {
        VirtualTime time = new(seed);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair pair = new(time, left, right, PathOptions.Draw(time.Random));
        bool done = pair.RunUntil(() => BothCompleted(left, right), s_limit);
        Assert.That(done, $"{left.Stream.State} {right.Stream.State}\n{time.Timeline}");
        Assert.That(left.Selected!.Path.Remote, Is.EqualTo(right.Local));
        Assert.That(right.Selected!.Path.Remote, Is.EqualTo(left.Local));
        Assert.That(left.Selected.IsNominated && right.Selected.IsNominated);
    }

    [Test]
    public void Connect_OverAGoodPath_TakesOneRoundTripToSend()
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair pair = new(time, left, right, new PathOptions { Delay = TimeSpan.FromMilliseconds(10) });
        Instant start = time.Now;
        Assert.That(pair.RunUntil(() => left.Selected is not null && right.Selected is not null, s_limit), time.Timeline);
        Assert.That(time.Now - start, Is.EqualTo(TimeSpan.FromMilliseconds(20)));
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), time.Timeline);
        Assert.That(time.Now - start, Is.LessThanOrEqualTo(TimeSpan.FromMilliseconds(40)));
    }

    [Test]
    public void Connect_WithTheSameRole_ResolvesTheConflict([ValueSource(nameof(FewSeeds))] int seed, [Values] IceRole role)
    {
        VirtualTime time = new(seed);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now,
            new IceAgentOptions { Role = role }, new IceAgentOptions { Role = role });
        LayerPair pair = new(time, left, right, PathOptions.Draw(time.Random));
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), $"{left.Stream.State} {right.Stream.State}\n{time.Timeline}");
        Assert.That(left.Agent.Role, Is.Not.EqualTo(right.Agent.Role));
        Assert.That(left.Events.Concat(right.Events).Count(e => e.Kind == IceEventKind.RoleChanged), Is.GreaterThan(0));
    }

    [Test]
    public void Connect_WhenThePeerNominatesAggressively_Completes([ValueSource(nameof(FewSeeds))] int seed)
    {
        VirtualTime time = new(seed);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now,
            new IceAgentOptions { Nomination = IceNomination.Aggressive });
        LayerPair pair = new(time, left, right, PathOptions.Draw(time.Random));
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), time.Timeline);
    }

    [Test]
    public void Connect_ToALitePeer_Completes([ValueSource(nameof(FewSeeds))] int seed)
    {
        VirtualTime time = new(seed);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now, new IceAgentOptions { Role = IceRole.Controlled },
            new IceAgentOptions { IsLite = true });
        LayerPair pair = new(time, left, right, PathOptions.Draw(time.Random));
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), $"{left.Stream.State} {right.Stream.State}\n{time.Timeline}");
        Assert.That(left.Agent.Role, Is.EqualTo(IceRole.Controlling));
    }

    [Test]
    public void LiteAgent_WhenConnected_SendsKeepalivesAndNoChecks()
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now, new IceAgentOptions(), new IceAgentOptions { IsLite = true });
        LayerPair pair = new(time, left, right, new PathOptions());
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), time.Timeline);
        pair.LeftToRight.Options = pair.LeftToRight.Options with { Loss = 1 };
        long before = pair.RightToLeft.Sent;
        time.RunFor(TimeSpan.FromSeconds(61));
        Assert.That(pair.RightToLeft.Sent - before, Is.EqualTo(4), "one each 15 s");
        Assert.That(right.Selected!.RequestsSent, Is.Zero);
    }

    [Test]
    public void Restart_Twice_KeepsTheOldPathUntilTheNewOneWorks()
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair pair = new(time, left, right, new PathOptions());
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), time.Timeline);
        left.Agent.Restart(left.Stream, time.Now);
        left.Agent.SetRemoteParameters(left.Stream, new IceParameters("none", "0123456789012345678901"), time.Now);
        left.Agent.AddRemoteCandidate(left.Stream, right.Stream.LocalCandidates[0] with { UsernameFragment = null }, time.Now);
        pair.Pump();
        time.RunFor(TimeSpan.FromMilliseconds(100));
        left.Agent.Restart(left.Stream, time.Now);
        right.Send();
        left.Send();
        pair.Pump();
        time.RunFor(TimeSpan.FromMilliseconds(100));
        Assert.That((left.DataReceived, right.DataReceived), Is.EqualTo((1, 1)));
        Assert.That(left.Stream.State, Is.EqualTo(IceConnectionState.Connected));
    }

    [Test]
    public void Receive_OfForgedRequests_ChangesNothingAndIsRateLimited()
    {
        VirtualTime time = new(1);
        (IceLayer left, _) = IceLayer.CreatePair(time.Random, time.Now);
        byte[] buffer = new byte[1500];
        while (left.Transmit(buffer, time.Now) > 0) { }
        int pairs = left.Stream.Pairs.Count, candidates = left.Stream.RemoteCandidates.Count, answers = 0;
        using StunKey wrong = StunKey.ShortTerm("0123456789012345678901");
        for (int i = 0; i < 100; i++)
        {
            StunMessageWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, StunTransactionId.Create(time.Random));
            writer.Write(StunAttributeType.Username, System.Text.Encoding.ASCII.GetBytes(left.Stream.LocalParameters.UsernameFragment + ":abcd"));
            writer.WriteUInt32(StunAttributeType.Priority, 1);
            writer.WriteUInt64(StunAttributeType.IceControlling, ulong.MaxValue);
            writer.WriteIntegrity(wrong);
            writer.WriteFingerprint();
            left.Receive(buffer.AsSpan(0, writer.Length), new NetworkPath(left.Local, TransportAddress.FromIPv4((uint)(0x08080000 + i), 9)), time.Now);
            while (left.Transmit(buffer, time.Now) > 0) answers++;
        }
        Assert.Multiple(() =>
        {
            Assert.That(answers, Is.EqualTo(10));
            Assert.That(left.Agent.GetDropped(IceDropReason.BadIntegrity), Is.EqualTo(100));
            Assert.That(left.Agent.GetDropped(IceDropReason.ErrorRateLimit), Is.EqualTo(90));
            Assert.That((left.Stream.Pairs.Count, left.Stream.RemoteCandidates.Count), Is.EqualTo((pairs, candidates)));
            Assert.That(left.Agent.Role, Is.EqualTo(IceRole.Controlling));
        });
    }

    [Test]
    public void Receive_OfACheckFromAnAddressThatIsNotPairedByItself_AnswersAndTakesDataFromThere()
    {
        Instant now = new(1);
        // A peer on the same machine may check our loopback address from another of its addresses.
        TransportAddress loopback = TransportAddress.FromIPv4(0x7F000001, 5000), elsewhere = TransportAddress.FromIPv4(0xC0000202, 5000);
        IceAgent agent = new(new IceAgentOptions { Role = IceRole.Controlled }, RandomSource.Cryptographic);
        IceStream stream = agent.AddStream();
        agent.AddLocalBase(stream, IceComponent.Rtp, loopback, TransportProtocol.Udp, now);
        agent.SetRemoteParameters(stream, new IceParameters("abcd", "0123456789012345678901"), now);
        byte[] buffer = new byte[1500];
        using StunKey key = StunKey.ShortTerm(stream.LocalParameters.Password);
        StunMessageWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, StunTransactionId.Create(RandomSource.Cryptographic));
        writer.Write(StunAttributeType.Username, System.Text.Encoding.ASCII.GetBytes(stream.LocalParameters.UsernameFragment + ":abcd"));
        writer.WriteUInt32(StunAttributeType.Priority, 1);
        writer.WriteUInt64(StunAttributeType.IceControlling, 1);
        writer.WriteIntegrity(key);
        writer.WriteFingerprint();
        NetworkPath path = new(loopback, elsewhere);
        agent.Receive(buffer.AsSpan(0, writer.Length), path, now, out _, out _, out _, out _);
        Assert.That(agent.Transmit(buffer, now, out NetworkPath way), Is.GreaterThan(0), "the answer");
        Assert.That(way, Is.EqualTo(path));
        Assert.That(agent.Receive([22, 1, 2, 3], path, now, out _, out int length, out IceStream? of, out _));
        Assert.That((length, of), Is.EqualTo((4, stream)));
    }

    [Test]
    public void RemoveStream_WhileAResponseIsOwed_SendsNothing()
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        byte[] buffer = new byte[1500];
        int length = left.Transmit(buffer, time.Now);
        right.Receive(buffer.AsSpan(0, length), time.Now);
        right.Agent.RemoveStream(right.Stream);
        Assert.That(right.Agent.Transmit(buffer, time.Now, out _), Is.Zero);
        Assert.That(right.Stream.State, Is.EqualTo(IceConnectionState.Closed));
        Assert.That(right.Agent.NextTimeout.IsNever);
    }

    [Test]
    public void Readme_Example_Connects()
    {
        Instant now = new(1);
        TransportAddress addressA = TransportAddress.FromIPv4(0xC0000201, 5000), addressB = TransportAddress.FromIPv4(0xC0000202, 5000);
        IceAgent a = new(new IceAgentOptions(), RandomSource.Cryptographic);
        IceAgent b = new(new IceAgentOptions { Role = IceRole.Controlled }, RandomSource.Cryptographic);
        IceStream streamA = a.AddStream(), streamB = b.AddStream();
        a.AddLocalBase(streamA, IceComponent.Rtp, addressA, TransportProtocol.Udp, now);
        b.AddLocalBase(streamB, IceComponent.Rtp, addressB, TransportProtocol.Udp, now);
        a.SetRemoteParameters(streamA, streamB.LocalParameters, now);
        b.SetRemoteParameters(streamB, streamA.LocalParameters, now);
        a.AddRemoteCandidate(streamA, streamB.LocalCandidates[0], now);
        byte[] buffer = new byte[1500];
        for (bool busy = true; busy;) busy = Carry(a, b) | Carry(b, a);
        Assert.That(streamA.State, Is.EqualTo(IceConnectionState.Connected));

        bool Carry(IceAgent from, IceAgent to)
        {
            int length = from.Transmit(buffer, now, out NetworkPath path);
            if (length == 0) return false;
            to.Receive(buffer.AsSpan(0, length), new NetworkPath(path.Remote, path.Local), now, out _, out _, out _, out _);
            return true;
        }
    }

    [Test]
    public void Outage_LeadsToDisconnectedThenFailed()
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair pair = new(time, left, right, new PathOptions());
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), time.Timeline);
        time.RunFor(TimeSpan.FromMinutes(5));
        Assert.That(left.Stream.State, Is.EqualTo(IceConnectionState.Completed), "consent keeps it alive");

        pair.LeftToRight.Options = pair.LeftToRight.Options with { Loss = 1 };
        Instant outage = time.Now;
        Assert.That(pair.RunUntil(() => left.Stream.State == IceConnectionState.Disconnected, s_limit), time.Timeline);
        Assert.That(time.Now - outage, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(11.1)));
        Assert.That(pair.RunUntil(() => left.Stream.State == IceConnectionState.Failed, s_limit), time.Timeline);
        Assert.That(time.Now - outage, Is.InRange(TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(30)));
        Assert.That(left.Selected, Is.Null);
    }

    [Test]
    public void Outage_ThatEnds_LeadsBackToCompleted()
    {
        VirtualTime time = new(2);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair pair = new(time, left, right, new PathOptions());
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), time.Timeline);
        pair.LeftToRight.Options = pair.LeftToRight.Options with { Loss = 1 };
        Assert.That(pair.RunUntil(() => left.Stream.State == IceConnectionState.Disconnected, s_limit), time.Timeline);
        pair.LeftToRight.Options = pair.LeftToRight.Options with { Loss = 0 };
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), TimeSpan.FromSeconds(7)), time.Timeline);
    }

    [Test]
    public void Restart_WhileDataFlows_LosesNoneAndEndsOnTheNewGeneration([ValueSource(nameof(FewSeeds))] int seed)
    {
        VirtualTime time = new(seed);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair pair = new(time, left, right, new PathOptions { Delay = TimeSpan.FromMilliseconds(20), Jitter = TimeSpan.FromMilliseconds(5) });
        Assert.That(pair.RunUntil(() => BothCompleted(left, right), s_limit), time.Timeline);
        IceParameters before = left.Stream.LocalParameters;
        int sent = 0;
        void SendOne()
        {
            left.Send();
            right.Send();
            sent++;
            pair.Pump();
            if (sent < 200) time.Schedule(TimeSpan.FromMilliseconds(10), SendOne);
        }
        time.Schedule(TimeSpan.Zero, SendOne);
        time.Schedule(TimeSpan.FromMilliseconds(300), () =>
        {
            left.Agent.Restart(left.Stream, time.Now);
            pair.Pump();
        });
        time.Schedule(TimeSpan.FromMilliseconds(400), () =>
        {
            right.Agent.Restart(right.Stream, time.Now);
            IceLayer.Signal(left, right, time.Now);
            pair.Pump();
        });
        time.Schedule(TimeSpan.FromMilliseconds(500), () =>
        {
            IceLayer.Signal(right, left, time.Now);
            pair.Pump();
        });
        time.RunFor(TimeSpan.FromSeconds(3));
        Assert.Multiple(() =>
        {
            Assert.That(left.DataReceived, Is.EqualTo(200), time.Timeline);
            Assert.That(right.DataReceived, Is.EqualTo(200));
            Assert.That(left.Stream.LocalParameters, Is.Not.EqualTo(before));
            Assert.That(left.Selected!.Generation, Is.SameAs(left.Stream.Current));
            Assert.That(BothCompleted(left, right), $"{left.Stream.State} {right.Stream.State}");
        });
        time.RunFor(TimeSpan.FromMinutes(1));
        Assert.That(left.Stream.Previous, Is.Null);
        Assert.That(BothCompleted(left, right));
    }

    private static IEnumerable<int> ManySeeds() => Seeds.Range(100);

    private static IEnumerable<int> FewSeeds() => Seeds.Range(20);

    private static bool BothCompleted(IceLayer left, IceLayer right) =>
        left.Stream.State == IceConnectionState.Completed && right.Stream.State == IceConnectionState.Completed;
}
