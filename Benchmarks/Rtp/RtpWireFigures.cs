using System.Globalization;
using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Benchmarks.Rtp;

/// <summary>
/// Headers, payload formats and the jitter buffer, in processor time of the thread:
/// <c>dotnet run -c Release --project Benchmarks -- rtp-wire</c>. The lines are the tables of docs/media-performance.md.
/// </summary>
internal static class RtpWireFigures
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(1);      // of processor time: until the compiler has done its best
    private const int FrameBytes = 25_000;
    private const int PayloadBytes = 1200;
    private static readonly byte[] s_packet = new byte[1500];
    private static long s_sum;                                     // what is read is used

    public static void Run()
    {
        Console.WriteLine("| header | ns a packet | allocated |");
        Console.WriteLine("|---|---|---|");
        int length = WriteHeader(0);
        Print("write with three extensions", 1, Measure(1000, i => s_sum += WriteHeader((ushort)i)));
        Print("parse and read three extensions", 1, Measure(1000, _ => ReadHeader(length)));
        DependencyDescriptors();
        Console.WriteLine();
        Console.WriteLine("| format, frame of 25 KB | packets | packetise, ns a packet | allocated | depacketise, ns a packet | allocated |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (string name in (string[])["VP8", "VP9", "H264", "H265", "AV1"]) Format(name);
        Console.WriteLine();
        Console.WriteLine("| jitter buffer | ns a packet | allocated |");
        Console.WriteLine("|---|---|---|");
        Video();
        Audio();
        GC.KeepAlive(s_sum);
    }

    private static int WriteHeader(ushort sequence)
    {
        RtpHeaderWriter writer = new(s_packet, new RtpHeader(96, sequence, 90_000, 0x1234, true));
        writer.AddExtension(2, new AbsoluteSendTime(sequence));
        writer.AddExtension(3, new TransportSequenceNumber(sequence));
        writer.AddExtension(4, "0"u8);
        return writer.Complete();
    }

    private static void ReadHeader(int length)
    {
        if (!RtpPacket.TryParse(s_packet.AsSpan(0, length + 1000), out RtpPacket packet)) throw new InvalidOperationException("A packet was refused.");
        RtpExtensionReader reader = packet.GetExtensions();
        while (reader.TryRead(out byte id, out ReadOnlySpan<byte> value))
        {
            switch (id)
            {
                case 2:
                    AbsoluteSendTime.TryRead(value, out AbsoluteSendTime time);
                    s_sum += time.Value;
                    break;
                case 3:
                    TransportSequenceNumber.TryRead(value, out TransportSequenceNumber number);
                    s_sum += number.Value;
                    break;
                case 4:
                    SdesIdentifier.TryRead(value, out SdesIdentifier mid);
                    s_sum += mid.Length;
                    break;
            }
        }
    }

    private static void DependencyDescriptors()
    {
        FrameDependencyStructure structure = new(0, 2, [new(0, 0, "SS", [], [0]), new(0, 0, "SS", [2], [2]), new(0, 1, "-D", [1], [1])], [0, 0]);
        DependencyDescriptorWriter writer = new();
        DependencyDescriptorReader reader = new();
        DependencyDescriptor frame = new() { Structure = structure }, read = new();
        frame.SetTemplate(structure.Templates[0], 1);
        byte[] element = new byte[64];
        int length = writer.Write(element, frame);
        if (!reader.TryRead(element.AsSpan(0, length), read)) throw new InvalidOperationException("The structure was refused.");
        frame.Structure = null;
        frame.SetTemplate(structure.Templates[2], 1);
        Print("write a dependency descriptor", 1, Measure(1000, _ => length = writer.Write(element, frame)));
        Print("read a dependency descriptor", 1, Measure(1000, _ => s_sum += reader.TryRead(element.AsSpan(0, length), read) ? 1 : 0));
    }

    private static void Format(string name)
    {
        byte[] frame = CreateFrame(name);
        RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer);
        RtpPayloadFormats.TryGetDepacketizer(name, out IRtpDepacketizer? depacketizer);
        byte[][] payloads = [.. Packetize(packetizer!, frame)];
        using FrameBuffer buffer = new();
        (double packetise, double allocated) = Measure(20, _ =>
        {
            packetizer!.TryBegin(frame, new FrameDescription(), PayloadBytes);
            while (packetizer.Write(frame, s_packet, out bool marker) is > 0 and int length) s_sum += length;
        });
        (double depacketise, double allocatedBack) = Measure(20, _ =>
        {
            bool follows = false;
            foreach (byte[] payload in payloads)
            {
                if (!depacketizer!.TryInspect(payload, out RtpPayloadInfo info)) throw new InvalidOperationException("A payload was refused.");
                depacketizer.Append(payload, buffer, follows);
                follows = true;
            }
            depacketizer!.Complete(buffer);
            s_sum += buffer.Length;
            buffer.Reset();
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {payloads.Length} | {packetise / payloads.Length:F0} | {allocated / payloads.Length:F0} B | {depacketise / payloads.Length:F0} | {allocatedBack / payloads.Length:F0} B |"));
    }

    private static void Video()
    {
        byte[] frame = CreateFrame("VP8");
        RtpPayloadFormats.TryCreatePacketizer("VP8", out IRtpPacketizer? packetizer);
        byte[][] payloads = [.. Packetize(packetizer!, frame)];
        using JitterBuffer buffer = new(new JitterBufferOptions());
        buffer.SetFormat(96, Vp8Depacketizer.Instance, 90000);
        int number = 0;
        ushort sequence = 0;
        Print("VP8 frame of 25 KB: insert, assemble, hand out", payloads.Length, Measure(20, _ =>
        {
            Instant now = default(Instant) + TimeSpan.FromMilliseconds(40L * number);
            for (int i = 0; i < payloads.Length; i++)
                buffer.Insert(new RtpHeader(96, sequence++, (uint)number * 3600, 7, i == payloads.Length - 1), payloads[i], now);
            number++;
            while (buffer.TryReadFrame(now, out EncodedFrame read))
            {
                s_sum += read.Payload.Length;
                read.Dispose();
            }
        }));
    }

    private static void Audio()
    {
        using JitterBuffer buffer = new(new JitterBufferOptions { Kind = JitterBufferKind.Audio, MinDelay = TimeSpan.FromMilliseconds(60) });
        buffer.SetFormat(111, OpusDepacketizer.Instance, OpusPacket.ClockRate);
        byte[] payload = new byte[100];
        payload[0] = 0x78;
        int number = 0;
        Print("Opus packet of 20 ms: insert, hand out", 1, Measure(1000, _ =>
        {
            Instant now = default(Instant) + TimeSpan.FromMilliseconds(20L * number);
            buffer.Insert(new RtpHeader(111, (ushort)number, (uint)number * 960, 7), payload, now);
            number++;
            while (buffer.TryReadFrame(now, out EncodedFrame read))
            {
                s_sum += read.Payload.Length;
                read.Dispose();
            }
        }));
    }

    private static IEnumerable<byte[]> Packetize(IRtpPacketizer packetizer, byte[] frame)
    {
        if (!packetizer.TryBegin(frame, new FrameDescription(), PayloadBytes)) throw new InvalidOperationException("The frame was refused.");
        while (packetizer.Write(frame, s_packet, out _) is > 0 and int length) yield return s_packet.AsSpan(0, length).ToArray();
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

    // The best round, and what the last one allocated.
    private static (double Nanoseconds, double Bytes) Measure(int count, Action<int> operation)
    {
        double best = double.MaxValue;
        long allocated = 0;
        for (TimeSpan end = ThreadClock.Now + s_duration; ThreadClock.Now < end;)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < count; i++) operation(i);
            best = Math.Min(best, (ThreadClock.Now - start).TotalNanoseconds / count);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        return (best, allocated / (double)count);
    }

    private static void Print(string what, int packets, (double Nanoseconds, double Bytes) figure) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {what} | {figure.Nanoseconds / packets:F0} | {figure.Bytes / packets:F0} B |"));
}
