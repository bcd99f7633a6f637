using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The limit that we ask a source to keep (TMMBR, RFC 5104 §4.2.1): asked for again until a notification of the source (§4.2.2) shows that it was heard.</summary>
internal sealed class MaxBitrateRequest
{
    private const int MaxAttempts = 10;                 // a source that never answers is left alone then
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private uint _owner;
    private int _attempts;
    private Instant _allowedAt = new(long.MinValue);

    /// <summary>The limit; null asks for none any more.</summary>
    public long? BitsPerSecond { get; private set; }

    /// <summary>When it is to be asked for (again); <see cref="Instant.Never"/> when it was heard, or is given up.</summary>
    public Instant NextAt { get; private set; } = Instant.Never;

    // There is no other way to take a limit back than to ask for one that no network reaches.
    private ulong Asked => BitsPerSecond is { } limit ? BitrateField.Round((ulong)limit, MaxBitrateEntry.MantissaBits) : BitrateField.Round(ulong.MaxValue, MaxBitrateEntry.MantissaBits);

    public void Set(long? bitsPerSecond, Instant now)
    {
        if (bitsPerSecond == BitsPerSecond) return;
        (BitsPerSecond, _attempts, NextAt) = (bitsPerSecond, 0, now);
    }

    /// <summary>What is asked of a source.</summary>
    public MaxBitrateEntry EntryFor(uint ssrc, int overheadBytes) => new(ssrc, Asked, overheadBytes);

    /// <summary>It was asked for.</summary>
    public void Sent(uint owner, Instant now, TimeSpan patience)
    {
        _owner = owner;
        _allowedAt = now + (patience > s_interval ? patience : s_interval);
        NextAt = ++_attempts < MaxAttempts ? _allowedAt : Instant.Never;
    }

    /// <summary>The source has said which limits hold.</summary>
    /// <param name="entries">Those of a notification that is well-formed.</param>
    /// <param name="now">When.</param>
    public void Notified(ref WireReader entries, Instant now)
    {
        bool isKept = BitsPerSecond is null, isOld = false;
        while (MaxBitrateEntry.TryRead(ref entries, out MaxBitrateEntry entry))
        {
            // §3.5.4.2: a limit of ours that is not listed does not bind, since one that is listed lies below it.
            if (entry.Ssrc == _owner) isOld |= entry.BitsPerSecond != Asked;
            isKept |= entry.Ssrc == _owner ? entry.BitsPerSecond == Asked : entry.BitsPerSecond <= Asked;
        }
        if (isKept && !isOld) (_attempts, NextAt) = (0, Instant.Never);
        else if (_attempts < MaxAttempts) NextAt = Instant.Max(now, _allowedAt);
    }
}
