using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using WebRtcStack.Srtp;

namespace WebRtcStack.Benchmarks.Srtp;

/// <summary>One packet protected and unprotected, with every profile; beside libsrtp2 it is measured by <see cref="SrtpFigures"/>.</summary>
[MemoryDiagnoser]
public class ProtectBenchmark
{
    private const int RtpLength = 12 + 1200, RtcpLength = 8 + 100;
    private readonly byte[] _rtp = new byte[1500], _rtcp = new byte[300];
    private SrtpProtector _protector = null!;
    private SrtpUnprotector _unprotector = null!;
    private ushort _sequence;

    [ParamsAllValues]
    public SrtpProfile Profile { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        byte[] key = [.. Enumerable.Range(0, Profile.KeyLength()).Select(i => (byte)(i * 7 + 1))], salt = new byte[Profile.SaltLength()];
        (_protector, _unprotector) = (new SrtpProtector(Profile, key, salt), new SrtpUnprotector(Profile, key, salt));
        (_rtp[0], _rtp[1], _rtp[11]) = (0x80, 96, 42);
        (_rtcp[0], _rtcp[1], _rtcp[7]) = (0x80, 201, 42);
        BinaryPrimitives.WriteUInt16BigEndian(_rtcp.AsSpan(2), RtcpLength / 4 - 1);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _protector.Dispose();
        _unprotector.Dispose();
    }

    [Benchmark]
    public int Rtp()
    {
        BinaryPrimitives.WriteUInt16BigEndian(_rtp.AsSpan(2), ++_sequence);
        int length = _protector.ProtectRtp(_rtp, RtpLength);
        return _unprotector.TryUnprotectRtp(_rtp.AsSpan(0, length), out length) ? length : throw new InvalidOperationException("A packet was refused.");
    }

    [Benchmark]
    public int Rtcp()
    {
        int length = _protector.ProtectRtcp(_rtcp, RtcpLength);
        return _unprotector.TryUnprotectRtcp(_rtcp.AsSpan(0, length), out length) ? length : throw new InvalidOperationException("A packet was refused.");
    }
}
