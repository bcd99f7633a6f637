using System.IO;
using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>IVF and Ogg Opus: what is written is read; damage ends in an exception that says what, or in passing over.</summary>
public sealed class ContainerTests
{
    [FsCheck.NUnit.Property(MaxTest = 50)]
    public bool Ivf_Write_ThenRead_IsIdentity(byte[][] frames, ushort width, ushort height)
    {
        using MemoryStream file = new();
        IvfHeader header = new("VP80", width, height, 90000);
        using (IvfWriter writer = new(file, header))
        {
            for (int i = 0; i < frames.Length; i++) writer.Write(frames[i], (ulong)i * 3000);
        }
        file.Position = 0;
        IvfReader reader = new(file);
        List<byte[]> read = [];
        bool timesMatch = true;
        while (reader.TryRead(out IvfFrame frame))
        {
            timesMatch &= frame.Time == (ulong)read.Count * 3000;
            read.Add(frame.Payload.Span.ToArray());
            frame.Dispose();
        }
        return reader.Header == header with { FrameCount = (uint)frames.Length } && timesMatch &&
            read.Count == frames.Length && read.Zip(frames, (a, b) => a.AsSpan().SequenceEqual(b)).All(same => same);
    }

    [Test]                                                                // AV1 §7.5: temporal units start with a delimiter
    public void Ivf_OfAv1_GetsTemporalDelimiters()
    {
        using MemoryStream file = new();
        using (IvfWriter writer = new(file, new IvfHeader("AV01", 1, 1, 30))) writer.Write([0x32, 1, 7], 0);
        Assert.That(file.ToArray()[44..], Is.EqualTo(new byte[] { 0x12, 0, 0x32, 1, 7 }));
    }

    [Test]
    public void Ivf_ThatIsDamaged_SaysSo()
    {
        Assert.That(() => new IvfReader(new MemoryStream(new byte[100])), Throws.InstanceOf<InvalidDataException>());
        using MemoryStream file = new();
        using (IvfWriter writer = new(file, new IvfHeader("VP80", 1, 1, 30))) writer.Write(new byte[5000], 0);
        file.Position = 0;
        IvfReader limited = new(file, 1024);
        Assert.That(() => limited.TryRead(out _), Throws.InstanceOf<InvalidDataException>());
        using MemoryStream cut = new(file.ToArray()[..1000]);
        Assert.That(new IvfReader(cut).TryRead(out _), Is.False);
    }

    [Test]                                                                // RFC 7845 §3, §4
    public void OggOpus_Write_ThenRead_IsIdentity()
    {
        Random random = new(1);
        byte[][] packets = [.. Enumerable.Range(0, 300).Select(i => OpusOf(random, i % 50 == 7 ? 2000 : i % 5 == 0 ? 255 : random.Next(1, 400)))];
        byte[] file = WriteOgg(packets);
        using OggOpusReader reader = new(new MemoryStream(file));
        Assert.That(reader.Head, Is.EqualTo(new OpusHead(2)));
        Assert.That(ReadAll(reader), Is.EqualTo(packets));
        Assert.That(reader.GranulePosition, Is.EqualTo(300 * 960));
        Assert.That(reader.DamagedPages, Is.Zero);
    }

    [Test]                                                                // RFC 3533 §6: a page with a wrong checksum is passed over
    public void OggOpus_WithADamagedPage_GoesOnBehindIt()
    {
        Random random = new(1);
        byte[][] packets = [.. Enumerable.Range(0, 200).Select(_ => OpusOf(random, 100))];
        byte[] file = WriteOgg(packets);
        file[file.Length / 2] ^= 1;
        using OggOpusReader reader = new(new MemoryStream(file));
        Assert.That(ReadAll(reader), Has.Count.EqualTo(150), "a page has a second");
        Assert.That(reader.DamagedPages, Is.EqualTo(1));
    }

    [Test]
    public void OggOpus_WithAGap_KeepsTheTime()
    {
        using MemoryStream file = new();
        using (OggOpusWriter writer = new(file, new OpusHead(1)))
        {
            Assert.That(writer.Write([0x78, 1, 2]));
            writer.WriteGap(960 * 3 + 120);
            Assert.That(writer.Write([]), Is.False);
        }
        file.Position = 0;
        using OggOpusReader reader = new(file);
        Assert.That(ReadAll(reader), Has.Count.EqualTo(5));
        Assert.That(reader.GranulePosition, Is.EqualTo(960 * 4 + 120));
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void OggOpus_OfAnyBytes_EndsOrSaysWhatIsWrong(byte[] garbage, ushort at)
    {
        byte[] file = WriteOgg([.. Enumerable.Range(0, 60).Select(i => OpusOf(new Random(i), 300))]);
        garbage.AsSpan(0, Math.Min(garbage.Length, 60)).CopyTo(file.AsSpan(at % (file.Length - 60)));
        try
        {
            using OggOpusReader reader = new(new MemoryStream(file));
            ReadAll(reader);
        }
        catch (InvalidDataException e)
        {
            Assert.That(e.Message, Is.Not.Empty);
        }
    }

    private static byte[] OpusOf(Random random, int length)
    {
        byte[] packet = new byte[length];
        random.NextBytes(packet);
        packet[0] = 0x78;                                                 // 20 ms in one frame
        return packet;
    }

    private static byte[] WriteOgg(byte[][] packets)
    {
        using MemoryStream file = new();
        using (OggOpusWriter writer = new(file, new OpusHead(2)))
        {
            foreach (byte[] packet in packets) Assert.That(writer.Write(packet));
        }
        return file.ToArray();
    }

    private static List<byte[]> ReadAll(OggOpusReader reader)
    {
        List<byte[]> read = [];
        while (reader.TryRead(out MessageLease packet))
        {
            read.Add(packet.Span.ToArray());
            packet.Dispose();
        }
        return read;
    }
}
