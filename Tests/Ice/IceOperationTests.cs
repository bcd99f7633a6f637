using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Ice;

/// <summary>Sequences of anything that can happen to two agents, and what must hold after each step.</summary>
[TestFixture]
internal sealed class IceOperationTests
{
    private enum Operation
    {
        Wait, WaitLong, AddLeft, AddRight, RemoveLeft, RemoveRight, Restart, Cut, Heal, SendData, SameRole, Garbage, EndOfCandidates,
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void AnySequence_KeepsTheInvariantsAndARestartHealsIt(byte[] steps, byte seed) => Run(steps, seed);

    [Test]
    public void DrawnSequences_KeepTheInvariants([ValueSource(nameof(SomeSeeds))] int seed)
    {
        byte[] steps = new byte[60];
        RandomSource.Seeded((ulong)seed).Fill(steps);
        Run(steps, seed);
    }

    private static IEnumerable<int> SomeSeeds() => Seeds.Range(40);

    private static void Run(byte[] steps, int seed)
    {
        VirtualTime time = new(seed);
        PathOptions path = new() { Delay = TimeSpan.FromMilliseconds(10 + time.Random.Next(40)), Loss = time.Random.NextDouble() * 0.2 };
        IceNetwork network = new(time, path);
        IceAgentOptions options = new() { MaxCandidates = 8, MaxPairs = 20 };
        IceEndpoint left = new(network, options), right = new(network, options with { Role = IceRole.Controlled });
        (left.Peer, right.Peer) = (right, left);
        ushort port = 5000;
        Add(left, 1);
        Add(right, 2);
        left.Start();
        right.Start();
        foreach (byte step in steps.Take(60))
        {
            Operation operation = (Operation)(step % 13);
            time.Log("test", operation.ToString());
            Apply(operation);
            Check(left);
            Check(right);
        }
        network.Options = new PathOptions();
        Add(left, 1);
        Add(right, 2);
        time.RunFor(TimeSpan.FromSeconds(1));
        Restart();
        bool healed = time.RunUntil(() => left.Selected() is { IsNominated: true } && right.Selected() is { IsNominated: true } && left.Agent.Role != right.Agent.Role, TimeSpan.FromMinutes(2));
        Assert.That(healed, $"{left.Stream.State} {right.Stream.State}\n{string.Join("\n", left.Stream.Pairs)}\n--\n{string.Join("\n", right.Stream.Pairs)}\n{time.Timeline}");
        Check(left);
        Check(right);
        Assert.That(left.Selected()!.Path, Is.EqualTo(new NetworkPath(right.Selected()!.Path.Remote, right.Selected()!.Path.Local)), "both agree");

        void Add(IceEndpoint endpoint, uint host)
        {
            if (endpoint.Stream.LocalCandidates.Count >= 6) return;
            endpoint.AddBase(TransportAddress.FromIPv4(0xC0000200 + host, port++));
            endpoint.Pump();
        }

        void Remove(IceEndpoint endpoint)
        {
            if (endpoint.Stream.LocalCandidates is not [{ } first, _, ..]) return;
            endpoint.Agent.RemoveLocalBase(endpoint.Stream, first.Address, TransportProtocol.Udp, time.Now);
            endpoint.Pump();
        }

        // Both sides restart at a time when nothing of the old signalling is under way.
        void Restart()
        {
            foreach (IceEndpoint each in new[] { left, right }) each.Agent.Restart(each.Stream, time.Now);
            left.Start();
            right.Start();
            time.RunFor(TimeSpan.FromMilliseconds(100));
        }

        void Apply(Operation operation)
        {
            switch (operation)
            {
                case Operation.Wait: time.RunFor(TimeSpan.FromMilliseconds(time.Random.Next(500))); break;
                case Operation.WaitLong: time.RunFor(TimeSpan.FromSeconds(time.Random.Next(40))); break;
                case Operation.AddLeft: Add(left, 1); break;
                case Operation.AddRight: Add(right, 2); break;
                case Operation.RemoveLeft: Remove(left); break;
                case Operation.RemoveRight: Remove(right); break;
                case Operation.Restart:
                    time.RunFor(TimeSpan.FromMilliseconds(200));
                    Restart();
                    break;
                case Operation.Cut: network.Options = path with { Loss = 1 }; break;
                case Operation.Heal: network.Options = path; break;
                case Operation.SendData:
                    if (left.Selected() is not null) left.Send([0x80]);
                    if (right.Selected() is not null) right.Send([0x80]);
                    break;
                case Operation.SameRole:
                    left.Agent.SetRole(right.Agent.Role);
                    left.Pump();
                    break;
                case Operation.Garbage:
                    byte[] garbage = new byte[40];
                    time.Random.Fill(garbage);
                    left.Agent.Receive(garbage, new NetworkPath(TransportAddress.FromIPv4(0xC0000201, 5000), TransportAddress.FromIPv4(0xC0000202, 5001)), time.Now, out _, out _, out _, out _);
                    left.Pump();
                    break;
                default:
                    left.Agent.EndLocalBases(left.Stream, time.Now);
                    left.Pump();
                    break;
            }
        }

        void Check(IceEndpoint endpoint)
        {
            IceStream stream = endpoint.Stream;
            string context = time.Timeline;
            Assert.That(stream.Pairs.Count, Is.LessThanOrEqualTo(options.MaxPairs), context);
            Assert.That(stream.RemoteCandidates.Count, Is.LessThanOrEqualTo(options.MaxCandidates), context);
            if (endpoint.Agent.Role == IceRole.Controlling)
                Assert.That(stream.Pairs.Count(pair => pair.IsNominated), Is.LessThanOrEqualTo(1), "never two nominated pairs\n" + context);
            if (endpoint.Selected() is { } selected)
                Assert.That(selected.State, Is.EqualTo(IceCandidatePairState.Succeeded), context);
            else
                Assert.That(stream.State, Is.Not.EqualTo(IceConnectionState.Connected).And.Not.EqualTo(IceConnectionState.Completed), context);
            if (stream.State == IceConnectionState.Completed) Assert.That(endpoint.Selected()!.IsNominated, context);
            Assert.That(stream.Pairs.Select(pair => pair.Priority), Is.Ordered.Descending, context);
            Assert.That(stream.Pairs.Select(pair => pair.Path).Distinct().Count(), Is.EqualTo(stream.Pairs.Count), "one pair for each path\n" + context);
            Assert.That(endpoint.Agent.NextTimeout, Is.GreaterThan(time.Now - TimeSpan.FromMilliseconds(1)), "nothing overdue\n" + context);
        }
    }
}
