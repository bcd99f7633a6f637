using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Another certificate or tls-id of the peer makes a DTLS association in the place of the one there is (RFC 8842 §3.1, §4).</summary>
public sealed class DtlsRenewalTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static void RunTo(PeerSimulation simulation, Task task) => simulation.RunUntil(() => task.IsCompleted, s_minute, task);

    // A third connection on the right's host, as when a call moves to another device: it has its own certificate.
    private static RTCPeerConnection Another(PeerSimulation simulation) =>
        new(new RTCConfiguration(), simulation.Options with { Transport = simulation.RightLoop });

    private static async Task NegotiateAsync(RTCPeerConnection offerer, RTCPeerConnection answerer)
    {
        await offerer.SetLocalDescriptionAsync();
        await GatheredAsync(offerer);
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        await answerer.SetLocalDescriptionAsync();
        await GatheredAsync(answerer);
        await offerer.SetRemoteDescriptionAsync(answerer.LocalDescription!);
    }

    private static async Task GatheredAsync(RTCPeerConnection connection)
    {
        while (connection.IceGatheringState != RTCIceGatheringState.Complete) await Task.Yield();
    }

    [Test]
    public void Answer_OfAnotherEndpoint_IsTalkedToOverANewAssociation()
    {
        using PeerSimulation simulation = new(1);
        LocalMediaStreamTrack audio = new(MediaKind.Audio);
        simulation.Left.AddTrack(audio);
        simulation.Connect();
        RTCDtlsTransport first = simulation.Left.GetSenders()[0].Transport!;
        RTCPeerConnection moved = Another(simulation);
        int received = 0;
        moved.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => received++;
        simulation.Left.RestartIce();
        RunTo(simulation, NegotiateAsync(simulation.Left, moved));
        simulation.RunUntil(() => moved.ConnectionState == RTCPeerConnectionState.Connected && simulation.Left.ConnectionState == RTCPeerConnectionState.Connected, s_minute);
        for (ushort i = 0; i < 10; i++) audio.WriteRtp(new RtpPacketFields(111, i, 960u * i, false), [1]);
        simulation.RunUntil(() => received == 10, s_minute);
        RTCDtlsTransport second = simulation.Left.GetSenders()[0].Transport!;
        Assert.Multiple(() =>
        {
            Assert.That(second, Is.Not.SameAs(first));
            Assert.That((first.State, second.State), Is.EqualTo((RTCDtlsTransportState.Closed, RTCDtlsTransportState.Connected)));
            Assert.That(second.GetRemoteCertificates()[0].ToArray(), Is.Not.EqualTo(first.GetRemoteCertificates()[0].ToArray()));
        });
        moved.Dispose();
    }

    [Test]
    public void Offer_OfAnotherEndpoint_IsAnsweredWithANewTlsId()                   // §5.3
    {
        using PeerSimulation simulation = new(2);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, s_minute);
        string before = TlsId(simulation.Right.CurrentLocalDescription!);
        RTCPeerConnection moved = Another(simulation);
        RTCDataChannel other = moved.CreateDataChannel("y");
        RunTo(simulation, NegotiateAsync(moved, simulation.Right));
        simulation.RunUntil(() => moved.ConnectionState == RTCPeerConnectionState.Connected && simulation.Right.ConnectionState == RTCPeerConnectionState.Connected, s_minute);
        Assert.That(TlsId(simulation.Right.CurrentLocalDescription!), Is.Not.EqualTo(before));
        Assert.That(simulation.Right.Sctp!.Transport.State, Is.EqualTo(RTCDtlsTransportState.Connected));
        Assert.That(other.ReadyState, Is.Not.EqualTo(RTCDataChannelState.Closed));
        moved.Dispose();
    }

    [Test]
    public void Renegotiation_WithTheSameCertificate_KeepsAssociationAndTlsIds()
    {
        using PeerSimulation simulation = new(3);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        RTCDtlsTransport first = simulation.Left.Sctp!.Transport;
        string left = TlsId(simulation.Left.CurrentLocalDescription!), right = TlsId(simulation.Right.CurrentLocalDescription!);
        simulation.Left.RestartIce();
        RunTo(simulation, simulation.NegotiateAsync(leftOffers: false));
        RunTo(simulation, simulation.NegotiateAsync());
        Assert.That(simulation.Left.Sctp!.Transport, Is.SameAs(first));
        Assert.That((TlsId(simulation.Left.CurrentLocalDescription!), TlsId(simulation.Right.CurrentLocalDescription!)), Is.EqualTo((left, right)));
        Assert.That(first.State, Is.EqualTo(RTCDtlsTransportState.Connected));
    }

    [Test]
    public void Answer_ToAnOfferWithoutTlsId_HasNone()                             // §5.3
    {
        using PeerSimulation simulation = new(4);
        simulation.Left.CreateDataChannel("x");
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        RTCSessionDescription offer = simulation.Left.LocalDescription!;
        string id = TlsId(offer);
        RunTo(simulation, simulation.Right.SetRemoteDescriptionAsync(offer with { Sdp = offer.Sdp.Replace($"a=tls-id:{id}\r\n", "", StringComparison.Ordinal) }));
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        Assert.That(simulation.Right.LocalDescription!.Sdp, Does.Not.Contain("a=tls-id"));
    }

    private static string TlsId(RTCSessionDescription description)
    {
        string id = description.Sdp.Split("a=tls-id:")[1];
        return id[..id.IndexOf('\r', StringComparison.Ordinal)];
    }
}
