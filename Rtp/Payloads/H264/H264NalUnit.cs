namespace WebRtcStack.Rtp;

/// <summary>The types of H.264 NAL units that RTP needs to tell apart (H.264 table 7-1, RFC 6184 table 1).</summary>
internal static class H264NalUnit
{
    public const int TypeMask = 0x1F;
    public const int Slice = 1, InstantaneousRefresh = 5, SequenceParameters = 7, Delimiter = 9;
    public const int LastSingle = 23, StapA = 24, FuA = 28;

    public static int TypeOf(byte header) => header & TypeMask;

    /// <summary>Whether decoding can start at a frame that has the unit: an IDR picture, or the parameters that only go in front of one.</summary>
    public static bool IsKey(int type) => type is InstantaneousRefresh or SequenceParameters;
}
