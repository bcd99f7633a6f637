using System.Net;
using System.Net.Sockets;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Interop;

namespace WebRtcStack.Tests.Dtls;

/// <summary>OpenSSL's command line as a real peer over loopback, on both sides of the handshake. Its server takes no key of Ed25519 in DTLS.</summary>
[Category("Interop")]
public sealed class OpenSslInteropTests
{
    private const string Srtp = "-use_srtp SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80 -keymatexport EXTRACTOR-dtls_srtp -keymatexportlen 60";

    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-AES128-GCM-SHA256 -groups X25519:P-256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-AES256-GCM-SHA384 -groups P-256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-CHACHA20-POLY1305", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [TestCase("rsa", "-cipher ECDHE-RSA-AES128-GCM-SHA256 -mtu 300", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("rsa", "-cipher ECDHE-RSA-CHACHA20-POLY1305", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)]
    [TestCase("ecdsa", "-listen -cipher ECDHE-ECDSA-AES128-GCM-SHA256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("rsa", "-listen -mtu 500 -cipher ECDHE-RSA-AES256-GCM-SHA384", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    public void Client_AgainstSServer_AgreesAndExchangesData(string kind, string arguments, DtlsCipherSuite suite)
    {
        int port;
        using (Socket probe = UdpLoop.Bind()) port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        DtlsCertificate theirs = Of(kind, DtlsPeer.OtherEcdsa);
        using Tool openssl = Tool.Start("openssl", "apt install openssl", $"s_server -dtls1_2 -accept 127.0.0.1:{port} -Verify 1 {Srtp} {arguments}", "-cert {0} -key {0}", theirs);
        using Socket socket = UdpLoop.Bind();
        // A listening s_server takes a ClientHello in one piece only: it keeps nothing before the cookie.
        DtlsPostQuantumPolicy policy = arguments.Contains("-listen", StringComparison.Ordinal) ? DtlsPostQuantumPolicy.Off : DtlsPostQuantumPolicy.Prefer;
        DtlsPeer client = UdpLoop.Create(DtlsRole.Client, DtlsPeer.Ecdsa, theirs, policy);
        RunAndCompare(client, socket, new IPEndPoint(IPAddress.Loopback, port), openssl, suite);
    }

    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-AES128-GCM-SHA256 -groups X25519:P-256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("ecdsa", "-groups P-256 -mtu 300", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("rsa", "-cipher ECDHE-RSA-AES256-GCM-SHA384", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    [TestCase("ecdsa cookie", "-cipher ECDHE-ECDSA-CHACHA20-POLY1305", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [TestCase("rsa cookie", "-cipher ECDHE-RSA-AES128-GCM-SHA256 -mtu 400", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("ed25519", "-cipher ECDHE-ECDSA-AES128-GCM-SHA256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    public void Server_AgainstSClient_AgreesAndExchangesData(string kind, string arguments, DtlsCipherSuite suite)
    {
        using Socket socket = UdpLoop.Bind();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        DtlsPeer server = UdpLoop.Create(
            new DtlsOptions
            {
                Certificate = Of(kind.Split(' ')[0], DtlsPeer.Ecdsa), Role = DtlsRole.Server, RequireCookie = kind.EndsWith("cookie", StringComparison.Ordinal),
            },
            DtlsPeer.OtherEcdsa);
        using Tool openssl = Tool.Start("openssl", "apt install openssl", $"s_client -dtls1_2 -connect 127.0.0.1:{port} {Srtp} {arguments}", "-cert {0} -key {0}", DtlsPeer.OtherEcdsa);
        RunAndCompare(server, socket, null, openssl, suite);
    }

    private static DtlsCertificate Of(string kind, DtlsCertificate ecdsa) => kind switch
    {
        "rsa" => DtlsPeer.Rsa,
        "ed25519" => DtlsPeer.Ed25519,
        _ => ecdsa,
    };

    private static void RunAndCompare(DtlsPeer peer, Socket socket, EndPoint? remote, Tool openssl, DtlsCipherSuite suite)
    {
        UdpLoop.Run(peer, socket, ref remote, openssl, () => peer.Connection.State != DtlsState.Connecting);
        peer.DrainEvents();
        Assert.That(peer.Connection.State, Is.EqualTo(DtlsState.Connected), $"{string.Join(", ", peer.Events)}\n{openssl.Output}");
        byte[] exported = new byte[60];
        peer.Connection.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", [], false, exported);
        peer.Send("from us\n"u8);
        openssl.WriteLine("from openssl");
        UdpLoop.Run(peer, socket, ref remote, openssl, () => peer.Data.Count > 0 && openssl.Output.Contains("from us", StringComparison.Ordinal));
        UdpLoop.Run(peer, socket, ref remote, openssl, () => openssl.Output.Contains("Keying material: ", StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Assert.That(openssl.Output, Does.Contain(Convert.ToHexString(exported)));
            Assert.That(Encoding.ASCII.GetString(peer.Data[0]), Is.EqualTo("from openssl\n"));
            Assert.That(peer.Connection.CipherSuite, Is.EqualTo(suite));
            Assert.That(peer.Connection.SelectedSrtpProfile, Is.EqualTo(SrtpProtectionProfile.AeadAes128Gcm));
        });
        peer.Connection.Close(Instant.Never);
        UdpLoop.Run(peer, socket, ref remote, openssl, () => true);
    }
}
