using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §4.7.3: when negotiationneeded is fired, and how often.</summary>
public sealed class NegotiationNeededSteps
{
    [Test]
    public void Update_Step2_ManyChangesAtOnce_FireOnce()
    {
        using PeerSimulation simulation = new(1);
        int fired = Count(simulation.Left, () =>
        {
            simulation.Left.AddTransceiver(MediaKind.Audio);
            simulation.Left.AddTransceiver(MediaKind.Video);
            simulation.Left.CreateDataChannel("a");
            simulation.Left.CreateDataChannel("b");
        }, simulation);
        Assert.That(fired, Is.EqualTo(1));
        Assert.That(Count(simulation.Left, () => simulation.Left.AddTransceiver(MediaKind.Audio), simulation), Is.Zero, "step 2.5: it is known already");
    }

    [Test]
    public void Update_Step1_WhileOperationsRun_WaitsForTheChainToBeEmpty()
    {
        using PeerSimulation simulation = new(2);
        List<string> log = Record(simulation.Left);
        Task offer = simulation.Left.CreateOfferAsync();
        simulation.Left.AddTransceiver(MediaKind.Audio);
        _ = Note();
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "offer", "negotiationneeded" }));

        async Task Note()
        {
            await offer;
            log.Insert(0, "offer");
        }
    }

    [Test]
    public void Update_Step2_3_OutsideStable_WaitsForStable()
    {
        using PeerSimulation simulation = new(3);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(simulation.Left.SetLocalDescriptionAsync());
        Assert.That(Count(simulation.Left, () => simulation.Left.AddTransceiver(MediaKind.Audio), simulation), Is.Zero);
        List<string> log = Record(simulation.Left);
        simulation.Run(async () =>
        {
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
        });
        simulation.Settle();
        Assert.That(log.Where(line => line.StartsWith("sig", StringComparison.Ordinal) || line[0] == 'n'), Is.EqualTo(new[] { "signalingstatechange stable", "negotiationneeded" }));
    }

    [Test]
    public void Update_AfterAnExchangeThatDidIt_FiresNoMore()                                   // §4.4.1.4, step 4.14.3
    {
        using PeerSimulation simulation = new(4);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Left.CreateDataChannel("x");
        simulation.Settle();
        int fired = 0;
        simulation.Left.OnNegotiationNeeded += (_, _) => fired++;
        simulation.Right.OnNegotiationNeeded += (_, _) => fired++;
        simulation.Connect();
        simulation.Settle();
        Assert.That(fired, Is.Zero);
    }

    [Test]
    public void Check_EachChangeOfAnEstablishedConnection_IsSeen()                              // steps 2 to 5 of "check if negotiation is needed"
    {
        MediaStream first = new(), second = new();
        foreach ((string what, Action<RTCPeerConnection> change) in new (string, Action<RTCPeerConnection>)[]
        {
            ("2: restart", connection => connection.RestartIce()),
            ("4: data", connection => connection.CreateDataChannel("x")),
            ("5.1: stop", connection => connection.GetTransceivers()[0].Stop()),
            ("5.2: transceiver", connection => connection.AddTransceiver(MediaKind.Video)),
            ("5.3.1: streams", connection => connection.GetSenders()[0].SetStreams(second)),
            ("5.3.2: direction", connection => connection.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.Inactive),
            ("5.3.2: track", connection => connection.RemoveTrack(connection.GetSenders()[0])),
        })
        {
            using PeerSimulation simulation = new(5);
            simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), first);
            simulation.Connect();
            simulation.Settle();
            Assert.That(Count(simulation.Left, () => change(simulation.Left), simulation), Is.EqualTo(1), what);
        }
    }

    [Test]
    public void Check_Step5_3_3_TheAnswerersDirectionBeyondWhatWasOffered_IsNotSeen()
    {
        using PeerSimulation simulation = new(6);
        simulation.Left.AddTransceiver(MediaKind.Audio, new RTCRtpTransceiverInit { Direction = RTCRtpTransceiverDirection.SendOnly });
        simulation.Connect();
        simulation.Settle();
        Assert.That(Count(simulation.Right, () => simulation.Right.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.SendRecv, simulation), Is.Zero);
        Assert.That(Count(simulation.Right, () => simulation.Right.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.Inactive, simulation), Is.EqualTo(1));
    }

    [Test]
    public void RestartIce_UntilAnAnswerBringsNewCredentials_StaysNeeded()                       // §4.4.1.4, steps 4.5.2 and 4.6.2
    {
        using PeerSimulation simulation = new(7);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.Settle();
        simulation.Left.RestartIce();
        simulation.Settle();
        int fired = 0;
        simulation.Left.OnNegotiationNeeded += (_, _) => fired++;
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
        });
        simulation.Settle();
        Assert.That(fired, Is.EqualTo(1), "rolled back: the restart is still to come");
        simulation.Run(simulation.NegotiateAsync());
        simulation.Settle();
        Assert.That(fired, Is.EqualTo(1), "done");
    }

    [Test]
    public void RestartIce_BeforeAnyDescription_NeedsNothing()
    {
        using PeerSimulation simulation = new(8);
        Assert.That(Count(simulation.Left, simulation.Left.RestartIce, simulation), Is.Zero);
    }

    private static int Count(RTCPeerConnection connection, Action change, PeerSimulation simulation)
    {
        int fired = 0;
        void Note(object? sender, EventArgs e) => fired++;
        connection.OnNegotiationNeeded += Note;
        change();
        simulation.Settle();
        connection.OnNegotiationNeeded -= Note;
        return fired;
    }
}
