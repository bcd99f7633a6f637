namespace WebRtcStack.Rtp;

/// <summary>The size of pictures in a sequence parameter set (H.264 §7.3.2.1.1, H.265 §7.3.2.2).</summary>
internal static class SequenceParameterSet
{
    private const int MaxLength = 256;                                    // what comes before the size has less, scaling lists included

    /// <summary>Reads the size after cropping. False when the set is malformed, or so long that it is none.</summary>
    public static bool TryReadSize(ReadOnlySpan<byte> unit, bool isH265, out int width, out int height)
    {
        Span<byte> payload = stackalloc byte[MaxLength];
        int length = Unescape(unit[Math.Min(unit.Length, isH265 ? 2 : 1)..], payload);
        BitReader reader = new(payload[..length]);
        if (isH265) ReadH265(ref reader, out width, out height);
        else ReadH264(ref reader, out width, out height);
        return !reader.Overran && width > 0 && height > 0;
    }

    // §7.3.1.1 of both: the third byte of 00 00 03 is there to prevent start codes.
    private static int Unescape(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int length = 0, zeros = 0;
        foreach (byte each in source)
        {
            if (length == destination.Length) break;
            if (zeros >= 2 && each == 3)
            {
                zeros = 0;
                continue;
            }
            zeros = each == 0 ? zeros + 1 : 0;
            destination[length++] = each;
        }
        return length;
    }

    private static void ReadH264(ref BitReader reader, out int width, out int height)
    {
        uint profile = reader.Read(8);
        reader.Read(16);                                                  // constraints, level
        reader.ReadExpGolomb();                                           // seq_parameter_set_id
        uint chroma = 1;
        if (profile is 100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 or 138 or 139 or 134 or 135)
        {
            chroma = reader.ReadExpGolomb();
            if (chroma == 3) reader.Read(1);
            reader.ReadExpGolomb();                                       // bit depths
            reader.ReadExpGolomb();
            reader.Read(1);
            if (reader.ReadFlag()) SkipScalingLists(ref reader, chroma == 3 ? 12 : 8);
        }
        reader.ReadExpGolomb();                                           // log2_max_frame_num_minus4
        uint orderType = reader.ReadExpGolomb();
        if (orderType == 0) reader.ReadExpGolomb();
        if (orderType == 1) SkipOrderCounts(ref reader);
        reader.ReadExpGolomb();                                           // max_num_ref_frames
        reader.Read(1);
        uint widthInBlocks = reader.ReadExpGolomb() + 1, heightInUnits = reader.ReadExpGolomb() + 1;
        uint fields = reader.ReadFlag() ? 1u : 2u;                        // frame_mbs_only_flag
        if (fields == 2) reader.Read(1);
        reader.Read(1);
        uint left = 0, right = 0, top = 0, bottom = 0;
        if (reader.ReadFlag()) (left, right, top, bottom) = (reader.ReadExpGolomb(), reader.ReadExpGolomb(), reader.ReadExpGolomb(), reader.ReadExpGolomb());
        uint unitX = chroma is 1 or 2 ? 2u : 1u, unitY = (chroma == 1 ? 2u : 1u) * fields;
        width = (int)(widthInBlocks * 16 - unitX * (left + right));
        height = (int)(heightInUnits * 16 * fields - unitY * (top + bottom));
    }

    private static void SkipOrderCounts(ref BitReader reader)
    {
        reader.Read(1);
        reader.ReadExpGolomb();
        reader.ReadExpGolomb();
        for (uint left = reader.ReadExpGolomb(); left > 0 && !reader.Overran; left--) reader.ReadExpGolomb();
    }

    // §7.3.2.1.1.1: se(v) is ue(v) with the sign in its lowest bit.
    private static void SkipScalingLists(ref BitReader reader, int lists)
    {
        for (int list = 0; list < lists; list++)
        {
            if (!reader.ReadFlag()) continue;
            int last = 8, next = 8;
            for (int i = 0; i < (list < 6 ? 16 : 64); i++)
            {
                if (next != 0)
                {
                    uint code = reader.ReadExpGolomb();
                    int delta = (code & 1) != 0 ? (int)(code / 2) + 1 : -(int)(code / 2);
                    next = last + delta & 0xFF;
                }
                if (next != 0) last = next;
            }
        }
    }

    private static void ReadH265(ref BitReader reader, out int width, out int height)
    {
        reader.Read(4);                                                   // sps_video_parameter_set_id
        int subLayers = (int)reader.Read(3);
        reader.Read(1);
        SkipProfile(ref reader);
        reader.Read(8);                                                   // general_level_idc
        uint present = subLayers == 0 ? 0 : reader.Read(16);              // §7.3.3: two flags for each of eight
        for (int i = 0; i < subLayers; i++)
        {
            if ((present >> (15 - 2 * i) & 1) != 0) SkipProfile(ref reader);
            if ((present >> (14 - 2 * i) & 1) != 0) reader.Read(8);
        }
        reader.ReadExpGolomb();                                           // sps_seq_parameter_set_id
        uint chroma = reader.ReadExpGolomb();
        if (chroma == 3) reader.Read(1);
        uint across = reader.ReadExpGolomb(), down = reader.ReadExpGolomb();
        uint left = 0, right = 0, top = 0, bottom = 0;
        if (reader.ReadFlag()) (left, right, top, bottom) = (reader.ReadExpGolomb(), reader.ReadExpGolomb(), reader.ReadExpGolomb(), reader.ReadExpGolomb());
        width = (int)(across - (chroma is 1 or 2 ? 2u : 1u) * (left + right));
        height = (int)(down - (chroma == 1 ? 2u : 1u) * (top + bottom));
    }

    // 88 bits of profile_tier_level.
    private static void SkipProfile(ref BitReader reader)
    {
        reader.Read(32);
        reader.Read(32);
        reader.Read(24);
    }
}
