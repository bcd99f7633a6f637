namespace WebRtcStack.Sctp;

/// <summary>The streams with something to send, the one that has had least of its share first: a binary heap.</summary>
internal sealed class StreamSchedule
{
    private (long Due, long Order, OutgoingStream Stream)[] _heap = new (long, long, OutgoingStream)[4];
    private int _count;
    private long _order;                                              // ties go to who came first
    private long _now;                                                // virtual time: a stream that was idle has saved up nothing

    public bool IsEmpty => _count == 0;

    public void Add(OutgoingStream stream)
    {
        Debug.Assert(!stream.IsScheduled, "a stream waits once");
        stream.IsScheduled = true;
        stream.VirtualTime = Math.Max(stream.VirtualTime, _now);
        if (_count == _heap.Length) Array.Resize(ref _heap, _count * 2);
        int at = _count++;
        (long Due, long Order, OutgoingStream Stream) entry = (stream.VirtualTime, _order++, stream);
        while (at > 0 && IsBefore(entry, _heap[(at - 1) / 2]))
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        _heap[at] = entry;
    }

    public bool TryTake([NotNullWhen(true)] out OutgoingStream? stream)
    {
        stream = null;
        if (_count == 0) return false;
        stream = _heap[0].Stream;
        _now = _heap[0].Due;
        stream.IsScheduled = false;
        (long Due, long Order, OutgoingStream Stream) last = _heap[--_count];
        _heap[_count] = default;
        int at = 0;
        while (2 * at + 1 < _count)
        {
            int child = 2 * at + 1;
            if (child + 1 < _count && IsBefore(_heap[child + 1], _heap[child])) child++;
            if (!IsBefore(_heap[child], last)) break;
            _heap[at] = _heap[child];
            at = child;
        }
        if (_count > 0) _heap[at] = last;
        return true;
    }

    public void Clear()
    {
        Array.Clear(_heap, 0, _count);
        _count = 0;
    }

    private static bool IsBefore(
        in (long Due, long Order, OutgoingStream Stream) left, in (long Due, long Order, OutgoingStream Stream) right) =>
        left.Due < right.Due || (left.Due == right.Due && left.Order < right.Order);
}
