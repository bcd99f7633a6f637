using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Why a frame carries its timing (webrtc.org video-timing).</summary>
[Flags]
public enum VideoTimingTriggers : byte
{
    /// <summary>For no stated reason.</summary>
    None = 0,

    /// <summary>It was time again.</summary>
    Timer = 1,

    /// <summary>The frame is larger than most.</summary>
    Size = 2,
}

/// <summary>When a frame passed the stations of its sender, in milliseconds after its capture (webrtc.org video-timing).</summary>
/// <param name="Triggers">Why the frame carries its timing.</param>
/// <param name="EncodeStart">Encoding began.</param>
/// <param name="EncodeFinish">Encoding ended.</param>
/// <param name="PacketizationFinish">The packets were made.</param>
/// <param name="PacerExit">The last packet left the pacer.</param>
/// <param name="NetworkTime">A relay's first station; 0 when there was none.</param>
/// <param name="NetworkTime2">A relay's second station; 0 when there was none.</param>
public readonly record struct VideoTiming(
    VideoTimingTriggers Triggers, ushort EncodeStart, ushort EncodeFinish, ushort PacketizationFinish, ushort PacerExit,
    ushort NetworkTime = 0, ushort NetworkTime2 = 0) : IRtpHeaderExtension
{
    /// <inheritdoc/>
    public int Length => 13;

    /// <summary>Reads an element. False when it does not have thirteen bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out VideoTiming timing)
    {
        timing = default;
        WireReader reader = new(source);
        if (!reader.TryReadByte(out byte triggers) || !reader.TryReadUInt16(out ushort start) || !reader.TryReadUInt16(out ushort finish) ||
            !reader.TryReadUInt16(out ushort packetized) || !reader.TryReadUInt16(out ushort paced) ||
            !reader.TryReadUInt16(out ushort network) || !reader.TryReadUInt16(out ushort network2)) return false;
        timing = new VideoTiming((VideoTimingTriggers)triggers, start, finish, packetized, paced, network, network2);
        return true;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        WireWriter writer = new(destination);
        writer.WriteByte((byte)Triggers);
        writer.WriteUInt16(EncodeStart);
        writer.WriteUInt16(EncodeFinish);
        writer.WriteUInt16(PacketizationFinish);
        writer.WriteUInt16(PacerExit);
        writer.WriteUInt16(NetworkTime);
        writer.WriteUInt16(NetworkTime2);
        return Length;
    }
}
