using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The messages that wait with a lifetime, the one that ends first in front: a binary heap that each message knows its place in.</summary>
internal sealed class ExpiryQueue
{
    private OutgoingMessage[] _heap = [];
    private int _count;

    public Instant Next => _count == 0 ? Instant.Never : _heap[0].Expiry;

    public OutgoingMessage? First => _count == 0 ? null : _heap[0];

    public void Add(OutgoingMessage message)
    {
        if (_count == _heap.Length) Array.Resize(ref _heap, Math.Max(16, _count * 2));
        Rise(message, _count++);
    }

    public void Remove(OutgoingMessage message)
    {
        int at = message.ExpiryIndex;
        if (at < 0) return;
        Debug.Assert(ReferenceEquals(_heap[at], message), "a message knows its place");
        message.ExpiryIndex = -1;
        OutgoingMessage last = _heap[--_count];
        _heap[_count] = null!;
        if (at == _count) return;
        if (at > 0 && last.Expiry < _heap[(at - 1) / 2].Expiry) Rise(last, at);
        else Sink(last, at);
    }

    private void Rise(OutgoingMessage message, int at)
    {
        for (; at > 0 && message.Expiry < _heap[(at - 1) / 2].Expiry; at = (at - 1) / 2) Place(_heap[(at - 1) / 2], at);
        Place(message, at);
    }

    private void Sink(OutgoingMessage message, int at)
    {
        while (2 * at + 1 < _count)
        {
            int child = 2 * at + 1;
            if (child + 1 < _count && _heap[child + 1].Expiry < _heap[child].Expiry) child++;
            if (message.Expiry <= _heap[child].Expiry) break;
            Place(_heap[child], at);
            at = child;
        }
        Place(message, at);
    }

    private void Place(OutgoingMessage message, int at)
    {
        _heap[at] = message;
        message.ExpiryIndex = at;
    }
}
