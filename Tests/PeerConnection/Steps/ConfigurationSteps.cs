using System.Text.Json;
using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §4.4.1.1 (constructor), §4.4.1.5 (set the configuration), §4.9 (certificates).</summary>
public sealed class ConfigurationSteps
{
    private static readonly AlgorithmIdentifier s_rsa = new() { Name = "RSASSA-PKCS1-v1_5", ModulusLength = 2048, PublicExponent = [1, 0, 1], Hash = "SHA-256" };

    [Test]
    public async Task Constructor_Step5_1_AnExpiredCertificate_ThrowsInvalidAccessError()
    {
        RTCCertificate expired = await RTCPeerConnection.GenerateCertificateAsync(new AlgorithmIdentifier { Name = "ECDSA", NamedCurve = "P-256", Expires = 0 });
        Refuses("InvalidAccessError", () => _ = new RTCPeerConnection(new RTCConfiguration { Certificates = [expired] }));
    }

    [Test]
    public void Constructor_Steps19To26_GiveTheInitialStates()
    {
        using RTCPeerConnection connection = new();
        Assert.That((connection.SignalingState, connection.IceConnectionState, connection.IceGatheringState, connection.ConnectionState),
            Is.EqualTo((RTCSignalingState.Stable, RTCIceConnectionState.New, RTCIceGatheringState.New, RTCPeerConnectionState.New)));
        Assert.That(new object?[]
        {
            connection.PendingLocalDescription, connection.CurrentLocalDescription, connection.PendingRemoteDescription, connection.CurrentRemoteDescription,
            connection.CanTrickleIceCandidates, connection.Sctp,
        }, Is.All.Null);
    }

    [TestCase("http://example.org"), TestCase("stun:"), TestCase("stun:a/b"), TestCase("stun:user@example.org"), TestCase("stun:example.org?transport=udp")]
    [TestCase("turn:example.org?transport=sctp"), TestCase("stun:example.org#x"), TestCase("")]
    public void ValidateIceServer_Steps2To6_AUrlThatIsNone_ThrowsSyntaxError(string url) =>
        Refuses("SyntaxError", () => _ = new RTCPeerConnection(With(new RTCIceServer { Urls = [url], Username = "u", Credential = "p" })));

    [Test]
    public void SetConfiguration_Step6_3_NoUrls_ThrowsSyntaxError() => Refuses("SyntaxError", () => _ = new RTCPeerConnection(With(new RTCIceServer())));

    [TestCase(null, "p"), TestCase("u", null), TestCase("", "p"), TestCase("a\u0007", "p")]
    public void ValidateIceServer_Step7_TurnWithoutCredentials_ThrowsInvalidAccessError(string? user, string? credential) =>
        Refuses("InvalidAccessError", () => _ = new RTCPeerConnection(With(new RTCIceServer { Urls = ["turn:example.org"], Username = user, Credential = credential })));

    [Test]
    public void ValidateIceServer_Step7_AUsernameOf509Bytes_ThrowsInvalidAccessError() => Refuses("InvalidAccessError", () =>
        _ = new RTCPeerConnection(With(new RTCIceServer { Urls = ["turn:example.org"], Username = new string('u', 509), Credential = "p" })));

    [Test]
    public async Task SetConfiguration_Step3_WhatMayNotChange_ThrowsInvalidModificationErrorAndChangesNothing()
    {
        RTCCertificate[] certificates = [await RTCPeerConnection.GenerateCertificateAsync(), await RTCPeerConnection.GenerateCertificateAsync()];
        using PeerSimulation simulation = new(1, configuration: new RTCConfiguration { Certificates = [certificates[0]] });
        RTCPeerConnection connection = simulation.Left;
        RTCConfiguration current = connection.GetConfiguration();
        Assert.Multiple(() =>
        {
            Refuses("InvalidModificationError", () => connection.SetConfiguration(current with { Certificates = [] }));
            Refuses("InvalidModificationError", () => connection.SetConfiguration(current with { Certificates = [certificates[1]] }));
            Refuses("InvalidModificationError", () => connection.SetConfiguration(current with { BundlePolicy = RTCBundlePolicy.MaxBundle }));
            Refuses("InvalidModificationError", () => connection.SetConfiguration(current with { RtcpMuxPolicy = RTCRtcpMuxPolicy.Negotiate }));
            Assert.That(connection.GetConfiguration(), Is.SameAs(current));
            connection.SetConfiguration(current with { IceCandidatePoolSize = 1 });
        });
        simulation.Run(connection.SetLocalDescriptionAsync());
        Refuses("InvalidModificationError", () => connection.SetConfiguration(connection.GetConfiguration() with { IceCandidatePoolSize = 2 }));
    }

    [Test]
    public void SetConfiguration_Step10_StoresWhatGetConfigurationReturns()
    {
        using RTCPeerConnection connection = new();
        RTCConfiguration changed = With(new RTCIceServer { Urls = ["stun:192.0.2.1"] }) with { IceTransportPolicy = RTCIceTransportPolicy.Relay };
        connection.SetConfiguration(changed);
        Assert.That(connection.GetConfiguration(), Is.EqualTo(changed));
        connection.Close();
        Refuses("InvalidStateError", () => connection.SetConfiguration(changed));
        Assert.That(connection.GetConfiguration(), Is.EqualTo(changed));
    }

