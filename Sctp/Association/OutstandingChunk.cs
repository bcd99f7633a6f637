using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What is known of a chunk that has been sent.</summary>
internal enum ChunkFate : byte
{
    InFlight,

    /// <summary>Marked for retransmission; it does not count as in flight.</summary>
    Lost,

    /// <summary>Reported in a gap block; the peer may still take that back (RFC 9260 §6.2).</summary>
    Acknowledged,

    /// <summary>Given up; FORWARD TSN will say so (RFC 3758 §3.5).</summary>
    Abandoned,
}

/// <summary>A sent chunk: a slice of its message, and what became of it.</summary>
internal struct OutstandingChunk
{
    public OutgoingMessage Message;
    public Instant SentAt;                         // the last time (Segment.xmit_ts of RFC 8985 §5.2)
    public int Offset;
    public uint Fragment;                          // its number in the message (RFC 8260 §2.1: FSN)
    public int AckedRun;                           // where Fate is Acknowledged: so many from here on are not in flight
    public uint Previous;                          // its neighbours in the ChunkList it is in, while in flight or lost
    public uint Next;
    public ushort Length;
    public ushort Sends;
    public ChunkFate Fate;
    public bool InLargePacket;                     // sent in a packet above the base size, which a black hole may swallow

    public readonly ChunkFlags Flags =>
        (Offset == 0 ? ChunkFlags.Beginning : 0) |
        (Offset + Length == Message.Length ? ChunkFlags.Ending : 0) |
        (Message.Unordered ? ChunkFlags.Unordered : 0);
}
