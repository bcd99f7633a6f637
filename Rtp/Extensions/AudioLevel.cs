namespace WebRtcStack.Rtp;

/// <summary>The level of a packet's audio, client to mixer (RFC 6464 §3).</summary>
/// <param name="Level">The level in -dBov: 0 is the loudest, 127 silence.</param>
/// <param name="IsVoice">Whether the sender believes that the packet holds speech.</param>
public readonly record struct AudioLevel(byte Level, bool IsVoice) : IRtpHeaderExtension
{
    /// <inheritdoc/>
    public int Length => 1;

    /// <summary>Reads an element: one byte (§3), or one byte and padding with two-byte headers.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out AudioLevel level)
    {
        level = default;
        if (source.IsEmpty) return false;
        level = new AudioLevel((byte)(source[0] & 0x7F), (source[0] & 0x80) != 0);
        return true;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.IsEmpty) return 0;
        destination[0] = (byte)((IsVoice ? 0x80 : 0) | Math.Min(Level, (byte)127));
        return 1;
    }
}
