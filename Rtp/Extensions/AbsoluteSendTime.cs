using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>When a packet was sent: the low 24 bits of 6.18 fixed-point seconds, which wrap every 64 s (webrtc.org abs-send-time).</summary>
/// <param name="Value">The 24 bits.</param>
public readonly record struct AbsoluteSendTime(uint Value) : IRtpHeaderExtension
{
    private const int FractionBits = 18;
    private const uint Mask = 0xFFFFFF;

    /// <inheritdoc/>
    public int Length => 3;

    /// <summary>The value for a time on the caller's clock; only differences mean anything.</summary>
    public static AbsoluteSendTime From(Instant now)
    {
        long seconds = now.Ticks / TimeSpan.TicksPerSecond;
        long fraction = now.Ticks % TimeSpan.TicksPerSecond;
        return new AbsoluteSendTime((uint)((seconds << FractionBits) + (fraction << FractionBits) / TimeSpan.TicksPerSecond) & Mask);
    }

    /// <summary>The time from <paramref name="earlier"/> to this one, between -32 s and 32 s.</summary>
    public TimeSpan Since(AbsoluteSendTime earlier)
    {
        int difference = (int)((Value - earlier.Value) << 8) >> 8;       // sign-extended from 24 bits
        return TimeSpan.FromTicks(difference * TimeSpan.TicksPerSecond >> FractionBits);
    }

    /// <summary>Reads an element. False when it does not have three bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out AbsoluteSendTime time)
    {
        bool read = new WireReader(source).TryReadUInt24(out uint value);
        time = new AbsoluteSendTime(value);
        return read;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        WireWriter writer = new(destination);
        writer.WriteUInt24(Value);
        return writer.Overflowed ? 0 : Length;
    }
}
