using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>
/// How many responses a source address gets that has not shown a good credential, so that the server cannot be made to flood
/// somebody whose address is forged, nor be kept busy with hashing. A fixed table of token buckets: addresses may share one.
/// </summary>
internal sealed class ResponseLimiter(int perSecond, RandomSource random)
{
    private const int Buckets = 4096;
    private readonly (float Tokens, long FilledAt)[] _buckets = new (float, long)[Buckets];
    private readonly int _seed = (int)random.NextUInt32();

    /// <summary>Whether an address has a response left.</summary>
    public bool MayRespond(TransportAddress source, Instant now) => Fill(source, now) >= 1;

    /// <summary>Counts a response.</summary>
    public void Count(TransportAddress source, Instant now)
    {
        Fill(source, now);
        Bucket(source).Tokens--;
    }

    private float Fill(TransportAddress source, Instant now)
    {
        ref (float Tokens, long FilledAt) bucket = ref Bucket(source);
        float burst = 2 * perSecond;
        double gained = bucket.FilledAt == 0 ? burst : (now.Ticks - bucket.FilledAt) / (double)TimeSpan.TicksPerSecond * perSecond;
        bucket = ((float)Math.Min(burst, bucket.Tokens + gained), now.Ticks);
        return bucket.Tokens;
    }

    private ref (float Tokens, long FilledAt) Bucket(TransportAddress source) =>
        ref _buckets[(HashCode.Combine(source.WithPort(0), _seed) & int.MaxValue) % Buckets];
}
