using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Benchmarks.Rtp;

/// <summary>Packets in their order through the jitter buffer: a VP8 frame of 25 KB, an Opus packet of 20 ms.</summary>
[MemoryDiagnoser]
public class JitterBufferBenchmark
{
    private readonly PayloadFormatBenchmark _format = new();
    private readonly byte[] _opus = new byte[100];
    private JitterBuffer _video = null!, _audio = null!;
    private int _frame, _packet;
    private ushort _sequence;

    /// <summary>How many packets the frame of video has.</summary>
    public int VideoPackets => _format.Packets;

    [GlobalSetup]
    public void Setup()
    {
        _format.Setup();
        _video = new JitterBuffer(new JitterBufferOptions());
        _video.SetFormat(96, Vp8Depacketizer.Instance, 90000);
        _audio = new JitterBuffer(new JitterBufferOptions { Kind = JitterBufferKind.Audio, MinDelay = TimeSpan.FromMilliseconds(60) });
        _audio.SetFormat(111, OpusDepacketizer.Instance, OpusPacket.ClockRate);
        _opus[0] = 0x78;
    }

    [Benchmark]
    public int Video()
    {
        Instant now = default(Instant) + TimeSpan.FromMilliseconds(40L * _frame);
        IReadOnlyList<byte[]> payloads = _format.Payloads;
        for (int i = 0; i < payloads.Count; i++)
            _video.Insert(new RtpHeader(96, _sequence++, (uint)_frame * 3600, 7, i == payloads.Count - 1), payloads[i], now);
        _frame++;
        return Take(_video, now);
    }

    [Benchmark]
    public int Audio()
    {
        Instant now = default(Instant) + TimeSpan.FromMilliseconds(20L * _packet);
        _audio.Insert(new RtpHeader(111, (ushort)_packet, (uint)_packet * 960, 7), _opus, now);
        _packet++;
        return Take(_audio, now);
    }

    private static int Take(JitterBuffer buffer, Instant now)
    {
        int taken = 0;
        while (buffer.TryReadFrame(now, out EncodedFrame read))
        {
            taken += read.Payload.Length;
            read.Dispose();
        }
        return taken;
    }
}
