namespace WebRtcStack.Srtp;

/// <summary>What is remembered per SSRC: which packet indices were seen (RFC 3711 §3.2.3), for a limited number of SSRCs.</summary>
/// <remarks>A packet costs one look-up whatever the number of SSRCs, and none when it is of the same SSRC as the one before.</remarks>
internal sealed class StreamTable(SrtpOptions options)
{
    private readonly Dictionary<uint, ReplayWindow> _streams = [];
    private uint _latestSsrc;
    private ReplayWindow? _latest;

    public bool IsFull => _streams.Count >= options.MaxStreams;

    public ReplayWindow? Find(uint ssrc)
    {
        if (_latest is not null && ssrc == _latestSsrc) return _latest;
        if (!_streams.TryGetValue(ssrc, out ReplayWindow? window)) return null;
        (_latestSsrc, _latest) = (ssrc, window);
        return window;
    }

    public ReplayWindow Add(uint ssrc) => _streams[ssrc] = new ReplayWindow(options.ReplayWindow);

    /// <summary>
    /// Estimates the 48-bit index of an RTP packet: the ROC is the one that brings its sequence number closest to the highest so
    /// far (RFC 3711 §3.3.1, appendix A); 0 for the first packet.
    /// </summary>
    /// <returns>False when that would be before the first packet or behind the last of a key.</returns>
    public static bool TryEstimateIndex(ReplayWindow? stream, ushort sequence, out ulong index)
    {
        const long Half = 1 << 15, Whole = 1 << 16, End = 1L << 48;
        index = sequence;
        if (stream is null) return true;
        long highest = (long)stream.Highest;
        long estimate = (highest & ~(Whole - 1)) | sequence;
        if (estimate - highest > Half) estimate -= Whole;
        else if (highest - estimate > Half) estimate += Whole;
        index = (ulong)estimate;
        return estimate is >= 0 and < End;
    }
}
