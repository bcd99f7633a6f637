using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Ice;

/// <summary>How soon the best pair is nominated, and that consent ends all that it has to end (RFC 8445 §8.1.1, RFC 7675 §5.1).</summary>
[TestFixture]
internal sealed class IceNominationTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [Test]
    public void OpenPath_NominatesTheBestPairWithinThreeRoundTripsAndPacing()
    {
        List<double> roundTrips = [];
        foreach (int seed in Seeds.Range(100))
        {
            VirtualTime time = new(seed);
            TimeSpan roundTrip = TimeSpan.FromMilliseconds(2 * (1 + time.Random.Next(150)));
            IceNetwork network = new(time, new PathOptions { Delay = roundTrip / 2 });
            IceAgentOptions options = new() { Ta = TimeSpan.FromMilliseconds(5 + time.Random.Next(46)) };
            IceEndpoint left = new(network, options), right = new(network, options with { Role = IceRole.Controlled });
            (left.Peer, right.Peer) = (right, left);
            int leftBases = 1 + time.Random.Next(3), rightBases = 1 + time.Random.Next(3);
            for (int i = 0; i < leftBases; i++) left.AddBase(TransportAddress.FromIPv4(0xC0000210 + (uint)i, 4000));
            for (int i = 0; i < rightBases; i++) right.AddBase(TransportAddress.FromIPv4(0xC0000220 + (uint)i, 4000));
            left.Start();
            right.Start();
            Instant known = time.Now + left.SignallingDelay;
            Assert.That(time.RunUntil(() => left.Selected() is { IsNominated: true } && right.Selected() is { IsNominated: true }, s_limit), time.Timeline);
            TimeSpan took = time.Now - known, bound = roundTrip * 3 + options.Ta * (leftBases * rightBases);
            roundTrips.Add(took / roundTrip);
            Assert.Multiple(() =>
            {
                Assert.That(took, Is.LessThanOrEqualTo(bound), $"seed {seed}");
                Assert.That(left.Selected(), Is.SameAs(left.Stream.Pairs.OrderByDescending(pair => pair.Priority).First()), $"seed {seed}: the best pair");
                Assert.That(right.Selected()!.Path, Is.EqualTo(new NetworkPath(left.Selected()!.Path.Remote, left.Selected()!.Path.Local)), $"seed {seed}: both agree");
            });
        }
        Print("round trips until both have nominated, the pacing among them", roundTrips);
    }

    [Test]
    public void Lossy_Path_PrintsHowLongTheNominationTakes()
    {
        List<double> milliseconds = [];
        foreach (int seed in Seeds.Range(100))
        {
            VirtualTime time = new(seed);
            (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
            LayerPair pair = new(time, left, right, new PathOptions { Delay = TimeSpan.FromMilliseconds(20), Loss = 0.2 });
            Instant start = time.Now;
            Assert.That(pair.RunUntil(() => left.Selected is { IsNominated: true } && right.Selected is { IsNominated: true }, s_limit), time.Timeline);
            milliseconds.Add((time.Now - start).TotalMilliseconds);
        }
        Print("ms until both have nominated, 40 ms round trip, 20 % loss", milliseconds);
        milliseconds.Sort();
        Assert.That(milliseconds[milliseconds.Count / 2], Is.LessThan(1000), "the median");
    }

    [Test]
    public void ConsentLost_EndsDataAndChecksAtOnce()                                     // RFC 7675 §5.1
    {
        foreach (int seed in Seeds.Range(10))
        {
            VirtualTime time = new(seed);
            (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
            LayerPair network = new(time, left, right, new PathOptions());
            Assert.That(network.RunUntil(() => left.Stream.State == IceConnectionState.Completed && right.Stream.State == IceConnectionState.Completed, s_limit));
            IceCandidatePair pair = left.Selected!;
            network.RightToLeft.Options = network.RightToLeft.Options with { Loss = 1 };
            Instant cut = time.Now;
            Assert.That(network.RunUntil(() => left.Selected is null, s_limit), time.Timeline);
            Assert.That(time.Now - cut, Is.InRange(TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(30)), "30 s after the last answer");
            long requests = pair.RequestsSent, packets = network.LeftToRight.Sent;
            network.RightToLeft.Options = network.RightToLeft.Options with { Loss = 0 };
            left.Send();
            network.Pump();
            right.Send();
            network.Pump();
            time.RunFor(TimeSpan.FromMinutes(2));
            Assert.That(pair.RequestsSent, Is.EqualTo(requests), "no check after consent is lost");
            Assert.That(pair.PacketsSent, Is.Zero);
            Assert.That(left.Stream.State, Is.EqualTo(IceConnectionState.Failed));
            Assert.That(network.LeftToRight.Sent - packets, Is.EqualTo(pair.ResponsesSent - (pair.RequestsReceived - (network.LeftToRight.Sent - packets))), "answers only");
        }
    }

    // A peer that lost the nomination gets it again with each consent check; the controlled side says nothing of the kind.
    [Test]
    public void ConsentChecks_OfTheControllingSide_RepeatTheNomination()                   // RFC 8445 §7.3.1.5, §8.1.1
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair network = new(time, left, right, new PathOptions());
        Assert.That(network.RunUntil(() => left.Stream.State == IceConnectionState.Completed && right.Stream.State == IceConnectionState.Completed, s_limit));
        byte[] buffer = new byte[1500];
        foreach ((IceLayer layer, bool nominates) in new[] { (left, true), (right, false) })
        {
            Instant now = time.Now;
            for (int checks = 0; checks < 5;)
            {
                now = layer.NextTimeout;
                layer.AdvanceTo(now);
                while (layer.Transmit(buffer, now) is > 0 and int length)
                {
                    Assert.That(StunMessage.TryParse(buffer.AsSpan(0, length), out StunMessage check));
                    Assert.That(check.Has(StunAttributeType.UseCandidate), Is.EqualTo(nominates), layer.Name);
                    checks++;
                }
            }
        }
    }

    [Test]
    public void ConsentChecks_AreSpreadAroundFiveSeconds()                                 // RFC 7675 §5.1: 0.8 to 1.2 of the interval
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair network = new(time, left, right, new PathOptions());
        Assert.That(network.RunUntil(() => left.Stream.State == IceConnectionState.Completed, s_limit));
        List<double> intervals = [];
        long sent = left.Selected!.ConsentRequestsSent;
        Instant last = Instant.Never;
        while (intervals.Count < 200)
        {
            Assert.That(time.Step());
            if (left.Selected.ConsentRequestsSent == sent) continue;
            sent = left.Selected.ConsentRequestsSent;
            if (!last.IsNever) intervals.Add((time.Now - last).TotalSeconds);
            last = time.Now;
        }
        Print("seconds between consent checks", intervals);
        Assert.That(intervals, Is.All.InRange(4.0, 6.0));
        Assert.That(intervals.Average(), Is.EqualTo(5).Within(0.2));
        Assert.That(intervals.Max() - intervals.Min(), Is.GreaterThan(1.5), "randomised");
    }

    private static void Print(string what, List<double> values)
    {
        double[] sorted = [.. values.Order()];
        TestContext.Out.WriteLine($"{what}: least {sorted[0]:F2}, median {sorted[sorted.Length / 2]:F2}, 90 % {sorted[sorted.Length * 9 / 10]:F2}, most {sorted[^1]:F2} of {sorted.Length}");
    }
}
