using BenchmarkDotNet.Attributes;
using WebRtcStack.Rtp;

namespace WebRtcStack.Benchmarks.Rtp;

/// <summary>A frame of 25 KB cut into payloads of 1200 bytes, and put together again; divide by <see cref="Packets"/> for the cost of one.</summary>
[MemoryDiagnoser]
public class PayloadFormatBenchmark
{
    private const int FrameBytes = 25_000, PayloadBytes = 1200;
    private readonly byte[] _packet = new byte[1500];
    private readonly FrameBuffer _buffer = new();
    private readonly FrameDescription _description = new();
    private byte[] _frame = [];
    private byte[][] _payloads = [];
    private IRtpPacketizer _packetizer = null!;
    private IRtpDepacketizer _depacketizer = null!;

    [Params("VP8", "VP9", "H264", "H265", "AV1")]
    public string Format { get; set; } = "VP8";

    /// <summary>How many there are of a frame.</summary>
    public int Packets => _payloads.Length;

    /// <summary>The payloads of a frame, in a format that this is set to.</summary>
    internal IReadOnlyList<byte[]> Payloads => _payloads;

    [GlobalSetup]
    public void Setup()
    {
        RtpPayloadFormats.TryCreatePacketizer(Format, out IRtpPacketizer? packetizer);
        RtpPayloadFormats.TryGetDepacketizer(Format, out IRtpDepacketizer? depacketizer);
        (_packetizer, _depacketizer, _frame) = (packetizer!, depacketizer!, CreateFrame(Format));
        List<byte[]> payloads = [];
        if (!_packetizer.TryBegin(_frame, _description, PayloadBytes)) throw new InvalidOperationException("The frame was refused.");
        while (_packetizer.Write(_frame, _packet, out _) is > 0 and int length) payloads.Add(_packet.AsSpan(0, length).ToArray());
        _payloads = [.. payloads];
    }

    [Benchmark]
    public int Packetise()
    {
        int sum = 0;
        _packetizer.TryBegin(_frame, _description, PayloadBytes);
        while (_packetizer.Write(_frame, _packet, out _) is > 0 and int length) sum += length;
        return sum;
    }

    [Benchmark]
    public int Depacketise()
    {
        bool follows = false;
        foreach (byte[] payload in _payloads)
        {
            if (!_depacketizer.TryInspect(payload, out _)) throw new InvalidOperationException("A payload was refused.");
            _depacketizer.Append(payload, _buffer, follows);
            follows = true;
        }
        _depacketizer.Complete(_buffer);
        int length = _buffer.Length;
        _buffer.Reset();
        return length;
    }

    private static byte[] CreateFrame(string name)
    {
        byte[] header = name switch
        {
            "VP9" => [0x82],
            "H264" => [0, 0, 0, 1, 0x65, 0x88],
            "H265" => [0, 0, 0, 1, 0x26, 1, 0x80],
            "AV1" => [0x0A, 1, 0, 0x30],                           // a sequence header, then a frame that takes the rest
            _ => [0x10],
        };
        byte[] frame = new byte[FrameBytes];
        for (int i = 0; i < frame.Length; i++) frame[i] = (byte)(i % 255 + 1);
        header.CopyTo(frame, 0);
        return frame;
    }
}
