using System.Collections;

namespace WebRtcStack;

/// <summary>Statistics of a connection at one instant, by their ids (webrtc-pc §8.3).</summary>
public sealed class RTCStatsReport : IReadOnlyDictionary<string, RTCStats>
{
    private readonly Dictionary<string, RTCStats> _stats = [];

    internal RTCStatsReport(IEnumerable<RTCStats> stats)
    {
        foreach (RTCStats each in stats) _stats[each.Id] = each;
    }

    /// <inheritdoc/>
    public int Count => _stats.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _stats.Keys;

    /// <inheritdoc/>
    public IEnumerable<RTCStats> Values => _stats.Values;

    /// <inheritdoc/>
    public RTCStats this[string key] => _stats[key];

    /// <summary>The statistics of one kind: <c>report.OfType&lt;RTCTransportStats&gt;()</c>.</summary>
    public IEnumerable<T> OfType<T>() where T : RTCStats => _stats.Values.OfType<T>();

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _stats.ContainsKey(key);

    /// <inheritdoc/>
#pragma warning disable CS8767 // the interface of netstandard2.0 does not say that the value may be null
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out RTCStats value) => _stats.TryGetValue(key, out value);
#pragma warning restore CS8767

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, RTCStats>> GetEnumerator() => _stats.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>What the chosen statistics are, and all that they refer to, directly or not (webrtc-pc §8.5, the stats selection algorithm).</summary>
    internal RTCStatsReport Select(Func<RTCStats, bool> isChosen)
    {
        Dictionary<string, RTCStats> selected = [];
        Stack<RTCStats> pending = new(_stats.Values.Where(isChosen));
        while (pending.Count > 0)
        {
            RTCStats next = pending.Pop();
            if (selected.ContainsKey(next.Id)) continue;
            selected.Add(next.Id, next);
            foreach (string? reference in next.References)
            {
                if (reference is not null && _stats.TryGetValue(reference, out RTCStats? referred)) pending.Push(referred);
            }
        }
        return new RTCStatsReport(selected.Values);
    }
}
