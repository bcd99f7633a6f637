namespace WebRtcStack.Dtls;

/// <summary>Copies of what came too early, in order of arrival, at most so many bytes.</summary>
internal sealed class EarlyQueue(int maxBytes)
{
    private readonly Queue<byte[]> _items = new();
    private int _bytes;

    public int Count => _items.Count;

    public bool TryAdd(ReadOnlySpan<byte> item)
    {
        if (item.IsEmpty || item.Length > maxBytes - _bytes) return false;
        _items.Enqueue(item.ToArray());
        _bytes += item.Length;
        return true;
    }

    public bool TryPeek([NotNullWhen(true)] out byte[]? item)
    {
        item = _items.Count > 0 ? _items.Peek() : null;
        return item is not null;
    }

    public bool TryTake([NotNullWhen(true)] out byte[]? item)
    {
        if (!TryPeek(out item)) return false;
        _items.Dequeue();
        _bytes -= item.Length;
        return true;
    }

    public void Clear()
    {
        foreach (byte[] item in _items) SecretMemory.Clear(item);
        _items.Clear();
        _bytes = 0;
    }
}
