using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A message on its way out. It is pooled; it lives until each of its chunks is acknowledged or given up.</summary>
internal sealed class OutgoingMessage
{
    public const int Unlimited = int.MaxValue;

    public OutgoingMessage? Next;                  // in its stream's queue, or in the pool
    public OutgoingMessage? Previous;              // in its stream's queue
    public OutgoingStream Stream = null!;
    public MessageLease Payload;
    public int Length;
    public int CountedLeft;                        // what it still adds to the buffered amount
    public uint Ppid;
    public uint Sequence;                          // see DataChunk.SequenceStep; valid once HasBegun
    public bool Unordered;
    public bool Abandoned;
    public int MaxRetransmits;
    public uint? Importance;                       // null where it never makes room for others
    public Instant Expiry;
    public int ExpiryIndex = -1;                   // its place in the ExpiryQueue
    public int Sent;                               // bytes handed to the retransmission queue
    public uint Fragments;                         // chunks handed to the retransmission queue
    public uint FirstTsn;                          // valid once HasBegun
    public uint LastTsn;                           // between the two there may be chunks of other messages
    public bool HasBegun;
    public bool IsQueued;
    public int Chunks;                             // in the retransmission queue

    public bool IsFullySent => HasBegun && Sent == Length;
}

/// <summary>One outgoing stream: its queue, its sequence numbers, and its share of the path.</summary>
internal sealed class OutgoingStream(ushort id)
{
    private long _buffered;

    public ushort Id { get; } = id;

    public OutgoingMessage? Head;
    public OutgoingMessage? Tail;
    public uint NextOrdered;                       // sequence numbers, see DataChunk.SequenceStep
    public uint NextUnordered;
    public uint LastTsn;                           // of what was sent last on it
    public bool HasSent;
    public StreamResetStage Reset;
    public long LowThreshold;
    public int Weight = 256;                       // RFC 8831 §6.4: "normal"
    public long VirtualTime;                       // when it is next due, in bytes divided by weight
    public bool IsScheduled;                       // it has its turn coming, or waits for others to finish

    /// <summary>Bytes that wait to be sent for the first time. Any thread may read it.</summary>
    public long Buffered
    {
        get => System.Threading.Volatile.Read(ref _buffered);
        set => System.Threading.Volatile.Write(ref _buffered, value);
    }

    /// <summary>The stream counts from 0 again (RFC 6525 §5.2.7 H4, RFC 8260 §2.3.2).</summary>
    public void ResetNumbers() => (NextOrdered, NextUnordered, HasSent) = (0, 0, false);
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
