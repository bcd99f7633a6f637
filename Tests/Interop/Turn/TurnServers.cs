using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WebRtcStack.Core;
using WebRtcStack.Tests.PeerConnection;
using WebRtcStack.Transport;
using WebRtcStack.Turn;
using WebRtcStack.TurnHost;

namespace WebRtcStack.Tests.Interop;

/// <summary>A TURN server on loopback for a test: ours in this process, or coturn as a program. Both have UDP, TCP and TLS listeners and one user.</summary>
internal abstract class RealTurnServer : IAsyncDisposable
{
    public const string Ours = "ours", Coturn = "coturn";
    public const string User = "user", Password = "pass", Realm = "example.org", Secret = "north";

    /// <summary>Of UDP and TCP.</summary>
    public abstract int Port { get; }

    public abstract int TlsPort { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="name"><see cref="Ours"/> or <see cref="Coturn"/>.</param>
    /// <param name="rest">Whether users are those with time-limited credentials made with <see cref="Secret"/>.</param>
    public static async Task<RealTurnServer> StartAsync(string name, bool rest = false) =>
        name == Ours ? new OurTurnServer(rest) : await CoturnServer.StartAsync(rest);

    /// <summary>The URL for a protocol; TLS is by the name that the certificate has.</summary>
    public string Url(TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Udp => $"turn:127.0.0.1:{Port}",
        TransportProtocol.Tcp => $"turn:127.0.0.1:{Port}?transport=tcp",
        _ => $"turns:localhost:{TlsPort}?transport=tcp",
    };

    /// <summary>A configuration that lets a connection go nowhere but through the server.</summary>
    public RTCConfiguration RelayOnly(TransportProtocol protocol, string username = User, string password = Password) => new()
    {
        IceServers = [new RTCIceServer { Urls = [Url(protocol)], Username = username, Credential = password }],
        IceTransportPolicy = RTCIceTransportPolicy.Relay,
    };

    public abstract ValueTask DisposeAsync();

    /// <summary>Options on loopback that know the test's certificate, and judge its name as always.</summary>
    public static WebRtcOptions Options { get; } = LoopbackTests.Loopback with
    {
        Transport = new SocketTransport(new SocketTransportOptions
        {
            Loops = 2,
            CertificateValidation = static (_, certificate, _, errors) =>
                (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 && certificate!.GetCertHashString() == TurnCertificate.Shared.GetCertHashString(),
        }),
    };

    private const int FirstPort = 20_000, Ports = 12_000;
    private static int s_nextPort = Environment.ProcessId * 97;

    /// <summary>A port that is free for UDP and TCP, below those that systems give to sockets that ask for any: it stays free until it is listened on.</summary>
    internal static int FreePort()
    {
        for (int tries = 0; tries < Ports; tries++)
        {
            int port = FirstPort + (int)((uint)Interlocked.Increment(ref s_nextPort) % Ports);
            try
            {
                using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                using TcpListener tcp = new(IPAddress.Loopback, port);
                udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                tcp.Start();
                return port;
            }
            catch (SocketException) { }                           // somebody else's
        }
        throw new InvalidOperationException($"No port from {FirstPort} to {FirstPort + Ports - 1} is free on loopback.");
    }
}

/// <summary>The certificate of the tests' TURN servers, for "localhost".</summary>
internal static class TurnCertificate
{
    public static X509Certificate2 Shared { get; } = Create("localhost");

    public static X509Certificate2 Create(string name)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}

/// <summary>Our server, in this process.</summary>
internal sealed class OurTurnServer : RealTurnServer
{
    public OurTurnServer(bool rest = false, Func<TurnHostOptions, TurnHostOptions>? configure = null)
    {
        TransportAddress loopback = TransportAddress.From(IPAddress.Loopback, 0), port = loopback.WithPort((ushort)FreePort());
        TurnHostOptions options = new()
        {
            Server = new TurnServerOptions
            {
                Realm = Realm,
                Users = rest ? new Dictionary<string, string>() : new Dictionary<string, string> { [User] = Password },
                SharedSecret = rest ? Secret : null,
                PeerRules = new TurnPeerRules { AllowLoopback = true },
            },
            Listeners =
            [
                new TurnListener(port, TransportProtocol.Udp), new TurnListener(port, TransportProtocol.Tcp), new TurnListener(loopback, TransportProtocol.Tls),
            ],
            RelayAddresses = [loopback],
            Certificate = TurnCertificate.Shared,
        };
        Host = new TurnServerHost(configure?.Invoke(options) ?? options);
    }

    public TurnServerHost Host { get; }

    public override int Port => Host.Listeners[0].Address.Port;

    public override int TlsPort => Host.Listeners[2].Address.Port;

    /// <summary>Ends when all clients have given their allocations back, as a closed connection does.</summary>
    public async Task UntilFreeAsync(CancellationToken timeout)
    {
        while (Host.Allocations > 0) await Task.Delay(10, timeout);
    }

    public override ValueTask DisposeAsync()
    {
        Host.Dispose();
        return default;
    }
}

/// <summary>Debian's coturn, unprivileged, with all its files in a folder of its own.</summary>
internal sealed class CoturnServer : RealTurnServer
{
    private readonly Process _process;
    private readonly string _folder;

    private CoturnServer(Process process, string folder, int port, int tlsPort) => (_process, _folder, Port, TlsPort) = (process, folder, port, tlsPort);

    public override int Port { get; }

    public override int TlsPort { get; }

    public static async Task<CoturnServer> StartAsync(bool rest)
    {
        string path = RealPeer.Require(["turnserver"], null, "apt-get install coturn");
        string folder = Directory.CreateTempSubdirectory("coturn").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "certificate.pem"), TurnCertificate.Shared.ExportCertificatePem());
        using (RSA key = TurnCertificate.Shared.GetRSAPrivateKey()!) await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        (int port, int tlsPort) = (FreePort(), FreePort());
        ProcessStartInfo start = new(path) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", $"--listening-port={port}", $"--tls-listening-port={tlsPort}",
            "--cert=certificate.pem", "--pkey=key.pem", $"--realm={Realm}", "--allow-loopback-peers", "--no-cli", "--no-dtls", "--fingerprint",
            "--log-file=stdout", "--simple-log", $"--pidfile={folder}/turnserver.pid", $"--userdb={folder}/users.db",
            .. rest ? new[] { "--use-auth-secret", $"--static-auth-secret={Secret}" } : ["--lt-cred-mech", $"--user={User}:{Password}"],
        ];
        foreach (string each in arguments) start.ArgumentList.Add(each);
        CoturnServer server = new(Process.Start(start)!, folder, port, tlsPort);
        server._process.OutputDataReceived += static (_, _) => { };
        server._process.ErrorDataReceived += static (_, _) => { };
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        for (int tries = 0; tries < 100; tries++)
        {
            using TcpClient plain = new(), secured = new();
            try
            {
                await plain.ConnectAsync(IPAddress.Loopback, port);
                await secured.ConnectAsync(IPAddress.Loopback, tlsPort);
                return server;
            }
            catch (SocketException) when (!server._process.HasExited)
            {
                await Task.Delay(50);                             // it has not opened its listeners yet
            }
        }
        Assert.Fail("coturn has not started.");
        return server;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
