namespace WebRtcStack.Ice;

/// <summary>A piece of a data stream that needs a transport address of its own (RFC 8445 §4).</summary>
public enum IceComponent : byte
{
    /// <summary>RTP, or all of a multiplexed transport.</summary>
    Rtp = 1,

    /// <summary>RTCP where it is not multiplexed with RTP.</summary>
    Rtcp = 2,
}
