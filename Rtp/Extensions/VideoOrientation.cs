namespace WebRtcStack.Rtp;

/// <summary>How a video frame is to be turned before it is shown: coordination of video orientation (3GPP TS 26.114 §7.4.5).</summary>
/// <param name="Rotation">Degrees clockwise: 0, 90, 180 or 270.</param>
/// <param name="IsFlipped">Whether it is to be mirrored, left to right, before that.</param>
/// <param name="IsBackFacing">Whether the camera faces away from the user.</param>
public readonly record struct VideoOrientation(int Rotation, bool IsFlipped = false, bool IsBackFacing = false) : IRtpHeaderExtension
{
    /// <inheritdoc/>
    public int Length => 1;

    /// <summary>Reads an element. False when it is empty.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out VideoOrientation orientation)
    {
        orientation = default;
        if (source.IsEmpty) return false;
        orientation = new VideoOrientation((source[0] & 3) * 90, (source[0] & 4) != 0, (source[0] & 8) != 0);
        return true;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.IsEmpty) return 0;
        destination[0] = (byte)(Rotation / 90 & 3 | (IsFlipped ? 4 : 0) | (IsBackFacing ? 8 : 0));
        return 1;
    }
}
