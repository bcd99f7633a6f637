using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp;

/// <summary>One SACK for 10 000 outstanding chunks, of which all but <see cref="Gaps"/> have arrived: it costs what it has blocks.</summary>
[MemoryDiagnoser]
public class SackBenchmark
{
    private const int Outstanding = 10_000;
    private readonly Instant _now = new(TimeSpan.TicksPerSecond);
    private RetransmissionQueue _queue = null!;
    private byte[] _sack = [];

    [Params(1, 16, 256)]
    public int Gaps { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        AssociationContext context = new(new SctpOptions(), RandomSource.Seeded(1));
        SendQueue messages = new(context);
        _queue = new RetransmissionQueue(context, messages);
        _queue.Start(1);
        messages.Enqueue(messages.Stream(1), 53, MessageLease.Rent(Outstanding * 1000), default, _now);
        for (int i = 0; i < Outstanding; i++)
        {
            OutgoingMessage message = messages.Peek(_now)!;
            messages.Take(message, 1000, _queue.Add(message, 1000, _now));
        }
        int period = Outstanding / Gaps;
        _sack = new byte[16 + Gaps * 4];
        BinaryPrimitives.WriteUInt16BigEndian(_sack, 3 << 8);
        BinaryPrimitives.WriteUInt16BigEndian(_sack.AsSpan(2), (ushort)_sack.Length);
        BinaryPrimitives.WriteUInt32BigEndian(_sack.AsSpan(8), 1 << 20);
        BinaryPrimitives.WriteUInt16BigEndian(_sack.AsSpan(12), (ushort)Gaps);
        for (int i = 0; i < Gaps; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_sack.AsSpan(16 + i * 4), (ushort)(i * period + 2));
            BinaryPrimitives.WriteUInt16BigEndian(_sack.AsSpan(18 + i * 4), (ushort)((i + 1) * period));
        }
    }

    [Benchmark]
    public long TakeSack()
    {
        WireReader reader = new(_sack);
        if (!Chunk.TryRead(ref reader, out Chunk chunk) || !SackChunk.TryParse(chunk, out SackChunk sack)) return 0;
        _queue.Acknowledge(sack, _now);
        return _queue.DetectLosses(TimeSpan.FromSeconds(1), _now).LostBytes + _queue.FlightBytes;
    }
}
