namespace WebRtcStack.Rtp;

/// <summary>Audio formats whose frame is a payload: Opus (RFC 7587), PCMU, PCMA and G.722 (RFC 3551 §4.5), comfort noise (RFC 3389).</summary>
/// <remarks>The marker tells the first packet of a talk spurt (RFC 3551 §4.1), which the application knows: it is never set here.</remarks>
public sealed class AudioPacketizer : IRtpPacketizer
{
    private bool _isOwed;

    /// <inheritdoc/>
    public bool TryBegin(ReadOnlySpan<byte> frame, in FrameDescription description, int maxPayloadLength)
    {
        _isOwed = frame.Length > 0 && frame.Length <= PacketRun.RequirePayloadLength(maxPayloadLength);
        return _isOwed;
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> frame, Span<byte> destination, out bool marker)
    {
        marker = false;
        if (!_isOwed) return 0;
        _isOwed = false;
        frame.CopyTo(destination);
        return frame.Length;
    }
}
