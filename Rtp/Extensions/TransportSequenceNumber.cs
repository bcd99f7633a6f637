using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>
/// A sequence number over all packets of a transport, and in version 2 a request for feedback
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2; webrtc.org transport-wide-cc-02).
/// </summary>
/// <param name="Value">The number.</param>
/// <param name="FeedbackCount">Version 2: feedback is asked for on so many packets, this one the last of them (1 to 32767); 0 asks for none.</param>
/// <param name="WantsTimestamps">Version 2: whether that feedback should say when they arrived.</param>
public readonly record struct TransportSequenceNumber(ushort Value, ushort FeedbackCount = 0, bool WantsTimestamps = false) : IRtpHeaderExtension
{
    /// <inheritdoc/>
    public int Length => FeedbackCount == 0 ? 2 : 4;

    /// <summary>Reads an element of either version. False when it has not even two bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out TransportSequenceNumber number)
    {
        WireReader reader = new(source);
        bool read = reader.TryReadUInt16(out ushort value);
        reader.TryReadUInt16(out ushort request);
        number = new TransportSequenceNumber(value, (ushort)(request & 0x7FFF), request > 0x8000);
        return read;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        WireWriter writer = new(destination);
        writer.WriteUInt16(Value);
        if (FeedbackCount != 0) writer.WriteUInt16((ushort)(FeedbackCount & 0x7FFF | (WantsTimestamps ? 0x8000 : 0)));
        return Length;
    }
}
