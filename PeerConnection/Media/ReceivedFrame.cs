using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>A frame that has arrived, and the encoding it belongs to. Its holder disposes it, once: the payload's memory is pooled.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Rid">With simulcast, the encoding, or null.</param>
public readonly record struct ReceivedFrame(EncodedFrame Frame, string? Rid) : IDisposable
{
    /// <summary>Gives the payload's memory back.</summary>
    public void Dispose() => Frame.Dispose();

    internal static ReceivedFrame CopyOf(in EncodedFrame frame, string? rid) => new(frame with { Payload = MessageLease.CopyOf(frame.Payload.Span) }, rid);
}
