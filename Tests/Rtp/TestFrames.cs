using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Frames of every format that look like an encoder's to a packetizer: headers are right, the rest is noise.</summary>
internal static class TestFrames
{
    /// <summary>A frame of random size, sometimes a key frame.</summary>
    public static byte[] Draw(string name, Random random)
    {
        int size = random.Next(4) == 0 ? random.Next(4, 40) : random.Next(40, 20_000);
        return Draw(name, random, size, isKey: random.Next(3) == 0);
    }

    /// <summary>A frame of about a size.</summary>
    public static byte[] Draw(string name, Random random, int size, bool isKey)
    {
        if (name is "VP8" or "VP9")
        {
            byte[] frame = Noise(random, size);
            frame[0] = name == "VP8" ? (byte)(frame[0] & 0xFE | (isKey ? 0 : 1)) : (byte)(isKey ? 0x82 : 0x86);
            return frame;
        }
        List<byte> units = [];
        if (isKey) units.AddRange(name switch { "H264" => KeyUnits264(random), "H265" => KeyUnits265(random), _ => Obu(random, 1, 12) });
        int count = random.Next(1, 5);
        for (int i = 0; i < count; i++) units.AddRange(Unit(name, random, Math.Max(3, size / count)));
        return [.. units];
    }

    /// <summary>A slice's NAL unit, or an OBU.</summary>
    public static byte[] Unit(string name, Random random, int size) => name switch
    {
        "H264" => Nal(random, [0x61, 0x9A], size),
        "H265" => Nal(random, [0x02, 0x01, 0x90], size),
        _ => Obu(random, random.Next(2) == 0 ? 6 : 4, size),
    };

    /// <summary>The payloads of a frame.</summary>
    public static List<(byte[] Payload, bool Marker)> Packetize(IRtpPacketizer packetizer, byte[] frame, int maxPayload, FrameDescription? description = null)
    {
        List<(byte[], bool)> packets = [];
        byte[] payload = new byte[maxPayload];
        Assert.That(packetizer.TryBegin(frame, description ?? new FrameDescription(), maxPayload));
        while (packetizer.Write(frame, payload, out bool marker) is > 0 and int length) packets.Add((payload.AsSpan(0, length).ToArray(), marker));
        return packets;
    }

    private static IEnumerable<byte> KeyUnits264(Random random) => [.. Nal(random, [0x67], 12), .. Nal(random, [0x68], 5), .. Nal(random, [0x65, 0x88], 400)];

    private static IEnumerable<byte> KeyUnits265(Random random) => [.. Nal(random, [0x40, 1], 20), .. Nal(random, [0x42, 1], 30), .. Nal(random, [0x44, 1], 6), .. Nal(random, [0x26, 1, 0x80], 400)];

    private static byte[] Nal(Random random, byte[] header, int size)
    {
        byte[] body = new byte[size];
        for (int i = 0; i < size; i++) body[i] = (byte)random.Next(1, 256);    // no start code inside
        return [0, 0, 0, 1, .. header, .. body];
    }

    private static byte[] Obu(Random random, int type, int size)
    {
        List<byte> obu = [(byte)(type << 3 | 2)];
        int left = size;
        for (; left >= 128; left >>= 7) obu.Add((byte)(left | 128));
        obu.Add((byte)left);
        obu.AddRange(Noise(random, size));
        return [.. obu];
    }

    private static byte[] Noise(Random random, int size)
    {
        byte[] bytes = new byte[size];
        random.NextBytes(bytes);
        return bytes;
    }
}
