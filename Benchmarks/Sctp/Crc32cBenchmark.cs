using BenchmarkDotNet.Attributes;
using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp;

/// <summary>The checksum of a packet, by the processor's instruction and by tables.</summary>
[MemoryDiagnoser]
public class Crc32cBenchmark
{
    private byte[] _packet = [];

    [Params(64, 1172, 16_384)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup() => _packet = new byte[Size];

    [Benchmark]
    public uint Instruction() => Crc32c.Compute(_packet);

    [Benchmark]
    public uint Tables() => Crc32c.AppendByTables(Crc32c.Initial, _packet);
}
