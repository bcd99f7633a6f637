using System.Text.Json;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.PeerConnection;

namespace WebRtcStack.Tests.Interop;

/// <summary>Both versions of DTLS between browsers and us, in both roles, with and without the post-quantum group.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserDtlsTests(string peer) : PeerTests(peer)
{
    [TestCase(DtlsVersionPolicy.Only12, DtlsPostQuantumPolicy.Off, DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "FEFD")]
    [TestCase(DtlsVersionPolicy.Only13, DtlsPostQuantumPolicy.Off, DtlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, "FEFC")]
    [TestCase(DtlsVersionPolicy.Only13, DtlsPostQuantumPolicy.Off, DtlsCipherSuite.TLS_AES_256_GCM_SHA384, "FEFC")]
    [TestCase(DtlsVersionPolicy.Prefer13, DtlsPostQuantumPolicy.Require, DtlsCipherSuite.TLS_AES_128_GCM_SHA256, "FEFC")]
    [CancelAfter(20_000)]
    public async Task Connection_WithThisPolicy_IsAsNegotiated(
        DtlsVersionPolicy versions, DtlsPostQuantumPolicy postQuantum, DtlsCipherSuite suite, string version, CancellationToken timeout)
    {
        foreach (bool weOffer in (bool[])[true, false])
        {
            await using PeerCall call = await PeerCall.StartAsync(Host, Host.Options with
            {
                ConfigureDtls = dtls => dtls with { Versions = versions, PostQuantum = postQuantum, CipherSuites = [suite] },
            });
            RTCDataChannel channel = call.Connection.CreateDataChannel("ours");
            if (weOffer) await call.OfferAsync();
            else
            {
                await call.Peer.EvaluateAsync("open('theirs')");
                await call.AnswerAsync();
            }
            if (PeerName == PeerHost.Firefox && suite == DtlsCipherSuite.TLS_AES_256_GCM_SHA384)
            {
                await call.Connection.ReachesAsync(RTCPeerConnectionState.Failed, timeout);      // Firefox does not have this one: nothing in common
                continue;
            }
            await channel.OpensAsync(timeout);
            await call.ConnectedAsync(timeout);
            JsonElement transport = await call.StatAsync("transport");
            RTCTransportStats ours = (await call.Connection.GetStatsAsync()).OfType<RTCTransportStats>().Single();
            Assert.Multiple(() =>
            {
                Assert.That(ours.DtlsGroup, Is.EqualTo(postQuantum == DtlsPostQuantumPolicy.Require ? "X25519MLKEM768" : "x25519"));
                Assert.That(transport.GetProperty("tlsVersion").GetString(), Is.EqualTo(version));
                Assert.That(transport.GetProperty("dtlsCipher").GetString(), Is.EqualTo(suite.ToString()));
                Assert.That(transport.GetProperty("dtlsRole").GetString(), Is.EqualTo(weOffer ? "client" : "server"));
            });
        }
    }
}
