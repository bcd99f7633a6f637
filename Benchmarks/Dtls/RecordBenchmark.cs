using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Benchmarks.Dtls;

/// <summary>One record of application data sealed and opened, beside the same work of AES-GCM alone.</summary>
[MemoryDiagnoser]
public class RecordBenchmark
{
    private readonly byte[] _datagram = new byte[1500];
    private readonly byte[] _nonce = new byte[12];
    private readonly byte[] _tag = new byte[16];
    private readonly AesGcm _gcm = new(new byte[16], 16);
    private DtlsConnection _client = null!;
    private DtlsConnection _server = null!;
    private Instant _now = new(TimeSpan.TicksPerSecond);

    [Params(64, 256, 1200)]
    public int Size { get; set; }

    [Params(DtlsVersionPolicy.Only12, DtlsVersionPolicy.Only13)]
    public DtlsVersionPolicy Version { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (_client, _server) = Handshakes.CreatePair(new DtlsOptions { Certificate = Handshakes.Left, Versions = Version }, _now);
        while (!_client.CanSend || !_server.CanSend)
        {
            Handshakes.Deliver(_client, _server, _datagram, _now);
            Handshakes.Deliver(_server, _client, _datagram, _now);
        }
    }

    [Benchmark]
    public int SealAndOpen()
    {
        _client.PlaintextArea(_datagram);
        int length = _client.Protect(_datagram, Size);
        _server.Receive(_datagram.AsSpan(0, length), _now, out _, out int received);
        return received;
    }

    [Benchmark(Baseline = true)]
    public void RawAesGcm()
    {
        Span<byte> data = _datagram.AsSpan(0, Size);
        _nonce[0]++;
        _gcm.Encrypt(_nonce, data, data, _tag, default);
        _gcm.Decrypt(_nonce, data, _tag, data, default);
    }
}
