namespace WebRtcStack.Sctp;

/// <summary>A list of sent chunks, linked by TSN through the ring they lie in; every operation takes constant time.</summary>
internal sealed class ChunkList(ChunkRing ring)
{
    private uint _last;

    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>The TSN at the front; valid while the list is not empty.</summary>
    public uint First { get; private set; }

    /// <summary>The TSN at the back; valid while the list is not empty.</summary>
    public uint Last => _last;

    public void Clear() => Count = 0;

    public void AddLast(uint tsn)
    {
        if (Count++ == 0)
        {
            First = _last = tsn;
            return;
        }
        ring[tsn].Previous = _last;
        ring[_last].Next = tsn;
        _last = tsn;
    }

    public void AddFirst(uint tsn)
    {
        if (Count++ == 0)
        {
            First = _last = tsn;
            return;
        }
        ring[tsn].Next = First;
        ring[First].Previous = tsn;
        First = tsn;
    }

    public void Remove(uint tsn)
    {
        Debug.Assert(Count > 0, "what is removed is in the list");
        Count--;
        if (Count == 0) return;
        ref OutstandingChunk chunk = ref ring[tsn];
        if (tsn == First) First = chunk.Next;
        else if (tsn == _last) _last = chunk.Previous;
        else
        {
            ring[chunk.Previous].Next = chunk.Next;
            ring[chunk.Next].Previous = chunk.Previous;
        }
    }
}
