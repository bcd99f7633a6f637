namespace WebRtcStack.Rtp;

/// <summary>What the head of an encoded frame tells: whether it is a key frame, and how large its pictures are.</summary>
public readonly record struct VideoFrameInfo
{
    /// <summary>Whether decoding can start with it.</summary>
    public bool IsKeyFrame { get; private init; }

    /// <summary>Pixels across; 0 when the frame does not tell, as frames between key frames do not.</summary>
    public int Width { get; private init; }

    /// <summary>Pixels down; 0 when the frame does not tell.</summary>
    public int Height { get; private init; }

    /// <summary>Reads the head of a frame in the form that <see cref="EncodedFrame"/> describes. Nothing is allocated.</summary>
    /// <param name="codec">The codec by its RTP name, in any case: VP8, VP9, AV1, H264 or H265.</param>
    /// <param name="frame">The frame. Of a picture in several spatial layers, the first is looked at.</param>
    /// <param name="info">What it tells.</param>
    /// <returns>False when the codec is another, or the head malformed.</returns>
    public static bool TryRead(string codec, ReadOnlySpan<byte> frame, out VideoFrameInfo info)
    {
        info = default;
        return Is(codec, "VP8") ? TryReadVp8(frame, out info)
            : Is(codec, "VP9") ? TryReadVp9(frame, out info)
            : Is(codec, "AV1") ? TryReadAv1(frame, out info)
            : Is(codec, "H264") ? TryReadNalUnits(frame, isH265: false, out info)
            : Is(codec, "H265") && TryReadNalUnits(frame, isH265: true, out info);
    }

    private static bool Is(string codec, string name) => string.Equals(codec, name, StringComparison.OrdinalIgnoreCase);

    // RFC 6386 §9.1: the frame tag, then of a key frame the start code, and width and height with two bits of scaling each.
    private static bool TryReadVp8(ReadOnlySpan<byte> frame, out VideoFrameInfo info)
    {
        info = default;
        if (frame.Length < 3) return false;
        if ((frame[0] & 1) != 0) return true;
        if (frame.Length < 10 || frame[3] != 0x9D || frame[4] != 0x01 || frame[5] != 0x2A) return false;
        info = new VideoFrameInfo { IsKeyFrame = true, Width = (frame[7] << 8 | frame[6]) & 0x3FFF, Height = (frame[9] << 8 | frame[8]) & 0x3FFF };
        return true;
    }

    // VP9 bitstream §6.2, uncompressed_header.
    private static bool TryReadVp9(ReadOnlySpan<byte> frame, out VideoFrameInfo info)
    {
        info = default;
        BitReader reader = new(frame);
        if (reader.Read(2) != 2) return false;
        uint profile = reader.Read(1) | reader.Read(1) << 1;
        if (profile == 3) reader.Read(1);
        bool showsExisting = reader.ReadFlag(), isKey = !showsExisting && !reader.ReadFlag();
        if (!isKey) return !reader.Overran;
        reader.Read(2);                                                   // show_frame, error_resilient_mode
        if (reader.Read(24) != 0x498342) return false;
        if (profile >= 2) reader.Read(1);
        const uint rgb = 7;
        bool isRgb = reader.Read(3) == rgb;
        if (!isRgb) reader.Read(1);
        if ((profile & 1) != 0) reader.Read(isRgb ? 1 : 3);
        info = new VideoFrameInfo { IsKeyFrame = true, Width = (int)reader.Read(16) + 1, Height = (int)reader.Read(16) + 1 };
        return !reader.Overran;
    }

    // AV1 §5.5.1, sequence_header_obu.
    private static bool TryReadAv1(ReadOnlySpan<byte> frame, out VideoFrameInfo info)
    {
        info = default;
        while (Av1Obu.TryRead(ref frame, out Av1Obu unit))
        {
            if (unit.Type != Av1Obu.SequenceHeader) continue;
            BitReader reader = new(unit.Payload);
            reader.Read(4);                                               // seq_profile, still_picture
            if (reader.ReadFlag()) reader.Read(5);                        // reduced_still_picture_header
            else SkipAv1OperatingPoints(ref reader);
            int widthBits = (int)reader.Read(4) + 1, heightBits = (int)reader.Read(4) + 1;
            info = new VideoFrameInfo { IsKeyFrame = true, Width = (int)reader.Read(widthBits) + 1, Height = (int)reader.Read(heightBits) + 1 };
            return !reader.Overran;
        }
        return frame.IsEmpty;
    }

    private static void SkipAv1OperatingPoints(ref BitReader reader)
    {
        int delayBits = 0;
        bool hasDecoderModel = false;
        if (reader.ReadFlag())                                            // timing_info_present_flag
        {
            reader.Read(32);
            reader.Read(32);
            if (reader.ReadFlag()) reader.ReadExpGolomb();                // uvlc() is coded alike
            hasDecoderModel = reader.ReadFlag();
            if (hasDecoderModel)
            {
                delayBits = (int)reader.Read(5) + 1;
                reader.Read(32);
                reader.Read(10);
            }
        }
        bool hasInitialDelay = reader.ReadFlag();
        for (int left = (int)reader.Read(5) + 1; left > 0; left--)
        {
            reader.Read(12);
            if (reader.Read(5) > 7) reader.Read(1);
            if (hasDecoderModel && reader.ReadFlag())
            {
                reader.Read(delayBits);
                reader.Read(delayBits);
                reader.Read(1);
            }
            if (hasInitialDelay && reader.ReadFlag()) reader.Read(4);
        }
    }

    // Parameter sets come before the slices: what follows the first slice is not looked at.
    private static bool TryReadNalUnits(ReadOnlySpan<byte> frame, bool isH265, out VideoFrameInfo info)
    {
        info = default;
        int position = 0;
        while (AnnexB.TryReadUnit(frame, ref position, out int start, out int length))
        {
            ReadOnlySpan<byte> unit = frame.Slice(start, length);
            int type = isH265 ? unit[0] >> 1 & 0x3F : unit[0] & 0x1F;
            if (type == (isH265 ? 33 : 7))
            {
                if (!SequenceParameterSet.TryReadSize(unit, isH265, out int width, out int height)) return false;
                info = info with { Width = width, Height = height };
            }
            bool isSlice = isH265 ? type < 32 : type is >= 1 and <= 5;
            if (!isSlice) continue;
            info = info with { IsKeyFrame = isH265 ? type is >= 16 and <= 21 : type == 5 };
            return true;
        }
        return false;
    }
}
