namespace WebRtcStack.Sctp;

/// <summary>Messages that are complete and whose turn has come, until they are read.</summary>
internal sealed class DeliveryQueue
{
    private readonly Queue<SctpMessage> _delivered = new();
    private readonly Queue<SctpMessage> _diverted = new();
    private readonly Dictionary<ushort, int> _unread = [];

    public long HeldBytes { get; private set; }

    public uint? DivertedPpid { get; set; }

    public bool HasUnread => _delivered.Count > 0;

    public int Unread(ushort stream) => _unread.TryGetValue(stream, out int count) ? count : 0;

    public void Add(in SctpMessage message)
    {
        HeldBytes += message.Payload.Length + Reassembly.Overhead;
        if (message.Ppid == DivertedPpid)
        {
            _diverted.Enqueue(message);
            return;
        }
        _unread[message.Stream] = Unread(message.Stream) + 1;
        _delivered.Enqueue(message);
    }

    public bool TryRead(out SctpMessage message)
    {
        if (!TryDequeue(_delivered, out message)) return false;
        _unread[message.Stream]--;
        return true;
    }

    public bool TryReadDiverted(out SctpMessage message) => TryDequeue(_diverted, out message);

    public void Clear()
    {
        while (TryRead(out SctpMessage message)) message.Payload.Dispose();
        while (TryReadDiverted(out SctpMessage message)) message.Payload.Dispose();
    }

    private bool TryDequeue(Queue<SctpMessage> queue, out SctpMessage message)
    {
        message = default;
        if (queue.Count == 0) return false;
        message = queue.Dequeue();
        HeldBytes -= message.Payload.Length + Reassembly.Overhead;
        return true;
    }
}
