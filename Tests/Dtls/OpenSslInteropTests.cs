using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Interop;

namespace WebRtcStack.Tests.Dtls;

/// <summary>OpenSSL's command line as a real peer over loopback, on both sides of the handshake.</summary>
[Category("Interop")]
public sealed class OpenSslInteropTests
{
    private const string Srtp = "-use_srtp SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80 -keymatexport EXTRACTOR-dtls_srtp -keymatexportlen 60";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-AES128-GCM-SHA256 -groups X25519:P-256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-AES256-GCM-SHA384 -groups P-256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-CHACHA20-POLY1305", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [TestCase("rsa", "-cipher ECDHE-RSA-AES128-GCM-SHA256 -mtu 300", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("rsa", "-cipher ECDHE-RSA-CHACHA20-POLY1305", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)]
    public void Client_AgainstSServer_AgreesAndExchangesData(string kind, string arguments, DtlsCipherSuite suite)
    {
        int port;
        using (Socket probe = Bind()) port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        DtlsCertificate theirs = kind == "rsa" ? DtlsPeer.Rsa : DtlsPeer.OtherEcdsa;
        using OpenSsl openssl = OpenSsl.Start($"s_server -dtls1_2 -accept 127.0.0.1:{port} -Verify 1 {Srtp} {arguments}", theirs);
        using Socket socket = Bind();
        DtlsPeer client = Peer(DtlsRole.Client, DtlsPeer.Ecdsa, theirs);
        RunAndCompare(client, socket, new IPEndPoint(IPAddress.Loopback, port), openssl, suite);
    }

    [TestCase("ecdsa", "-cipher ECDHE-ECDSA-AES128-GCM-SHA256 -groups X25519:P-256", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("ecdsa", "-groups P-256 -mtu 300", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("rsa", "-cipher ECDHE-RSA-AES256-GCM-SHA384", DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    public void Server_AgainstSClient_AgreesAndExchangesData(string kind, string arguments, DtlsCipherSuite suite)
    {
        using Socket socket = Bind();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        DtlsPeer server = Peer(DtlsRole.Server, kind == "rsa" ? DtlsPeer.Rsa : DtlsPeer.Ecdsa, DtlsPeer.OtherEcdsa);
        using OpenSsl openssl = OpenSsl.Start($"s_client -dtls1_2 -connect 127.0.0.1:{port} {Srtp} {arguments}", DtlsPeer.OtherEcdsa);
        RunAndCompare(server, socket, null, openssl, suite);
    }

    private static void RunAndCompare(DtlsPeer peer, Socket socket, EndPoint? remote, OpenSsl openssl, DtlsCipherSuite suite)
    {
        Run(peer, socket, ref remote, openssl, () => peer.Connection.State != DtlsState.Connecting);
        peer.DrainEvents();
        Assert.That(peer.Connection.State, Is.EqualTo(DtlsState.Connected), $"{string.Join(", ", peer.Events)}\n{openssl.Output}");
        byte[] exported = new byte[60];
        peer.Connection.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", [], false, exported);
        peer.Send("from us\n"u8);
        openssl.WriteLine("from openssl");
        Run(peer, socket, ref remote, openssl, () => peer.Data.Count > 0 && openssl.Output.Contains("from us", StringComparison.Ordinal));
        Run(peer, socket, ref remote, openssl, () => openssl.Output.Contains("Keying material: ", StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Assert.That(openssl.Output, Does.Contain(Convert.ToHexString(exported)));
            Assert.That(Encoding.ASCII.GetString(peer.Data[0]), Is.EqualTo("from openssl\n"));
            Assert.That(peer.Connection.CipherSuite, Is.EqualTo(suite));
            Assert.That(peer.Connection.SelectedSrtpProfile, Is.EqualTo(SrtpProtectionProfile.AeadAes128Gcm));
        });
        peer.Connection.Close(Instant.Never);
        Run(peer, socket, ref remote, openssl, () => true);
    }

    private static DtlsPeer Peer(DtlsRole role, DtlsCertificate ours, DtlsCertificate theirs)
    {
        DtlsPeer peer = new(new DtlsOptions { Certificate = ours, Role = role }, RandomSource.Cryptographic) { KeepData = true };
        peer.Connection.SetRemoteFingerprints([theirs.GetFingerprint()]);
        peer.Connection.Start(Now());
        return peer;
    }

    private static void Run(DtlsPeer peer, Socket socket, ref EndPoint? remote, OpenSsl openssl, Func<bool> done)
    {
        byte[] buffer = new byte[65536];
        Instant end = Now() + s_patience;
        while (true)
        {
            while (remote is not null && peer.Transmit(buffer.AsSpan(0, 1200), Now()) is > 0 and int length)
                socket.SendTo(buffer.AsSpan(0, length), SocketFlags.None, remote);
            if (done()) return;
            if (Now() > end) Assert.Fail($"It takes too long; state {peer.Connection.State}.\n{openssl.Output}");
            TimeSpan wait = Instant.Min(peer.NextTimeout, Now() + TimeSpan.FromMilliseconds(50)) - Now();
            if (socket.Poll(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, SelectMode.SelectRead))
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                int received = socket.ReceiveFrom(buffer, ref from);
                remote ??= from;
                peer.Receive(buffer.AsSpan(0, received), Now());
            }
            peer.AdvanceTo(Now());
        }
    }

    private static Socket Bind()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static Instant Now() => new((long)(Stopwatch.GetTimestamp() * (double)TimeSpan.TicksPerSecond / Stopwatch.Frequency));

    private sealed class OpenSsl : IDisposable
    {
        private readonly Process _process;
        private readonly string _pem;
        private readonly StringBuilder _output = new();

        private OpenSsl(Process process, string pem)
        {
            (_process, _pem) = (process, pem);
            process.OutputDataReceived += (_, line) => Append(line.Data);
            process.ErrorDataReceived += (_, line) => Append(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public string Output
        {
            get
            {
                lock (_output) return _output.ToString();
            }
        }

        public static OpenSsl Start(string arguments, DtlsCertificate certificate)
        {
            string program = RealPeer.Require(["openssl"], null, "apt-get install openssl");
            string pem = Path.GetTempFileName();
            File.WriteAllText(pem, certificate.ExportPem());
            ProcessStartInfo start = new(program, $"{arguments} -cert {pem} -key {pem}")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            return new OpenSsl(Process.Start(start)!, pem);
        }

        public void WriteLine(string line)
        {
            _process.StandardInput.Write(line + "\n");
            _process.StandardInput.Flush();
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            File.Delete(_pem);
        }

        private void Append(string? line)
        {
            lock (_output) _output.AppendLine(line);
        }
    }
}
