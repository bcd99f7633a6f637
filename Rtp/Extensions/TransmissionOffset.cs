using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>How much later than its RTP timestamp a packet was sent (RFC 5450 §2).</summary>
/// <param name="Offset">In units of the payload's clock rate, from -8388608 to 8388607.</param>
public readonly record struct TransmissionOffset(int Offset) : IRtpHeaderExtension
{
    /// <inheritdoc/>
    public int Length => 3;

    /// <summary>Reads an element. False when it does not have three bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out TransmissionOffset offset)
    {
        bool read = new WireReader(source).TryReadUInt24(out uint value);
        offset = new TransmissionOffset((int)(value << 8) >> 8);
        return read;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        WireWriter writer = new(destination);
        writer.WriteUInt24((uint)Offset);
        return writer.Overflowed ? 0 : Length;
    }
}
