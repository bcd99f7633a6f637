namespace WebRtcStack.Sctp;

/// <summary>What a SACK changed.</summary>
internal record struct SackOutcome
{
    /// <summary>Whether it was valid and not older than its predecessor.</summary>
    public bool IsValid;

    public long AcknowledgedBytes;

    public bool CumulativeAdvanced;

    /// <summary>The first chunk that is outstanding is with the peer, by what it said before: it took that back (RFC 9260 §6.2).</summary>
    public bool TookBack;

    /// <summary>It has as many gap blocks as a packet holds, so there may be more beyond them.</summary>
    public bool IsTruncated;

    /// <summary>It acknowledged a chunk that was taken as lost and had not been sent again.</summary>
    public bool FoundSpuriousLoss;

    /// <summary>A round trip for the retransmission timeout, where the chunk that was timed is among the acknowledged; else negative.</summary>
    public TimeSpan RoundTrip;

    /// <summary>The round trip of the chunk sent last among those acknowledged and sent once; negative where there is none.</summary>
    public TimeSpan LatestRoundTrip;
}
