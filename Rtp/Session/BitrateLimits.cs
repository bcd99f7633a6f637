using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What receivers ask a source not to exceed (TMMBR, RFC 5104 §4.2.1), and which of these limits hold (the bounding set, §3.5.4).</summary>
/// <remarks>A limit stays until its owner changes it or leaves. At most 16 owners, 24 bytes each; a further one takes no effect.</remarks>
internal sealed class BitrateLimits
{
    private const int MaxOwners = 16;
    private readonly MaxBitrateEntry[] _limits = new MaxBitrateEntry[MaxOwners];    // Ssrc is the owner
    private readonly MaxBitrateEntry[] _bounding = new MaxBitrateEntry[MaxOwners];
    private int _count, _boundingCount;

    /// <summary>The limits that hold, as a notification lists them (§4.2.2.1).</summary>
    public ReadOnlySpan<MaxBitrateEntry> BoundingSet => _bounding.AsSpan(0, _boundingCount);

    /// <summary>The rate that must not be exceeded, in bits per second with the headers that its owner has measured; null without a limit.</summary>
    public long? BitsPerSecond => _boundingCount == 0 ? null : (long)Math.Min(_bounding[0].BitsPerSecond, long.MaxValue);

    /// <summary>Bytes of header per packet that <see cref="BitsPerSecond"/> counts in.</summary>
    public int OverheadBytes => _boundingCount == 0 ? 0 : _bounding[0].OverheadBytes;

    /// <summary>Takes a request.</summary>
    public void Request(uint owner, in MaxBitrateEntry request)
    {
        int at = Find(owner);
        if (at == _count)
        {
            if (_count == MaxOwners) return;
            _count++;
        }
        _limits[at] = request with { Ssrc = owner };
        Bound();
    }

    /// <summary>An owner has left. False when it had no limit.</summary>
    public bool Forget(uint owner)
    {
        int at = Find(owner);
        if (at == _count) return false;
        _limits[at] = _limits[--_count];
        Bound();
        return true;
    }

    private int Find(uint owner)
    {
        int at = 0;
        while (at < _count && _limits[at].Ssrc != owner) at++;
        return at;
    }

    // §3.5.4.2: by packet rate, each limit is a line that falls with the overhead of each packet; those of the lowest edge bound.
    private void Bound()
    {
        _boundingCount = 0;
        if (_count == 0) return;
        int current = 0;
        for (int i = 1; i < _count; i++)
        {
            if (IsLower(_limits[i], _limits[current])) current = i;
        }
        while (true)
        {
            _bounding[_boundingCount++] = _limits[current];
            double nearest = RateAtZero(_limits[current]);
            int next = -1;
            for (int i = 0; i < _count; i++)
            {
                if (_limits[i].OverheadBytes <= _limits[current].OverheadBytes) continue;
                double crossing = ((double)_limits[i].BitsPerSecond - _limits[current].BitsPerSecond) / (8.0 * (_limits[i].OverheadBytes - _limits[current].OverheadBytes));
                if (crossing < nearest) (nearest, next) = (crossing, i);
            }
            if (next < 0) return;
            current = next;
        }
    }

    private static bool IsLower(in MaxBitrateEntry one, in MaxBitrateEntry other) =>
        one.BitsPerSecond < other.BitsPerSecond || (one.BitsPerSecond == other.BitsPerSecond && one.OverheadBytes > other.OverheadBytes);

    private static double RateAtZero(in MaxBitrateEntry limit) => limit.OverheadBytes == 0 ? double.MaxValue : limit.BitsPerSecond / (8.0 * limit.OverheadBytes);
}
