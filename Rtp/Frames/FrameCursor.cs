using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Where a jitter buffer stands in its stream: sequence numbers that do not wrap, the packet that comes next, and where its frame ends.</summary>
/// <remarks>It remembers how far it has looked, so that a frame of many packets is not searched from its start for each of them.</remarks>
internal sealed class FrameCursor(PacketRing ring)
{
    private const int MaxReorderAtStart = 128;
    private long _scanned;                                                // the end of what is known to be contiguous
    private long _gapStart, _gapEnd;                                      // a gap at Next, and the packet behind it
    private bool _hasStarted, _hasStray;
    private ushort _strayNext;

    /// <summary>The first packet that was not handed out.</summary>
    public long Next { get; private set; }

    /// <summary>The newest packet.</summary>
    public long Highest { get; private set; }

    /// <summary>Whether what lies before <see cref="Next"/> is known to have ended a frame.</summary>
    public bool AtBoundary { get; private set; } = true;

    /// <summary>Whether a packet has come.</summary>
    public bool HasStarted => _hasStarted;

    /// <summary>Extends a number to one that does not wrap, and sorts out what does not belong (RFC 3550 A.1: two in a row start anew).</summary>
    /// <param name="number">The number as it is on the wire.</param>
    /// <param name="mayGoBack">Whether nothing has been handed out or given up yet, so that the first packets may come in another order.</param>
    /// <param name="sequence">The number that does not wrap.</param>
    /// <returns>Inserted: it belongs here. Stray: it lies far off, <paramref name="restarts"/> says whether for the second time in a row.</returns>
    /// <param name="restarts">Whether the stream has started anew with it.</param>
    public JitterBufferInsertResult Place(ushort number, bool mayGoBack, out long sequence, out bool restarts)
    {
        restarts = false;
        if (!_hasStarted)
        {
            sequence = number + 0x10000;
            (_hasStarted, Next, Highest, _scanned) = (true, sequence, sequence, sequence);
            return JitterBufferInsertResult.Inserted;
        }
        sequence = Highest + SerialNumber.Distance((ushort)Highest, number);
        if (sequence > Highest + ring.Capacity || sequence < Next - ring.Capacity)
        {
            restarts = _hasStray && number == _strayNext;
            (_hasStray, _strayNext) = (true, (ushort)(number + 1));
            return JitterBufferInsertResult.Stray;
        }
        _hasStray = false;
        if (sequence < Next && mayGoBack && Next - sequence <= MaxReorderAtStart && Highest - sequence < ring.Capacity)
            (Next, _scanned) = (sequence, sequence);
        if (sequence < Next) return JitterBufferInsertResult.Late;
        return ring.Has(sequence) ? JitterBufferInsertResult.Duplicate : JitterBufferInsertResult.Inserted;
    }

    /// <summary>A packet is about to go into the ring.</summary>
    public void Note(long sequence)
    {
        Highest = Math.Max(Highest, sequence);
        _gapEnd = Math.Min(_gapEnd, sequence);
    }

    /// <summary>Goes on behind packets that are gone from the ring, and behind padding that follows them.</summary>
    public void MoveTo(long sequence, bool atBoundary)
    {
        (Next, _scanned, AtBoundary) = (sequence, sequence, atBoundary);
        SkipPadding();
    }

    public void SkipPadding()
    {
        while (ring.Has(Next) && ring.At(Next).IsPadding) ring.Remove(Next++);
        _scanned = Math.Max(_scanned, Next);
    }

    public void Reset()
    {
        (_hasStarted, AtBoundary, _hasStray) = (false, true, false);
        (_gapStart, _gapEnd) = (0, 0);
    }

    /// <summary>Whether the frame that starts at <see cref="Next"/> is there without a gap, and where it ends.</summary>
    public bool TryScan(out long end)
    {
        ref PacketSlot first = ref ring.At(Next);
        for (end = Math.Max(_scanned, Next); ring.Has(end); end++)
        {
            ref PacketSlot slot = ref ring.At(end);
            _scanned = end;
            if (!slot.IsOfFrame(first)) return true;
            if (!slot.EndsFrame) continue;
            end++;
            return true;
        }
        return false;
    }

    /// <summary>Whether a frame starts at <see cref="Next"/>.</summary>
    public bool IsAtStart => ring.At(Next).Info.Start is var start && (start == FrameStart.Certain || (AtBoundary && start == FrameStart.Possible));

    /// <summary>The first packet behind the gap at <see cref="Next"/>; looked for once, and moved by what arrives before it.</summary>
    public long FindNext()
    {
        if (_gapStart == Next && ring.Has(_gapEnd)) return _gapEnd;
        (_gapStart, _gapEnd) = (Next, Next);
        while (_gapEnd < Highest && !ring.Has(_gapEnd)) _gapEnd++;
        return _gapEnd;
    }

    /// <summary>The first packet behind a frame of which packets may be missing: another timestamp, or what follows its marker.</summary>
    public long FindFrameEnd()
    {
        ref PacketSlot first = ref ring.At(Next);
        for (long sequence = Next; sequence <= Highest; sequence++)
        {
            if (!ring.Has(sequence)) continue;
            ref PacketSlot slot = ref ring.At(sequence);
            if (!slot.IsOfFrame(first)) return sequence;
            if (slot.EndsFrame) return sequence + 1;
        }
        return Highest + 1;
    }
}
