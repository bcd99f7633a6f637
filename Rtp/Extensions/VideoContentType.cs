namespace WebRtcStack.Rtp;

/// <summary>What a video frame shows (webrtc.org video-content-type).</summary>
/// <param name="IsScreenshare">Whether it shows a screen.</param>
public readonly record struct VideoContentType(bool IsScreenshare) : IRtpHeaderExtension
{
    /// <inheritdoc/>
    public int Length => 1;

    /// <summary>Reads an element. False when it is empty.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out VideoContentType type)
    {
        type = new VideoContentType(!source.IsEmpty && (source[0] & 1) != 0);
        return !source.IsEmpty;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.IsEmpty) return 0;
        destination[0] = IsScreenshare ? (byte)1 : (byte)0;
        return 1;
    }
}
