namespace WebRtcStack.Rtp;

/// <summary>What a VP9 frame's uncompressed header tells in its first byte (VP9 bitstream §6.2).</summary>
public static class Vp9Bitstream
{
    /// <summary>Whether a frame is a key frame.</summary>
    public static bool IsKeyFrame(ReadOnlySpan<byte> frame)
    {
        BitReader reader = new(frame);
        if (reader.Read(2) != 2) return false;                            // frame_marker
        bool low = reader.ReadFlag(), high = reader.ReadFlag();
        if (low && high) reader.ReadFlag();                               // profile 3: a reserved bit
        bool showsExisting = reader.ReadFlag(), isInter = reader.ReadFlag();
        return !showsExisting && !isInter && !reader.Overran;
    }
}