    [Test]
    public void Configuration_FromABrowsersJson_IsRead()                    // WebIDL: urls is one string or a sequence of them
    {
        RTCConfiguration read = JsonSerializer.Deserialize<RTCConfiguration>("""
            {"iceServers":[{"urls":"stun:a.example"},{"urls":["turn:b.example","turns:b.example"],"username":"u","credential":"p"}],
             "iceTransportPolicy":"relay","bundlePolicy":"max-bundle","rtcpMuxPolicy":"require","iceCandidatePoolSize":3,"alwaysNegotiateDataChannels":true}
            """)!;
        Assert.Multiple(() =>
        {
            Assert.That(read.IceServers.SelectMany(server => server.Urls), Is.EqualTo(new[] { "stun:a.example", "turn:b.example", "turns:b.example" }));
            Assert.That((read.IceTransportPolicy, read.BundlePolicy, read.RtcpMuxPolicy, read.IceCandidatePoolSize, read.AlwaysNegotiateDataChannels),
                Is.EqualTo((RTCIceTransportPolicy.Relay, RTCBundlePolicy.MaxBundle, RTCRtcpMuxPolicy.Require, 3, true)));
        });
    }

    [Test]
    public void CreateOffer_WithAlwaysNegotiateDataChannels_HasTheDataSectionFirst()        // webrtc-extensions §15.3
    {
        using PeerSimulation simulation = new(2, configuration: new RTCConfiguration { AlwaysNegotiateDataChannels = true });
        bool needed = false;
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Run(simulation.NegotiateAsync());
        string[] sections = [.. simulation.Left.CurrentLocalDescription!.Sdp.Split("\r\n").Where(line => line.StartsWith("m=", StringComparison.Ordinal)).Select(line => line[2..7])];
        Assert.That(sections, Is.EqualTo(new[] { "appli", "audio" }));
        simulation.RunUntil(() => simulation.BothConnected, TimeSpan.FromSeconds(30));
        simulation.Left.OnNegotiationNeeded += (_, _) => needed = true;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("later");
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(10));
        Assert.That(needed, Is.False, "webrtc-extensions §15.2: there is an SCTP transport already");
    }

    [Test]
    public async Task GenerateCertificate_Step3_ExpiresAsAskedAtMost365DaysAndIn30ByDefault()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        AlgorithmIdentifier ecdsa = new() { Name = "ecdsa", NamedCurve = "P-256" };
        RTCCertificate usual = await RTCPeerConnection.GenerateCertificateAsync(ecdsa), day = await RTCPeerConnection.GenerateCertificateAsync(ecdsa with { Expires = 86_400_000 }),
            longest = await RTCPeerConnection.GenerateCertificateAsync(ecdsa with { Expires = ulong.MaxValue });
        Assert.That(new[] { usual, day, longest }.Select(each => Math.Round((each.Expires - now.ToUnixTimeMilliseconds()) / 86_400_000.0, 2)), Is.EqualTo(new[] { 30.0, 1, 365 }));
    }

    [Test]
    public async Task GenerateCertificate_Step5_AMissingParameter_IsRejectedWithTypeError()
    {
        foreach (AlgorithmIdentifier algorithm in new[] { new AlgorithmIdentifier { Name = "ECDSA" }, s_rsa with { ModulusLength = null }, s_rsa with { PublicExponent = null }, s_rsa with { Hash = null } })
            Assert.That(await ReasonAsync(RTCPeerConnection.GenerateCertificateAsync(algorithm)), Is.TypeOf<ArgumentException>(), algorithm.ToString());
        Assert.That(await ReasonAsync(RTCPeerConnection.GenerateCertificateAsync("ECDSA")), Is.TypeOf<ArgumentException>());
    }

    [Test]
    public async Task GenerateCertificate_Step6_AnAlgorithmThatIsNotUsed_IsRejectedWithNotSupportedError()
    {
        foreach (AlgorithmIdentifier algorithm in new[]
        {
            new AlgorithmIdentifier { Name = "ECDSA", NamedCurve = "P-521" }, s_rsa with { ModulusLength = 1024 }, s_rsa with { PublicExponent = [3] }, s_rsa with { Hash = "SHA-1" },
        })
            await RejectsAsync("NotSupportedError", RTCPeerConnection.GenerateCertificateAsync(algorithm));
        await RejectsAsync("NotSupportedError", RTCPeerConnection.GenerateCertificateAsync("AES-GCM"));
    }

    [Test]
    public async Task Certificate_OfEachAlgorithm_IsOfferedAndCanBeKept()                      // §4.9.3.2
    {
        foreach (RTCCertificate certificate in new[] { await RTCPeerConnection.GenerateCertificateAsync(s_rsa), await RTCPeerConnection.GenerateCertificateAsync("Ed25519") })
        {
            RTCDtlsFingerprint fingerprint = certificate.GetFingerprints().Single();
            RTCCertificate kept = RTCCertificate.ImportPem(certificate.ExportPem());
            Assert.That(kept.GetFingerprints().Single(), Is.EqualTo(fingerprint));
            using RTCPeerConnection connection = new(new RTCConfiguration { Certificates = [kept] });
            connection.CreateDataChannel("x");
            Assert.That((await connection.CreateOfferAsync()).Sdp.ToLowerInvariant(), Does.Contain($"a=fingerprint:{fingerprint.Algorithm} {fingerprint.Value}"));
        }
    }

    private static RTCConfiguration With(RTCIceServer server) => new() { IceServers = [server] };
}
