using NUnit.Framework.Internal;
using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection.Sequences;

/// <summary>
/// Any sequence of API calls on two peers: the signalling state machine is kept, nothing but documented exceptions comes out, no Task is
/// left after close, and two peers that are left in peace are connected and agree. FsCheck shrinks a sequence that fails and prints it.
/// </summary>
public sealed class ApiSequenceTests
{
    private const int LongestSequence = 60;

    public static IEnumerable<int> ManySeeds => Seeds.Range(60);

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void AnySequenceOfCalls_KeepsThePromises(byte[] steps, byte seed) => Run(steps, seed);

    [TestCaseSource(nameof(ManySeeds))]
    public void DrawnSequence_KeepsThePromises(int seed)
    {
        byte[] steps = new byte[LongestSequence];
        RandomSource.Seeded((ulong)seed).Fill(steps);
        if (Fails(steps, seed)) Run(Shrink(steps, seed), seed);
    }

    // RFC 9143 §7.5: all sections of the bundle go at once, and new ones take over its transport.
    [TestCase(new byte[] { 101, 60, 199, 186, 137 }, 0)]
    [TestCase(new byte[] { 0, 220, 104, 229 }, 0)]
    public void NewSections_InPlaceOfAllThatWereBundled_KeepTheTransport(byte[] steps, int seed) => Run(steps, seed);

    // As FsCheck does it: what can be left out is left out.
    private static byte[] Shrink(byte[] steps, int seed)
    {
        for (int length = steps.Length / 2; length > 0; length /= 2)
        {
            for (int at = 0; at + length <= steps.Length;)
            {
                byte[] fewer = [.. steps[..at], .. steps[(at + length)..]];
                if (Fails(fewer, seed)) steps = fewer;
                else at += length;
            }
        }
        return steps;
    }

    private static bool Fails(byte[] steps, int seed)
    {
        using TestExecutionContext.IsolatedContext isolated = new();
        try
        {
            Run(steps, seed);
            return false;
        }
        catch (Exception exception) when (exception is not SuccessException)
        {
            return true;
        }
    }

    private static void Run(byte[] steps, int seed)
    {
        using PeerSimulation simulation = new(seed, new PathOptions { Delay = TimeSpan.FromMilliseconds(15) }, trickles: false);
        VirtualTime time = simulation.Time;
        PeerApplication left = new(time, "left app", simulation.Left, isPolite: true), right = new(time, "right app", simulation.Right, isPolite: false);
        (left.Peer, right.Peer) = (right, left);
        List<string> done = [];
        foreach (byte step in steps.Take(LongestSequence)) done.Add(new ApiStep(step).Apply((step & 1) == 0 ? left : right, time));
        string Story() => $"seed {seed}: {string.Join(", ", done)}\n{time.Timeline}";
        if (!left.IsClosed && !right.IsClosed) BeAtPeace(simulation, left, right, Story);
        left.Connection.Close();
        right.Connection.Close();
        time.RunFor(TimeSpan.FromSeconds(2));
        Assert.Multiple(() =>
        {
            Assert.That(left.Violations.Concat(right.Violations), Is.Empty, Story());
            Assert.That(left.Tasks.Concat(right.Tasks).Count(task => !task.IsCompleted), Is.Zero, "Tasks that never end\n" + Story());
            Assert.That(simulation.LeftLoop.Faults.Concat(simulation.RightLoop.Faults), Is.Empty, Story());
        });
    }

    // No more calls: what is under way ends, and in stable both sides have the same picture. What consent has lost meanwhile comes back by a restart.
    private static void BeAtPeace(PeerSimulation simulation, PeerApplication left, PeerApplication right, Func<string> story)
    {
        foreach (PeerApplication each in new[] { left, right }) (each.RejectsSection, each.AnswersProvisionally) = (0, false);
        // What is under way may yet reject the section of data channels, and end all that there are.
        bool isQuiet = simulation.Time.RunUntil(() => IsQuiet(left) && IsQuiet(right), TimeSpan.FromSeconds(40));
        Assert.That(isQuiet, $"left {left.Connection.SignalingState}, right {right.Connection.SignalingState}\n{story()}");
        simulation.Time.RunFor(TimeSpan.FromMilliseconds(200));
        left.Try(() => left.Channels.Add(left.Connection.CreateDataChannel("last")));
        bool isConnected = simulation.Time.RunUntil(() => IsQuiet(left) && IsQuiet(right) && simulation.BothConnected, TimeSpan.FromSeconds(40));
        Assert.That(isConnected, $"left {left.Connection.SignalingState} {left.Connection.ConnectionState}, right {right.Connection.SignalingState} {right.Connection.ConnectionState}\n{story()}");
        simulation.Time.RunFor(TimeSpan.FromSeconds(3));
        string[] ours = Sections(left.Connection), theirs = Sections(right.Connection);
        RTCSctpTransport? sctp = left.Connection.Sctp;
        Assert.Multiple(() =>
        {
            Assert.That(ours, Is.EqualTo(theirs), story());
            Assert.That(Directions(left.Connection), Is.EqualTo(Directions(right.Connection).Select(each => (each.Mid, Reverse(each.Direction)))), story());
            Assert.That(sctp?.State, Is.EqualTo(RTCSctpTransportState.Connected), story());
            Assert.That(left.Channels.Single(channel => channel.Label == "last").ReadyState, Is.EqualTo(RTCDataChannelState.Open), story());
            Assert.That(Open(left), Is.EquivalentTo(Open(right)), story());
        });
    }

    private static bool IsQuiet(PeerApplication application) => application.Connection.SignalingState == RTCSignalingState.Stable && application.Tasks.TrueForAll(task => task.IsCompleted);

    // But those that both applications have agreed on: one side may have closed its own before there was anything to tell the other by.
    private static IEnumerable<ushort?> Open(PeerApplication application) =>
        application.Channels.Where(channel => channel.ReadyState == RTCDataChannelState.Open && !channel.Negotiated).Select(channel => channel.Id);

    private static string[] Sections(RTCPeerConnection connection) =>
        [.. connection.CurrentLocalDescription!.Sdp.Split("\r\n").Where(line => line.StartsWith("a=mid:", StringComparison.Ordinal))];

    private static IEnumerable<(string? Mid, RTCRtpTransceiverDirection? Direction)> Directions(RTCPeerConnection connection) =>
        connection.GetTransceivers().Where(each => each.Mid is not null).Select(each => (each.Mid, each.CurrentDirection)).OrderBy(each => each.Mid, StringComparer.Ordinal);

    private static RTCRtpTransceiverDirection? Reverse(RTCRtpTransceiverDirection? direction) => direction switch
    {
        RTCRtpTransceiverDirection.SendOnly => RTCRtpTransceiverDirection.RecvOnly,
        RTCRtpTransceiverDirection.RecvOnly => RTCRtpTransceiverDirection.SendOnly,
        _ => direction,
    };
}
