using System.Text.Json;
using WebRtcStack.Ice;
using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §4.4.2 (addIceCandidate), §4.8.1 (RTCIceCandidate), §5.6 (surfacing candidates).</summary>
public sealed class CandidateSteps
{
    private const string Host = "candidate:1 1 udp 2130706431 192.0.2.9 5000 typ host";

    [Test]
    public void Constructor_Step1_WithoutSection_ThrowsTypeError() =>
        Assert.That(() => new RTCIceCandidate(new RTCIceCandidateInit { Candidate = Host }), Throws.ArgumentException);

    [Test]
    public void CreateCandidate_Step4_ReadsEveryField()
    {
        RTCIceCandidate candidate = new(new RTCLocalIceCandidateInit
        {
            Candidate = "candidate:842163049 2 tcp 1518280447 198.51.100.7 9 typ relay raddr 10.0.0.1 rport 4444 tcptype active ufrag F7gI",
            SdpMid = "0", SdpMLineIndex = 3, RelayProtocol = RTCIceServerTransportProtocol.Tls, Url = "turns:example.org",
        });
        Assert.Multiple(() =>
        {
            Assert.That((candidate.Foundation, candidate.Component, candidate.Priority, candidate.Address, candidate.Protocol, candidate.Port),
                Is.EqualTo(("842163049", RTCIceComponent.Rtcp, 1518280447u, "198.51.100.7", RTCIceProtocol.Tcp, (ushort)9)));
            Assert.That((candidate.Type, candidate.TcpType, candidate.RelatedAddress, candidate.RelatedPort, candidate.UsernameFragment),
                Is.EqualTo((RTCIceCandidateType.Relay, RTCIceTcpCandidateType.Active, "10.0.0.1", (ushort)4444, "F7gI")));
            Assert.That((candidate.SdpMid, candidate.SdpMLineIndex, candidate.RelayProtocol, candidate.Url),
                Is.EqualTo(("0", (ushort)3, RTCIceServerTransportProtocol.Tls, "turns:example.org")));
        });
    }

    [Test]
    public void CreateCandidate_Step4_2_WhatCannotBeParsed_IsKeptAsItIs()
    {
        RTCIceCandidate candidate = new(new RTCIceCandidateInit { Candidate = "candidate:nonsense", SdpMid = "a" });
        Assert.That((candidate.Candidate, candidate.Foundation, candidate.Type, candidate.Port), Is.EqualTo(("candidate:nonsense", (string?)null, (RTCIceCandidateType?)null, (ushort?)null)));
    }

    [Test]
    public void ToJson_HasTheFourMembersOfSignalling()                                          // §4.8.1.3
    {
        RTCIceCandidate candidate = new(new RTCIceCandidateInit { Candidate = Host, SdpMid = "0", SdpMLineIndex = 0, UsernameFragment = "abcd" });
        string json = JsonSerializer.Serialize(candidate.ToJson());
        Assert.That(json, Is.EqualTo($$"""{"candidate":"{{Host}}","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"abcd"}"""));
        Assert.That(JsonSerializer.Serialize(candidate), Is.EqualTo(json));
    }

