using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Benchmarks.Dtls;

/// <summary>A whole handshake with certificates on both sides, client and server on one core. DTLS 1.2 has no hybrid group and takes X25519.</summary>
[MemoryDiagnoser]
public class HandshakeBenchmark
{
    private readonly byte[] _datagram = new byte[1500];
    private readonly Instant _now = new(TimeSpan.TicksPerSecond);

    [Params(DtlsVersionPolicy.Only12, DtlsVersionPolicy.Only13)]
    public DtlsVersionPolicy Version { get; set; }

    [Params(DtlsNamedGroup.X25519, DtlsNamedGroup.Secp256r1, DtlsNamedGroup.X25519MLKEM768)]
    public DtlsNamedGroup Group { get; set; }

    [Benchmark]
    public void ClientAndServer()
    {
        bool hybrid = Group == DtlsNamedGroup.X25519MLKEM768;
        DtlsOptions options = new()
        {
            Certificate = Handshakes.Left,
            Versions = Version,
            PostQuantum = hybrid ? DtlsPostQuantumPolicy.Prefer : DtlsPostQuantumPolicy.Off,
            Groups = [hybrid ? DtlsNamedGroup.X25519 : Group],
        };
        (DtlsConnection client, DtlsConnection server) = Handshakes.CreatePair(options, _now);
        using (client)
        using (server)
        {
            while (!client.CanSend || !server.CanSend)
            {
                Handshakes.Deliver(client, server, _datagram, _now);
                Handshakes.Deliver(server, client, _datagram, _now);
            }
        }
    }
}
