using System.Text.RegularExpressions;
using WebRtcStack.Core;
using WebRtcStack.Sdp;
using WebRtcStack.Tests.Sdp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>The offers of real endpoints: each is answered as the rules want it, or refused with the reason of the specification; broken ones change nothing.</summary>
public sealed class CorpusOfferTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static string[] Offers { get; } = [.. SdpCorpusTests.Files().Where(file => Regex.IsMatch(file, "(^|-)(re)?offer[-.]") && !Regex.IsMatch(file, "-(re)?answer-(?!ed)"))];

    private static Exception? Run(PeerSimulation simulation, Task task)
    {
        simulation.Time.RunUntil(() => task.IsCompleted, s_minute);
        return task.Exception?.InnerException;
    }

    [Test]
    public void EveryOffer_OfTheCorpus_IsAnsweredByTheRulesOrRefusedWithAReason([Values] RTCRtcpMuxPolicy policy)
    {
        Assert.That(Offers, Has.Length.GreaterThan(100));
        Assert.Multiple(() =>
        {
            foreach (string file in Offers)
            {
                using PeerSimulation simulation = new(1, configuration: new RTCConfiguration { RtcpMuxPolicy = policy });
                string text = SdpCorpusTests.Read(file);
                SdpDescription.TryParse(text, out SdpDescription? offer, out _);
                Exception? refused = Run(simulation, simulation.Right.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, text)));
                if (refused is not null)
                {
                    TestContext.Out.WriteLine($"{file}: {refused.Message}");
                    Assert.That((refused as DOMException)?.Name, Is.EqualTo("InvalidAccessError"), file);
                    // RFC 9429 §4.1.1: "require" asks for a=rtcp-mux; RFC 9143 and what names candidates need a=mid.
                    Assert.That(refused.Message, policy == RTCRtcpMuxPolicy.Require ? Does.Contain("rtcp-mux").Or.Contain("a=mid") : Does.Contain("a=mid"), file);
                    Assert.That(simulation.Right.SignalingState, Is.EqualTo(RTCSignalingState.Stable), file);
                    continue;
                }
                Assert.That(Run(simulation, simulation.Right.SetLocalDescriptionAsync()), Is.Null, file);
                simulation.Time.RunFor(TimeSpan.FromMilliseconds(200));
                Assert.That(simulation.RightLoop.Faults, Is.Empty, file);
                SdpDescription.TryParse(simulation.Right.LocalDescription!.Sdp, out SdpDescription? answer, out _);
                AnswerRules.Check(file, offer!, answer!);
            }
        });
    }

    [TestCaseSource(nameof(FewSeeds))]
    public void MutatedOffers_ToAConnectionInUse_ChangeNothingWhenTheyAreRefused(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        using PeerSimulation simulation = new(seed);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Left.AddTransceiver(MediaKind.Video);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        int refusals = 0;
        for (int i = 0; i < 40; i++)
        {
            RTCPeerConnection connection = simulation.Right;
            string text = i % 2 == 0 ? Mutate(random, simulation.Left.CurrentLocalDescription!.Sdp) : Mutate(random, SdpCorpusTests.Read(Offers[random.Next(Offers.Length)]));
            string before = State(connection);
            Exception? refused = Run(simulation, connection.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, text)));
            if (refused is null)
            {
                // It can be used, perhaps to stop a transceiver, which no rollback undoes (webrtc-pc §4.4.1.4, step 11.2.15).
                Assert.That(Run(simulation, connection.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback))), Is.Null);
                continue;
            }
            refusals++;
            Assert.That(refused is RTCError { ErrorDetail: RTCErrorDetailType.SdpSyntaxError } or DOMException { Name: "InvalidAccessError" }, $"seed {seed}: {refused}");
            Assert.That(refused.Message, Does.Match("line [0-9]+|media sections"), $"seed {seed}");
            Assert.That(State(connection), Is.EqualTo(before), $"seed {seed}, {i}: {refused?.Message}\n{text}");
        }
        simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.That(refusals, Is.GreaterThan(5));
        Assert.That(simulation.BothConnected, $"seed {seed}");
        Assert.That(simulation.RightLoop.Faults, Is.Empty);
    }

    public static IEnumerable<int> FewSeeds => Seeds.Range(10);

    [TestCaseSource(nameof(FewSeeds))]
    public void MutatedCandidates_ToAConnectionInUse_AreTakenOrAreOperationErrors(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        using PeerSimulation simulation = new(seed);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        string[] lines = [.. Offers.SelectMany(file => SdpCorpusTests.Read(file).Split("\r\n")).Where(line => line.StartsWith("a=candidate:", StringComparison.Ordinal)).Distinct()];
        for (int i = 0; i < 100; i++)
        {
            char[] text = lines[random.Next(lines.Length)][2..].ToCharArray();
            text[10 + random.Next(text.Length - 10)] = (char)(32 + random.Next(95));
            Exception? refused = Run(simulation, simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = new string(text), SdpMid = "0" }));
            Assert.That(refused, Is.Null.Or.Matches<Exception>(error => error is DOMException { Name: "OperationError" }), $"seed {seed}: {new string(text)}: {refused}");
        }
        simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.That(simulation.BothConnected, $"seed {seed}");
        Assert.That(simulation.RightLoop.Faults, Is.Empty);
    }

    // A line is dropped, doubled, moved, or loses or changes a character.
    private static string Mutate(RandomSource random, string text)
    {
        List<string> lines = [.. text.Split("\r\n")];
        for (int i = random.Next(3); i >= 0; i--)
        {
            int at = random.Next(lines.Count - 1);
            string line = lines[at];
            switch (random.Next(5))
            {
                case 0:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines.Insert(at, line);
                    break;
                case 2:
                    lines.RemoveAt(at);
                    lines.Insert(random.Next(lines.Count), line);
                    break;
                case 3 when line.Length > 3:
                    lines[at] = line.Remove(2 + random.Next(line.Length - 2), 1);
                    break;
                default:
                    lines[at] = line.Length == 0 ? "x" : line[..random.Next(line.Length)] + (char)(32 + random.Next(95)) + line[(line.Length - 1)..];
                    break;
            }
        }
        return string.Join("\r\n", lines);
    }

    private static string State(RTCPeerConnection connection) => string.Join("\n",
        connection.SignalingState, connection.ConnectionState, connection.LocalDescription?.Sdp, connection.RemoteDescription?.Sdp, connection.PendingRemoteDescription?.Sdp,
        string.Join(", ", connection.GetTransceivers().Select(each => $"{each.Mid} {each.Direction} {each.CurrentDirection}")), connection.Sctp?.Transport.State);
}
