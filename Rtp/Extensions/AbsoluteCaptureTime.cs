using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>When the first sample or the frame of a packet was captured (webrtc.org abs-capture-time).</summary>
/// <param name="NtpTime">The capturer's NTP time in 32.32 fixed-point seconds.</param>
/// <param name="ClockOffset">What to add to it for the sender's NTP clock, in 32.32 fixed-point seconds; null when unknown.</param>
public readonly record struct AbsoluteCaptureTime(ulong NtpTime, long? ClockOffset = null) : IRtpHeaderExtension
{
    /// <inheritdoc/>
    public int Length => ClockOffset is null ? 8 : 16;

    /// <summary>Reads an element. False when it has less than eight bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out AbsoluteCaptureTime time)
    {
        WireReader reader = new(source);
        bool read = reader.TryReadUInt64(out ulong ntpTime);
        time = new AbsoluteCaptureTime(ntpTime, reader.TryReadUInt64(out ulong offset) ? (long)offset : null);
        return read;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        WireWriter writer = new(destination);
        writer.WriteUInt64(NtpTime);
        if (ClockOffset is { } offset) writer.WriteUInt64((ulong)offset);
        return Length;
    }
}
