using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>When to look at what next: a binary heap. An item may be in it more than once, and be looked at in vain.</summary>
internal sealed class ExpiryQueue<T>
{
    private readonly List<(Instant At, T Item)> _heap = [];

    public Instant Next => _heap.Count == 0 ? Instant.Never : _heap[0].At;

    public void Add(Instant at, T item)
    {
        int i = _heap.Count;
        _heap.Add((at, item));
        while (i > 0 && at < _heap[(i - 1) / 2].At)
        {
            _heap[i] = _heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }
        _heap[i] = (at, item);
    }

    public bool TryTake(Instant now, [MaybeNullWhen(false)] out T item)
    {
        item = default;
        if (_heap.Count == 0 || now < _heap[0].At) return false;
        item = _heap[0].Item;
        (Instant At, T Item) last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        int count = _heap.Count;
        if (count == 0) return true;
        int i = 0;
        while (2 * i + 1 < count)
        {
            int child = 2 * i + 1;
            if (child + 1 < count && _heap[child + 1].At < _heap[child].At) child++;
            if (last.At <= _heap[child].At) break;
            _heap[i] = _heap[child];
            i = child;
        }
        _heap[i] = last;
        return true;
    }
}
