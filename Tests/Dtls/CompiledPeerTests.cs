using System.Net;
using System.Net.Sockets;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Interop;

namespace WebRtcStack.Tests.Dtls;

/// <summary>mbedTLS, wolfSSL and Pion over loopback, on both sides of the handshake, through small programs of our own.</summary>
[Category("Interop")]
public sealed class CompiledPeerTests
{
    private static readonly Lazy<Task<string>> s_mbedTls = new(() => CProgram.BuildAsync(
        "mbedtls", "mbedtls/ssl.h", "libmbedtls-dev", "-lmbedtls", "-lmbedx509", "-lmbedcrypto"));
    private static readonly Lazy<Task<string>> s_wolfSsl = new(() => CProgram.BuildAsync("wolfssl", "wolfssl/ssl.h", "libwolfssl-dev", "-lwolfssl"));
    private static readonly Lazy<Task<string>> s_pion = new(BuildPionAsync);

    // mbedTLS has no way to say which of its suites a client of ours gets but their order; it has no ChaCha20 for us to refuse.
    [TestCase(DtlsRole.Client, "ecdsa", 1200, "1 1")]
    [TestCase(DtlsRole.Client, "ecdsa", 1200, "0 1")]
    [TestCase(DtlsRole.Client, "rsa", 400, "1 1")]
    [TestCase(DtlsRole.Client, "ecdsa", 1200, "1 0")]
    [TestCase(DtlsRole.Server, "ecdsa", 1200, "0 1")]
    [TestCase(DtlsRole.Server, "rsa", 400, "0 1")]
    [TestCase(DtlsRole.Server, "ecdsa", 1200, "0 0")]
    public async Task Handshake_WithMbedTls_AgreesAndExchangesData(DtlsRole ours, string kind, int mtu, string cookieAndEms) =>
        Run(await s_mbedTls.Value, ours, kind, mtu, cookieAndEms, new DtlsOptions
        {
            Certificate = DtlsPeer.Ecdsa,
            Versions = DtlsVersionPolicy.Only12,                   // its record buffer takes no fragmented ClientHello (RFC 6347 §4.2.1)
            RequireExtendedMasterSecret = cookieAndEms.EndsWith('1'),
        });

    [TestCase(DtlsRole.Client, "ecdsa", "ECDHE-ECDSA-AES128-GCM-SHA256")]
    [TestCase(DtlsRole.Client, "ecdsa", "ECDHE-ECDSA-AES256-GCM-SHA384")]
    [TestCase(DtlsRole.Client, "rsa", "ECDHE-RSA-CHACHA20-POLY1305")]
    [TestCase(DtlsRole.Client, "ed25519", "ECDHE-ECDSA-AES128-GCM-SHA256")]
    [TestCase(DtlsRole.Server, "ecdsa", "ECDHE-ECDSA-AES128-GCM-SHA256")]
    [TestCase(DtlsRole.Server, "ecdsa", "ECDHE-ECDSA-CHACHA20-POLY1305")]
    [TestCase(DtlsRole.Server, "rsa", "ECDHE-RSA-AES256-GCM-SHA384")]
    public async Task Handshake_WithWolfSsl_AgreesAndExchangesData(DtlsRole ours, string kind, string ciphers) =>
        Run(await s_wolfSsl.Value, ours, kind, 1200, ciphers, new DtlsOptions { Certificate = DtlsPeer.Ecdsa, PostQuantum = DtlsPostQuantumPolicy.Off });

    [TestCase(DtlsRole.Client, "ecdsa", 1200, "C02B")]
    [TestCase(DtlsRole.Client, "ecdsa", 300, "C02C")]
    [TestCase(DtlsRole.Client, "rsa", 1200, "C02F")]
    [TestCase(DtlsRole.Client, "ed25519", 1200, "C02B")]
    [TestCase(DtlsRole.Server, "ecdsa", 1200, "C02B")]
    [TestCase(DtlsRole.Server, "rsa", 300, "C030")]
    [TestCase(DtlsRole.Server, "ed25519", 1200, "C02B")]
    public async Task Handshake_WithPion_AgreesAndExchangesData(DtlsRole ours, string kind, int mtu, string suite) =>
        Run(await s_pion.Value, ours, kind, mtu, suite, new DtlsOptions { Certificate = DtlsPeer.Ecdsa });

    private static void Run(string program, DtlsRole role, string kind, int mtu, string last, DtlsOptions options)
    {
        DtlsCertificate certificate = kind switch
        {
            "rsa" => DtlsPeer.Rsa,
            "ed25519" => DtlsPeer.Ed25519,
            _ => DtlsPeer.OtherEcdsa,
        };
        using Socket socket = UdpLoop.Bind();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        if (role == DtlsRole.Client)
        {
            using Socket probe = UdpLoop.Bind();
            port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        }
        // The key of a server decides on the suite, and wolfSSL takes no other kind from a client: ours is of the kind of the peer's.
        DtlsCertificate own = kind == "rsa" ? DtlsPeer.Rsa : kind == "ed25519" ? DtlsPeer.Ed25519 : options.Certificate;
        using Tool tool = Tool.Run(program, $"{(role == DtlsRole.Client ? "server" : "client")} {port} {{0}} {mtu} {last}", certificate);
        DtlsPeer peer = UdpLoop.Create(options with { Role = role, Certificate = own }, certificate);
        EndPoint? remote = role == DtlsRole.Client ? new IPEndPoint(IPAddress.Loopback, port) : null;
        UdpLoop.Run(peer, socket, ref remote, tool, () => peer.Connection.State != DtlsState.Connecting);
        peer.DrainEvents();
        Assert.That(peer.Connection.State, Is.EqualTo(DtlsState.Connected), $"{string.Join(", ", peer.Events)}\n{tool.Output}");
        byte[] exported = new byte[60];
        peer.Connection.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", [], false, exported);
        peer.Send("from us\n"u8);
        UdpLoop.Run(peer, socket, ref remote, tool, () => peer.Data.Count > 0 && tool.Output.Contains("received from us", StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Assert.That(tool.Output, Does.Contain("connected "));
            Assert.That(tool.Output, Does.Contain(Convert.ToHexString(exported)), "its exporter");
            Assert.That(Encoding.ASCII.GetString(peer.Data[0]), Is.EqualTo("from the peer\n"));
            Assert.That(peer.Connection.NegotiatedVersion, Is.EqualTo(0xFEFD));
        });
        peer.Connection.Close(Instant.Never);
        UdpLoop.Run(peer, socket, ref remote, tool, () => tool.Output.Contains("closed", StringComparison.Ordinal));
    }

    private static Task<string> BuildPionAsync()
    {
        RealPeer.RequireDirectory("/usr/share/gocode/src/github.com/pion/dtls", "golang-github-pion-webrtc.v3-dev");
        return GoProgram.BuildAsync(RealPeer.Require(["go"], null, "apt-get install golang-go"), "piondtls");
    }
}
