using System.IO;

namespace WebRtcStack.Rtp;

/// <summary>Whole reads and writes of spans, which streams of netstandard2.0 do not have.</summary>
internal static class StreamBytes
{
    /// <summary>Reads until the span is full or the stream ends.</summary>
    /// <returns>Bytes read.</returns>
    public static int ReadFully(Stream stream, Span<byte> destination)
    {
        int total = 0;
#if NET
        while (total < destination.Length && stream.Read(destination[total..]) is > 0 and int count) total += count;
#else
        byte[] block = new byte[Math.Min(destination.Length, 4096)];
        while (total < destination.Length && stream.Read(block, 0, Math.Min(block.Length, destination.Length - total)) is > 0 and int count)
        {
            block.AsSpan(0, count).CopyTo(destination[total..]);
            total += count;
        }
#endif
        return total;
    }

    /// <summary>Writes a span.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> source)
    {
#if NET
        stream.Write(source);
#else
        byte[] block = source.ToArray();
        stream.Write(block, 0, block.Length);
#endif
    }
}
