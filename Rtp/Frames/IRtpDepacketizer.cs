namespace WebRtcStack.Rtp;

/// <summary>The receiving half of a payload format: from the payloads of a frame's packets to the frame.</summary>
/// <remarks>
/// Stateless, so that one instance serves all streams: what spans packets is kept in the <see cref="FrameBuffer"/>.
/// Any bytes are survivable; nothing is allocated.
/// </remarks>
public interface IRtpDepacketizer
{
    /// <summary>Reads what a payload says of its frame, when the packet arrives. False when it is malformed: the packet is to be dropped.</summary>
    bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info);

    /// <summary>Adds a payload to the frame, in order of the sequence numbers, when the frame is put together.</summary>
    /// <param name="payload">One that <see cref="TryInspect"/> has accepted.</param>
    /// <param name="frame">The frame so far.</param>
    /// <param name="follows">Whether the packet before this one was added too; false at the frame's first packet and behind a gap.</param>
    void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows);

    /// <summary>Ends the frame: what is cut off at its end is dropped.</summary>
    void Complete(FrameBuffer frame);
}
