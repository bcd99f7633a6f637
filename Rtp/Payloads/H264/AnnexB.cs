namespace WebRtcStack.Rtp;

/// <summary>Walks the NAL units of a byte stream with start codes (H.264 and H.265, Annex B).</summary>
public static class AnnexB
{
    /// <summary>The start code that frames are written with.</summary>
    internal static ReadOnlySpan<byte> StartCode => [0, 0, 0, 1];

    /// <summary>Finds the next NAL unit from <paramref name="position"/> on.</summary>
    /// <param name="stream">The byte stream.</param>
    /// <param name="position">Where to look; then behind the unit.</param>
    /// <param name="start">Where the unit starts.</param>
    /// <param name="length">Its bytes, without start code and trailing zeros.</param>
    /// <returns>False when there is no further unit.</returns>
    public static bool TryReadUnit(ReadOnlySpan<byte> stream, ref int position, out int start, out int length)
    {
        (start, length) = (0, 0);
        while (position < stream.Length)
        {
            int code = FindStartCode(stream[position..]);
            if (code < 0) break;
            start = position + code + 3;
            int next = FindStartCode(stream[start..]);
            int end = next < 0 ? stream.Length : start + next;
            position = end;
            while (end > start && stream[end - 1] == 0) end--;            // trailing_zero_8bits, and the next code's own zero
            length = end - start;
            if (length > 0) return true;
        }
        position = stream.Length;
        return false;
    }

    // Where 00 00 01 starts.
    private static int FindStartCode(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> code = [0, 0, 1];
        return bytes.IndexOf(code);
    }
}
