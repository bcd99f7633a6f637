namespace WebRtcStack.Rtp;

/// <summary>The header and the types of H.265 NAL units that RTP needs to tell apart (H.265 table 7-1, RFC 7798 §1.1.4, §4.4).</summary>
internal static class H265NalUnit
{
    public const int HeaderLength = 2;
    public const int FirstRandomAccess = 16, LastRandomAccess = 23, LastSlice = 31;
    public const int VideoParameters = 32, SequenceParameters = 33, Delimiter = 35, LastSingle = 47;
    public const int Aggregate = 48, Fragment = 49, ContentInformation = 50;

    // +---------------+---------------+
    // |0|1|2|3|4|5|6|7|0|1|2|3|4|5|6|7|
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |F|   Type    |  LayerId  | TID |

    public static int TypeOf(byte header) => header >> 1 & 0x3F;

    public static byte WithType(byte header, int type) => (byte)(header & 0x81 | type << 1);

    public static byte TemporalIdOf(byte second) => (byte)Math.Max(0, (second & 7) - 1);

    /// <summary>Whether decoding can start at a frame that has the unit: a random access picture, or the parameters that only go in front of one.</summary>
    public static bool IsKey(int type) => type is >= FirstRandomAccess and <= LastRandomAccess or VideoParameters or SequenceParameters;
}
