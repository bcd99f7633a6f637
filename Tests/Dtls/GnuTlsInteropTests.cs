using System.Net;
using System.Net.Sockets;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>GnuTLS's command line as a real peer over loopback, on both sides of the handshake. Its server demands a cookie.</summary>
[Category("Interop")]
public sealed class GnuTlsInteropTests
{
    private const string Install = "apt install gnutls-bin";
    private const string Files = "--x509certfile {0} --x509keyfile {0}";
    private const string Priority = "--priority NORMAL:-VERS-ALL:+VERS-DTLS1.2";

    [TestCase(":-CIPHER-ALL:+AES-256-GCM", DtlsPostQuantumPolicy.Off, DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [TestCase(":-CIPHER-ALL:+CHACHA20-POLY1305", DtlsPostQuantumPolicy.Off, DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [TestCase(":-CIPHER-ALL:+AES-128-GCM", DtlsPostQuantumPolicy.Prefer, DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    public void Client_AgainstGnutlsServ_AgreesAndExchangesData(string priority, DtlsPostQuantumPolicy postQuantum, DtlsCipherSuite suite)
    {
        int port;
        using (Socket probe = UdpLoop.Bind()) port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        using Tool gnutls = Tool.Start(
            "gnutls-serv", Install, $"--udp -p {port} --echo --require-client-cert --mtu 1200 {Priority}{priority}", Files, DtlsPeer.OtherEcdsa);
        using Socket socket = UdpLoop.Bind();
        DtlsPeer client = UdpLoop.Create(DtlsRole.Client, DtlsPeer.Ecdsa, DtlsPeer.OtherEcdsa, postQuantum);
        EndPoint? remote = new IPEndPoint(IPAddress.Loopback, port);
        Connect(client, socket, ref remote, gnutls, suite);
        client.Send("to be echoed\n"u8);
        UdpLoop.Run(client, socket, ref remote, gnutls, () => client.Data.Count > 0);
        Assert.That(Encoding.ASCII.GetString(client.Data[0]), Is.EqualTo("to be echoed\n"));
        client.Connection.Close(Instant.Never);
        UdpLoop.Run(client, socket, ref remote, gnutls, () => true);
    }

    [TestCase("", 1200, DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase(":-CIPHER-ALL:+CHACHA20-POLY1305", 300, DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    public void Server_AgainstGnutlsCli_AgreesAndExchangesData(string priority, int mtu, DtlsCipherSuite suite)
    {
        using Socket socket = UdpLoop.Bind();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        DtlsPeer server = UdpLoop.Create(DtlsRole.Server, DtlsPeer.Ecdsa, DtlsPeer.OtherEcdsa);
        using Tool gnutls = Tool.Start(
            "gnutls-cli", Install, $"--udp -p {port} 127.0.0.1 --insecure --mtu {mtu} {Priority}{priority}", Files, DtlsPeer.OtherEcdsa);
        EndPoint? remote = null;
        Connect(server, socket, ref remote, gnutls, suite);
        server.Send("from us\n"u8);
        gnutls.WriteLine("from gnutls");
        UdpLoop.Run(server, socket, ref remote, gnutls, () => server.Data.Count > 0 && gnutls.Output.Contains("from us", StringComparison.Ordinal));
        Assert.That(Encoding.ASCII.GetString(server.Data[0]), Is.EqualTo("from gnutls\n"));
        server.Connection.Close(Instant.Never);
        UdpLoop.Run(server, socket, ref remote, gnutls, () => true);
    }

    private static void Connect(DtlsPeer peer, Socket socket, ref EndPoint? remote, Tool gnutls, DtlsCipherSuite suite)
    {
        UdpLoop.Run(peer, socket, ref remote, gnutls, () => peer.Connection.State != DtlsState.Connecting);
        peer.DrainEvents();
        Assert.That(peer.Connection.State, Is.EqualTo(DtlsState.Connected), $"{string.Join(", ", peer.Events)}\n{gnutls.Output}");
        Assert.That(peer.Connection.CipherSuite, Is.EqualTo(suite));
    }
}
