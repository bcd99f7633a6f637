using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Both sides negotiate at random instants over signalling with random delay (webrtc-pc §10.7): glare is rolled back, and all ends well.</summary>
public sealed class PerfectNegotiationTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    public static IEnumerable<int> ManySeeds => Seeds.Range(40);

    [TestCaseSource(nameof(ManySeeds))]
    public void BothSides_NegotiatingAtRandom_EndConnectedAndAgree(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        RTCBundlePolicy policy = (RTCBundlePolicy)random.Next(3);
        using PeerSimulation simulation = new(seed, configuration: new RTCConfiguration { BundlePolicy = policy }, trickles: false);
        SignalPath[] paths = [new(simulation.Time, random), new(simulation.Time, random)];
        PerfectNegotiation[] sides = new PerfectNegotiation[2];
        RTCPeerConnection[] connections = [simulation.Left, simulation.Right];
        for (int i = 0; i < 2; i++)
        {
            int self = i, other = 1 - i;
            sides[i] = new PerfectNegotiation(connections[i], isPolite: i == 0, signal => paths[self].Send(Describe(self, signal), () =>
                _ = signal is RTCSessionDescription description ? sides[other].ReceiveAsync(description) : sides[other].ReceiveAsync((RTCIceCandidate)signal)));
        }
        RTCDataChannel channel = simulation.Left.CreateDataChannel("always");
        for (int step = 0; step < 12; step++)
        {
            Act(random, connections[random.Next(2)]);
            if (random.Next(3) == 0) Act(random, connections[random.Next(2)]);               // at the same instant
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(random.Next(200)));
        }
        string Context() => $"seed {seed}, {policy}\n{string.Join("\n", sides.SelectMany(side => side.Faults))}\n{string.Join("\n", connections.Select(Show))}\n{simulation.Time.Timeline}";
        bool ended = simulation.Time.RunUntil(() => connections.All(each => each.SignalingState == RTCSignalingState.Stable) && paths.All(path => path.IsEmpty) &&
            simulation.BothConnected && channel.ReadyState == RTCDataChannelState.Open, s_minute);
        simulation.Time.RunFor(TimeSpan.FromSeconds(5));
        Assert.Multiple(() =>
        {
            Assert.That(ended, Context());
            Assert.That(sides.SelectMany(side => side.Faults), Is.Empty, Context());
            Assert.That(simulation.LeftLoop.Faults.Concat(simulation.RightLoop.Faults), Is.Empty, Context());
            Assert.That(simulation.BothConnected, Context());
            Assert.That(Stable(simulation.Left.CurrentLocalDescription), Is.EqualTo(Stable(simulation.Right.CurrentRemoteDescription)), Context());
            Assert.That(Stable(simulation.Right.CurrentLocalDescription), Is.EqualTo(Stable(simulation.Left.CurrentRemoteDescription)), Context());
            Dictionary<string, RTCRtpTransceiver> right = Negotiated(simulation.Right).ToDictionary(each => each.Mid!);
            RTCRtpTransceiver[] ofLeft = Negotiated(simulation.Left);
            foreach (RTCRtpTransceiver left in ofLeft)
            {
                Assert.That(right, Does.ContainKey(left.Mid!), Context());
                Assert.That(Reverse(right[left.Mid!].CurrentDirection), Is.EqualTo(left.CurrentDirection), Context());
            }
            Assert.That(right, Has.Count.EqualTo(ofLeft.Length), Context());
        });
        TestContext.Out.WriteLine($"seed {seed}: {sides.Sum(side => side.Offers)} offers, {sides.Sum(side => side.Collisions)} collisions, {Sections(simulation)} sections");

        static int Sections(PeerSimulation simulation) => simulation.Left.CurrentLocalDescription!.Sdp.Split("\r\nm=").Length - 1;
    }

    // All but those that were stopped before they had a section: there is nothing to say of them, and they go with the next exchange.
    private static RTCRtpTransceiver[] Negotiated(RTCPeerConnection connection) =>
        [.. connection.GetTransceivers().Where(each => each.Mid is not null || each.Direction != RTCRtpTransceiverDirection.Stopped)];

    private static string Show(RTCPeerConnection connection) => string.Join(", ", connection.GetTransceivers().Select(each =>
        $"{each.Mid} {each.Receiver.Track.Kind} {each.Direction} {each.CurrentDirection}")) + "\n" + string.Join("\n", (connection.CurrentLocalDescription?.Sdp ?? "").Split("\r\n")
            .Where(line => line.StartsWith("m=", StringComparison.Ordinal) || line.StartsWith("a=mid", StringComparison.Ordinal) || line is "a=sendrecv" or "a=sendonly" or "a=recvonly" or "a=inactive" || line.StartsWith("a=msid", StringComparison.Ordinal)));

    private static string Describe(int side, object signal) => $"{(side == 0 ? "from left" : "from right")}: " + (signal switch
    {
        RTCSessionDescription description => description.Type.ToW3CString() + " " + string.Join(" ", description.Sdp.Split("a=ice-ufrag:").Skip(1).Select(each => each[..8])),
        _ => "candidate " + ((RTCIceCandidate)signal).UsernameFragment,
    });

    private static void Act(RandomSource random, RTCPeerConnection connection)
    {
        IReadOnlyList<RTCRtpTransceiver> transceivers = connection.GetTransceivers();
        switch (random.Next(7))
        {
            case 0 or 1:
                connection.AddTransceiver(random.Next(2) == 0 ? MediaKind.Audio : MediaKind.Video);
                break;
            case 2:
                connection.AddTrack(new LocalMediaStreamTrack(random.Next(2) == 0 ? MediaKind.Audio : MediaKind.Video), new MediaStream("s"));
                break;
            case 3 when transceivers.Count > 0:
                transceivers[random.Next(transceivers.Count)].Stop();
                break;
            case 4 when transceivers.Count > 0 && transceivers[random.Next(transceivers.Count)] is { Direction: not RTCRtpTransceiverDirection.Stopped } changed:
                changed.Direction = (RTCRtpTransceiverDirection)random.Next(4);
                break;
            case 5:
                connection.RestartIce();
                break;
            default:
                connection.CreateDataChannel("one more");
                break;
        }
    }

    private static RTCRtpTransceiverDirection? Reverse(RTCRtpTransceiverDirection? direction) => direction switch
    {
        RTCRtpTransceiverDirection.SendOnly => RTCRtpTransceiverDirection.RecvOnly,
        RTCRtpTransceiverDirection.RecvOnly => RTCRtpTransceiverDirection.SendOnly,
        _ => direction,
    };

    // Candidates, and what is filled in with them, come later on the other side.
    private static IEnumerable<string> Stable(RTCSessionDescription? description) => description!.Sdp.Split("\r\n")
        .Where(line => !line.StartsWith("a=candidate", StringComparison.Ordinal) && !line.StartsWith("a=end-of", StringComparison.Ordinal) && !line.StartsWith("c=", StringComparison.Ordinal))
        .Select(line => line.StartsWith("m=", StringComparison.Ordinal) ? line.Split(' ')[0] + (line.Split(' ')[1] == "0") : line);

    /// <summary>Signalling in one direction: in order, with a delay that varies.</summary>
    private sealed class SignalPath(VirtualTime time, RandomSource random)
    {
        private Instant _last;
        private int _waiting;

        public bool IsEmpty => _waiting == 0;

        public void Send(string signal, Action deliver)
        {
            time.Log("signalling", $"sent {signal}");
            _waiting++;
            _last = Instant.Max(_last, time.Now + TimeSpan.FromMilliseconds(1 + random.Next(150)));
            time.Schedule(_last, () =>
            {
                _waiting--;
                time.Log("signalling", $"came {signal}");
                deliver();
            });
        }
    }
}
