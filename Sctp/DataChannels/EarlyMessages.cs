namespace WebRtcStack.Sctp;

/// <summary>
/// Messages on streams that have no channel yet: the peer may have created a negotiated channel first, and what is sent
/// without order may overtake DATA_CHANNEL_OPEN (RFC 8832 §6). They wait here, up to a limit, until the channel is there.
/// </summary>
internal sealed class EarlyMessages(int limit)
{
    private readonly List<SctpMessage> _waiting = [];
    private readonly Queue<SctpMessage> _claimed = new();
    private long _bytes;

    public long HeldBytes => _bytes;

    /// <summary>Keeps a message; false when there is no room, and the message is still the caller's.</summary>
    public bool TryAdd(in SctpMessage message)
    {
        long bytes = message.Payload.Length + Reassembly.Overhead;
        if (_bytes + bytes > limit) return false;
        _bytes += bytes;
        _waiting.Add(message);
        return true;
    }

    /// <summary>The stream has a channel now: its messages are the next to be read, in their order.</summary>
    public void Claim(ushort stream)
    {
        foreach (SctpMessage message in _waiting)
        {
            if (message.Stream == stream) _claimed.Enqueue(message);
        }
        _waiting.RemoveAll(message => message.Stream == stream);
    }

    /// <summary>Messages of the stream that have been claimed and not read yet.</summary>
    public int Claimed(ushort stream)
    {
        int count = 0;
        foreach (SctpMessage message in _claimed)
        {
            if (message.Stream == stream) count++;
        }
        return count;
    }

    public bool TryRead(out SctpMessage message)
    {
        message = default;
        if (_claimed.Count == 0) return false;
        message = _claimed.Dequeue();
        _bytes -= message.Payload.Length + Reassembly.Overhead;
        return true;
    }

    /// <summary>The stream was reset: nobody will claim what waits on it.</summary>
    public void Forget(ushort stream)
    {
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].Stream != stream) continue;
            _bytes -= _waiting[i].Payload.Length + Reassembly.Overhead;
            _waiting[i].Payload.Dispose();
            _waiting.RemoveAt(i);
        }
    }

    public void Clear()
    {
        foreach (SctpMessage message in _waiting) message.Payload.Dispose();
        foreach (SctpMessage message in _claimed) message.Payload.Dispose();
        _waiting.Clear();
        _claimed.Clear();
        _bytes = 0;
    }
}