    [Test]
    public void AddIceCandidate_Step3_NeitherMidNorIndex_IsRejectedWithTypeError()
    {
        using PeerSimulation simulation = new(1);
        simulation.Run(async () =>
            Assert.That(await ReasonAsync(simulation.Left.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host })), Is.TypeOf<ArgumentException>()));
    }

    [Test]
    public void AddIceCandidate_Step4_1_WithoutRemoteDescription_IsRejectedWithInvalidStateError()
    {
        using PeerSimulation simulation = new(2);
        simulation.Run(async () =>
        {
            await RejectsAsync("InvalidStateError", simulation.Left.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host, SdpMid = "0" }));
            await RejectsAsync("InvalidStateError", simulation.Left.AddIceCandidateAsync((RTCIceCandidateInit?)null));
        });
    }

    [Test]
    public void AddIceCandidate_Steps4_2To4_7_WhatFitsNoSection_IsRejectedWithOperationError()
    {
        using PeerSimulation simulation = new(3);
        WithOffer(simulation, async () =>
        {
            string before = simulation.Right.RemoteDescription!.Sdp;
            foreach (RTCIceCandidateInit wrong in new RTCIceCandidateInit[]
            {
                new() { Candidate = Host, SdpMid = "nine" },                                     // step 4.2
                new() { Candidate = Host, SdpMLineIndex = 9 },                                   // step 4.3
                new() { Candidate = Host, SdpMid = "0", UsernameFragment = "gone" },             // step 4.5
                new() { Candidate = "", SdpMid = "0", UsernameFragment = "gone" },
                new() { Candidate = "", UsernameFragment = "gone" },
                new() { Candidate = "candidate:nonsense", SdpMid = "0" },                        // step 4.7.1
            })
                await RejectsAsync("OperationError", simulation.Right.AddIceCandidateAsync(wrong));
            Assert.That(simulation.Right.RemoteDescription!.Sdp, Is.EqualTo(before));
        });
    }

    [Test]
    public void AddIceCandidate_Step4_4_OfARejectedSection_IsFulfilledAndIgnored()
    {
        using PeerSimulation simulation = new(4);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        WithOffer(simulation, async () =>
        {
            await simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host, SdpMLineIndex = 0, SdpMid = "0" });
            Assert.That(simulation.Right.RemoteDescription!.Sdp, Does.Not.Contain("192.0.2.9"));
        }, offer => offer with { Sdp = offer.Sdp.Replace("m=audio 9 ", "m=audio 0 ", StringComparison.Ordinal) });
    }

    [Test]
    public void AddIceCandidate_Step4_7_2_AddsToTheDescriptionAndToTheTransport()
    {
        using PeerSimulation simulation = new(5);
        WithOffer(simulation, async () =>
        {
            await simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host, SdpMid = "0" });
            await simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { SdpMid = "0" });
            Assert.That(simulation.Right.PendingRemoteDescription!.Sdp, Does.Contain("a=" + Host).And.Contain("a=end-of-candidates"));
            await simulation.Right.SetLocalDescriptionAsync();
            Assert.That(simulation.Right.CurrentRemoteDescription!.Sdp, Does.Contain("a=" + Host));
            Assert.That(simulation.Right.Sctp!.Transport.IceTransport.GetRemoteCandidates().Select(each => each.Address), Does.Contain("192.0.2.9"));
        });
    }

    [Test]
    public void AddIceCandidate_Null_IsTheEndOfAllSections()                                     // step 4.7
    {
        using PeerSimulation simulation = new(6);
        WithOffer(simulation, async () =>
        {
            await simulation.Right.AddIceCandidateAsync((RTCIceCandidateInit?)null);
            Assert.That(simulation.Right.RemoteDescription!.Sdp, Does.Contain("a=end-of-candidates"));
        });
    }

    [Test]
    public void AddIceCandidate_OfAnOfferedRestart_GoesIntoThatGenerationAlone()                 // steps 4.7.2.2, 4.7.2.3
    {
        using PeerSimulation simulation = new(7);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.Settle();
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync(new RTCOfferOptions { IceRestart = true });
            await simulation.Right.SetRemoteDescriptionAsync(offer);
            string fragment = offer.Sdp.Split("a=ice-ufrag:")[1].Split('\r')[0], old = simulation.Right.CurrentRemoteDescription!.Sdp.Split("a=ice-ufrag:")[1].Split('\r')[0];
            Assert.That(fragment, Is.Not.EqualTo(old));
            await simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host, SdpMid = "0", UsernameFragment = fragment });
            await simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host.Replace("192.0.2.9", "192.0.2.8", StringComparison.Ordinal), SdpMid = "0", UsernameFragment = old });
            Assert.That(simulation.Right.PendingRemoteDescription!.Sdp, Does.Contain("192.0.2.9").And.Not.Contain("192.0.2.8"));
            Assert.That(simulation.Right.CurrentRemoteDescription!.Sdp, Does.Contain("192.0.2.8").And.Not.Contain("192.0.2.9"));
        });
    }

    [Test]
    public void AddIceCandidate_OfANameUnderThePolicyRelay_IsProhibited()
    {
        using PeerSimulation simulation = new(8, configuration: new RTCConfiguration { IceTransportPolicy = RTCIceTransportPolicy.Relay });
        WithOffer(simulation, async () =>
        {
            await simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host.Replace("192.0.2.9", "host.example", StringComparison.Ordinal), SdpMid = "0" });
            Assert.That(simulation.Right.RemoteDescription!.Sdp, Does.Not.Contain("host.example"));
        });
    }

    [Test]
    public void AddIceCandidate_BeyondTheLimit_IsRejectedWithOperationError()
    {
        using PeerSimulation simulation = new(9, options: new WebRtcOptions { Ice = new IceAgentOptions { MaxCandidates = 4 } });
        WithOffer(simulation, async () =>
        {
            for (int i = 1; i <= 4; i++) await simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = $"candidate:{i} 1 udp {i} 192.0.2.{i + 20} 5000 typ host", SdpMid = "0" });
            await RejectsAsync("OperationError", simulation.Right.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = Host, SdpMid = "0" }));
        });
    }

    [Test]
    public void CanTrickleIceCandidates_IsWhatTheRemoteDescriptionSays()                        // §4.4.2.1
    {
        foreach (bool trickles in new[] { true, false })
        {
            using PeerSimulation simulation = new(10);
            Assert.That(simulation.Right.CanTrickleIceCandidates, Is.Null);
            WithOffer(simulation, () =>
            {
                Assert.That(simulation.Right.CanTrickleIceCandidates, Is.EqualTo(trickles));
                return Task.CompletedTask;
            }, offer => trickles ? offer : offer with { Sdp = offer.Sdp.Replace("a=ice-options:trickle\r\n", "", StringComparison.Ordinal).Replace("a=ice-options:trickle ice2\r\n", "", StringComparison.Ordinal) });
        }
    }

    [Test]
    public void Gathering_FiresCandidatesThenTheirEndThenTheStatesThenNull()                   // §5.6
    {
        using PeerSimulation simulation = new(11);
        List<string> log = Record(simulation.Left);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(simulation.Left.SetLocalDescriptionAsync());
        RTCIceTransport transport = simulation.Left.Sctp!.Transport.IceTransport;
        transport.OnGatheringStateChange += (_, _) => log.Add($"gatheringstatechange {transport.GatheringState.ToW3CString()}");
        simulation.Settle();
        log.RemoveAll(line => line is "negotiationneeded" or "signalingstatechange have-local-offer");
        List<string> distinct = [.. log.Where((line, i) => i == 0 || log[i - 1] != line)];
        Assert.That(distinct, Is.EqualTo(new[]
        {
            "gatheringstatechange gathering", "icegatheringstatechange gathering", "icecandidate", "icecandidate end", "gatheringstatechange complete",
            "icegatheringstatechange complete", "icecandidate null",
        }));
        Assert.That(simulation.Left.LocalDescription!.Sdp, Does.Contain("a=candidate:").And.Contain("a=end-of-candidates"));
    }

    [Test]
    public void IceEvents_HaveWhatTheyWereMadeWith()                                            // §4.8.2, §4.8.3
    {
        RTCIceCandidate candidate = new(new RTCIceCandidateInit { Candidate = Host, SdpMid = "0" });
        RTCPeerConnectionIceEvent found = new(candidate, "stun:example.org");
        RTCPeerConnectionIceErrorEvent failed = new() { Address = "192.0.2.1", Port = 1, Url = "stun:example.org", ErrorCode = 701, ErrorText = "unreachable" };
        Assert.That((found.Candidate, found.Url), Is.EqualTo((candidate, "stun:example.org")));
        Assert.That((failed.Address, failed.Port, failed.Url, failed.ErrorCode, failed.ErrorText), Is.EqualTo(("192.0.2.1", (ushort?)1, "stun:example.org", 701, "unreachable")));
    }

    // The right side has an offer with a data section, and perhaps others before it.
    private static void WithOffer(PeerSimulation simulation, Func<Task> test, Func<RTCSessionDescription, RTCSessionDescription>? edit = null)
    {
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync();
            await simulation.Right.SetRemoteDescriptionAsync(edit?.Invoke(offer) ?? offer);
            await test();
        });
    }
}
