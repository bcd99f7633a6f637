using BenchmarkDotNet.Attributes;
using WebRtcStack.Rtp;

namespace WebRtcStack.Benchmarks.Rtp;

/// <summary>An RTP header with three extensions, written and read (RFC 3550 §5.1, RFC 8285).</summary>
[MemoryDiagnoser]
public class HeaderBenchmark
{
    private const int PayloadBytes = 1000;
    private readonly byte[] _packet = new byte[1500];
    private ushort _sequence;
    private int _length;

    [GlobalSetup]
    public void Setup() => _length = Write() + PayloadBytes;

    [Benchmark]
    public int Write()
    {
        RtpHeaderWriter writer = new(_packet, new RtpHeader(96, _sequence, 90_000, 0x1234, true));
        writer.AddExtension(2, new AbsoluteSendTime(_sequence));
        writer.AddExtension(3, new TransportSequenceNumber(_sequence++));
        writer.AddExtension(4, "0"u8);
        return writer.Complete();
    }

    [Benchmark]
    public long Read()
    {
        if (!RtpPacket.TryParse(_packet.AsSpan(0, _length), out RtpPacket packet)) throw new InvalidOperationException("A packet was refused.");
        RtpExtensionReader reader = packet.GetExtensions();
        long sum = 0;
        while (reader.TryRead(out byte id, out ReadOnlySpan<byte> value))
        {
            switch (id)
            {
                case 2:
                    AbsoluteSendTime.TryRead(value, out AbsoluteSendTime time);
                    sum += time.Value;
                    break;
                case 3:
                    TransportSequenceNumber.TryRead(value, out TransportSequenceNumber number);
                    sum += number.Value;
                    break;
                case 4:
                    SdesIdentifier.TryRead(value, out SdesIdentifier mid);
                    sum += mid.Length;
                    break;
            }
        }
        return sum;
    }
}
