using System.Diagnostics.Metrics;
using WebRtcStack.Core;
using WebRtcStack.Sdp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>What arrives from signalling and from the network can be anything: it is refused or dropped, and the connection goes on.</summary>
public sealed class BadInputTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static string Corpus => Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "sdp");

    private static Exception? Apply(PeerSimulation simulation, RTCPeerConnection connection, RTCSdpType type, string sdp)
    {
        Task applied = connection.SetRemoteDescriptionAsync(new RTCSessionDescription(type, sdp));
        simulation.Time.RunUntil(() => applied.IsCompleted, s_minute);
        Assert.That(applied.IsCompleted, "a Task that never ends");
        return applied.Exception?.InnerException;
    }

    private static string Offer(PeerSimulation simulation)
    {
        simulation.Left.CreateDataChannel("x");
        simulation.Left.AddTransceiver(MediaKind.Audio);
        Task<RTCSessionDescription> offer = simulation.Left.CreateOfferAsync();
        simulation.Time.RunUntil(() => offer.IsCompleted, s_minute);
        return offer.Result.Sdp;
    }

    [TestCase("v=0\r\nnonsense", 2)]
    [TestCase("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio nine UDP/TLS/RTP/SAVPF 111\r\n", 5)]
    [TestCase("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=fingerprint:sha-256 xyz\r\n", 8)]
    [TestCase("", 1)]
    public void SetRemoteDescription_OnMalformedText_NamesTheLineAndChangesNothing(string sdp, int line)
    {
        using PeerSimulation simulation = new(1);
        Exception? error = Apply(simulation, simulation.Left, RTCSdpType.Offer, sdp);
        Assert.That(error, Is.InstanceOf<RTCError>());
        Assert.Multiple(() =>
        {
            Assert.That(((RTCError)error!).ErrorDetail, Is.EqualTo(RTCErrorDetailType.SdpSyntaxError));
            Assert.That(((RTCError)error).SdpLineNumber, Is.EqualTo(line));
            Assert.That(error.Message, Does.Contain($"line {line}"));
            Assert.That(simulation.Left.SignalingState, Is.EqualTo(RTCSignalingState.Stable));
            Assert.That(simulation.Left.RemoteDescription, Is.Null);
        });
    }

    [TestCase("a=ice-ufrag:")]
    [TestCase("a=fingerprint:")]
    [TestCase("a=rtcp-mux")]
    [TestCase("a=mid:")]
    public void SetRemoteDescription_WithoutWhatItNeeds_IsRefusedWithTheLine(string missing)
    {
        using PeerSimulation simulation = new(2);
        string offer = string.Join("\r\n", Offer(simulation).Split("\r\n").Where(line => !line.StartsWith(missing, StringComparison.Ordinal)));
        Exception? error = Apply(simulation, simulation.Right, RTCSdpType.Offer, offer);
        Assert.That(error, Is.InstanceOf<DOMException>());
        Assert.That(((DOMException)error!).Name, Is.EqualTo("InvalidAccessError"));
        Assert.That(error.Message, Does.Match("line [0-9]+"));
        Assert.That(simulation.Right.SignalingState, Is.EqualTo(RTCSignalingState.Stable));
    }

    [Test]
    public void SetRemoteDescription_WithUnknownAttributes_PassesThem()
    {
        using PeerSimulation simulation = new(3);
        string offer = Offer(simulation).Replace("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=x-nobody-knows:this\r\na=nor-this\r\n", StringComparison.Ordinal);
        Assert.That(Apply(simulation, simulation.Right, RTCSdpType.Offer, offer), Is.Null);
        Assert.That(simulation.Right.RemoteDescription!.Sdp, Is.EqualTo(offer));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void SetRemoteDescription_OnMutatedOffers_EndsInADocumentedError(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        string[] files = [.. Sdp.SdpCorpusTests.Files().Where(file => file.Contains("offer", StringComparison.Ordinal))];
        char[] text = File.ReadAllText(Path.Combine(Corpus, files[random.Next(files.Length)])).ToCharArray();
        for (int i = random.Next(4); i >= 0; i--) text[random.Next(text.Length)] = (char)(32 + random.Next(95));
        using PeerSimulation simulation = new(seed);
        Exception? error = Apply(simulation, simulation.Right, RTCSdpType.Offer, new string(text));
        Assert.That(error, Is.Null.Or.InstanceOf<DOMException>(), $"{error}");
        if (error is not null)
        {
            Assert.That(error.Message, Does.Match("line [0-9]+"));
            Assert.That(simulation.Right.SignalingState, Is.EqualTo(RTCSignalingState.Stable));
            return;
        }
        Task answered = simulation.Right.SetLocalDescriptionAsync();
        simulation.Time.RunUntil(() => answered.IsCompleted, s_minute);
        Assert.That(answered.Exception?.InnerException, Is.Null.Or.InstanceOf<DOMException>());
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(simulation.RightLoop.Faults, Is.Empty);
    }

    [Test, NonParallelizable]                                                    // the meter is that of the process
    public void RandomDatagrams_ToAnOpenSocket_AreDroppedAndHarmNothing()
    {
        Dictionary<string, long> dropped = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "webrtcstack.datagrams.dropped") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            string key = $"{tags[0].Value} {tags[1].Value}";
            lock (dropped) dropped[key] = dropped.GetValueOrDefault(key) + value;
        });
        listener.Start();
        using PeerSimulation simulation = new(4);
        List<string> received = [];
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, message) => received.Add(message.Text);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, s_minute);
        RTCIceCandidatePair pair = simulation.Right.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!;
        SimulatedHost stranger = new(simulation.Time, "stranger");
        stranger.AddInterface(simulation.Internet, "192.0.2.99", new PathOptions());
        TransportAddress.TryParse(pair.Local.Address, pair.Local.Port!.Value, out TransportAddress target);
        TransportAddress.TryParse("192.0.2.99", 0, out TransportAddress own);
        Assert.That(stranger.TryBind(own, (_, _) => { }, out TransportAddress bound));
        TransportAddress.TryParse(pair.Remote.Address, pair.Remote.Port!.Value, out TransportAddress spoofed);
        for (int i = 0; i < 5000; i++)
        {
            byte[] datagram = new byte[simulation.Time.Random.Next(1300)];
            simulation.Time.Random.Fill(datagram);
            if (datagram.Length > 0 && i % 3 == 0) datagram[0] = (byte)(20 + i % 44);       // looks like DTLS
            if (datagram.Length > 0 && i % 3 == 1) datagram[0] = (byte)(128 + i % 64);      // looks like RTP
            if (i % 2 == 0) stranger.Send(bound, target, datagram);
            else simulation.Internet.Route(spoofed, target, datagram);                      // from the address of the peer itself
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(1));
        }
        channel.Send("still here");
        simulation.RunUntil(() => received.Contains("still here"), s_minute);
        Assert.That(simulation.BothConnected);
        simulation.Right.Close();
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        lock (dropped)
        {
            Assert.That(dropped.GetValueOrDefault("ice UnknownPath"), Is.GreaterThanOrEqualTo(2400), "the stranger's");
            Assert.That(dropped.Where(pair => pair.Key.StartsWith("dtls", StringComparison.Ordinal)).Sum(pair => pair.Value), Is.GreaterThan(500), "spoofed ones that look like DTLS");
            Assert.That(dropped.GetValueOrDefault("transport NoLayer"), Is.GreaterThan(300), "spoofed ones that look like nothing, or like media without keys");
        }
    }

    [TestCase("candidate:1 1 udp 1 999.1.1.1 5 typ host")]
    [TestCase("candidate:1 1 udp x 192.0.2.1 5 typ host")]
    [TestCase("candidate:nonsense")]
    public void AddIceCandidate_OnAMalformedCandidate_IsAnOperationError(string candidate)
    {
        using PeerSimulation simulation = new(5);
        Assert.That(Apply(simulation, simulation.Right, RTCSdpType.Offer, Offer(simulation)), Is.Null);
        Task added = simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = candidate, SdpMLineIndex = 0 });
        simulation.Time.RunUntil(() => added.IsCompleted, s_minute);
        Assert.That((added.Exception?.InnerException as DOMException)?.Name, Is.EqualTo("OperationError"));
    }

    [Test]
    public void Candidates_BeyondTheLimit_AreNotKept()
    {
        using PeerSimulation simulation = new(6);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        for (int i = 0; i < 2000; i++)
            simulation.Left.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = $"candidate:{i} 1 udp {i + 1} 198.51.100.{i % 256} {1024 + i} typ host", SdpMid = "0" });
        simulation.Time.RunFor(TimeSpan.FromSeconds(5));
        Assert.That(simulation.LeftLoop.Faults, Is.Empty);
        Assert.That(simulation.BothConnected);
    }
}
