using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A message on its way out. It is pooled; it lives until each of its chunks is acknowledged or given up.</summary>
internal sealed class OutgoingMessage
{
    public const int Unlimited = int.MaxValue;

    public OutgoingMessage? Next;                  // in its stream's queue, or in the pool
    public OutgoingStream Stream = null!;
    public MessageLease Payload;
    public int Length;
    public int CountedLeft;                        // what it still adds to the buffered amount
    public uint Ppid;
    public ushort Ssn;
    public bool Unordered;
    public bool Abandoned;
    public int MaxRetransmits;
    public Instant Expiry;
    public int Sent;                               // bytes handed to the retransmission queue
    public uint FirstTsn;                          // valid once HasBegun
    public uint LastTsn;
    public bool HasBegun;
    public bool IsQueued;
    public int Chunks;                             // in the retransmission queue

    public bool IsFullySent => HasBegun && Sent == Length;
}

/// <summary>One outgoing stream: its queue, its sequence number, and its share of the path.</summary>
internal sealed class OutgoingStream(ushort id)
{
    private long _buffered;

    public ushort Id { get; } = id;

    public OutgoingMessage? Head;
    public OutgoingMessage? Tail;
    public ushort NextSsn;
    public uint LastTsn;                           // of what was sent last on it
    public bool HasSent;
    public StreamResetStage Reset;
    public long LowThreshold;
    public int Weight = 256;                       // RFC 8831 §6.4: "normal"
    public long VirtualTime;                       // when it is next due, in bytes divided by weight
    public bool IsScheduled;

    /// <summary>Bytes that wait to be sent for the first time. Any thread may read it.</summary>
    public long Buffered
    {
        get => System.Threading.Volatile.Read(ref _buffered);
        set => System.Threading.Volatile.Write(ref _buffered, value);
    }
}

/// <summary>How far the reset of an outgoing stream has come.</summary>
internal enum StreamResetStage : byte
{
    None,

    /// <summary>What was queued before is still to be sent and acknowledged.</summary>
    Draining,

    /// <summary>The request is with the peer.</summary>
    Requested,
}
