using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Limits that a sender asks of the delay between capture and rendering (webrtc.org playout-delay).</summary>
/// <param name="Minimum">The least delay, from 0 to 40.95 s in steps of 10 ms.</param>
/// <param name="Maximum">The greatest delay, likewise. Both 0 ask to render at once.</param>
public readonly record struct PlayoutDelay(TimeSpan Minimum, TimeSpan Maximum) : IRtpHeaderExtension
{
    private const int UnitMilliseconds = 10;

    /// <inheritdoc/>
    public int Length => 3;

    /// <summary>Reads an element. False when it does not have three bytes, or its minimum exceeds its maximum.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out PlayoutDelay delay)
    {
        bool read = new WireReader(source).TryReadUInt24(out uint value);
        delay = new PlayoutDelay(
            TimeSpan.FromMilliseconds((value >> 12) * UnitMilliseconds),
            TimeSpan.FromMilliseconds((value & 0xFFF) * UnitMilliseconds));
        return read && delay.Minimum <= delay.Maximum;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        WireWriter writer = new(destination);
        writer.WriteUInt24(Units(Minimum) << 12 | Units(Maximum));
        return writer.Overflowed ? 0 : Length;
    }

    private static uint Units(TimeSpan delay) =>
        (uint)Math.Max(0, Math.Min(0xFFF, delay.Ticks / (UnitMilliseconds * TimeSpan.TicksPerMillisecond)));
}
