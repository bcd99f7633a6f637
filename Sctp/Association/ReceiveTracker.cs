using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Which TSNs have arrived: a cumulative point and a bitmap ring of what came beyond it (RFC 9260 §6.2).</summary>
internal sealed class ReceiveTracker
{
    /// <summary>How far beyond the cumulative TSN a chunk is taken: gap blocks have 16 bits.</summary>
    public const int Reach = 65535;

    private const int MaxDuplicates = 16;
    private readonly uint[] _duplicates = new uint[MaxDuplicates];
    private ulong[] _bits = new ulong[8];

    public uint Cumulative { get; private set; }

    /// <summary>The highest TSN that has arrived.</summary>
    public uint Highest { get; private set; }

    public bool HasGaps => Cumulative != Highest;

    /// <summary>TSNs that came again since the last SACK; of more than this remembers, the rest goes unreported.</summary>
    public ReadOnlySpan<uint> Duplicates => _duplicates.AsSpan(0, DuplicateCount);

    public int DuplicateCount { get; private set; }

    private uint Mask => (uint)(_bits.Length * 64 - 1);

    public void Start(uint initialTsn)
    {
        Cumulative = Highest = initialTsn - 1;
        DuplicateCount = 0;
        Array.Clear(_bits, 0, _bits.Length);
    }

    public bool IsWithinReach(uint tsn) => SerialNumber.Distance(Cumulative, tsn) <= Reach;

    public bool Contains(uint tsn) =>
        SerialNumber.IsLessOrEqual(tsn, Cumulative) || (SerialNumber.IsLessOrEqual(tsn, Highest) && IsSet(tsn));

    public void AddDuplicate(uint tsn)
    {
        if (DuplicateCount < MaxDuplicates) _duplicates[DuplicateCount++] = tsn;
    }

    public void ClearDuplicates() => DuplicateCount = 0;

    /// <summary>Notes a TSN that is new and within reach.</summary>
    public void Add(uint tsn)
    {
        Debug.Assert(!Contains(tsn) && IsWithinReach(tsn), "the caller has looked");
        if (SerialNumber.IsLess(Highest, tsn)) Highest = tsn;
        if (tsn == Cumulative + 1)
        {
            Cumulative = tsn;
            Absorb();
            return;
        }
        while (SerialNumber.Distance(Cumulative, tsn) > (int)Mask) Grow();
        Set(tsn, true);
    }

    /// <summary>Takes everything up to <paramref name="tsn"/> as arrived (FORWARD TSN, RFC 3758 §3.6).</summary>
    public void AdvanceTo(uint tsn)
    {
        if (SerialNumber.IsLess(Highest, tsn)) Highest = tsn;
        while (SerialNumber.IsLess(Cumulative, tsn)) Set(++Cumulative, false);
        Absorb();
    }

    /// <summary>Finds the next run of arrived TSNs; start with <paramref name="from"/> = <see cref="Cumulative"/> + 1.</summary>
    /// <returns>False when there is none left. Else the run, and <paramref name="from"/> behind it.</returns>
    public bool TryNextGapBlock(ref uint from, out uint first, out uint last)
    {
        first = last = Seek(from, value: true);
        if (!SerialNumber.IsLessOrEqual(first, Highest)) return false;
        from = Seek(first, value: false);
        last = from - 1;
        return true;
    }

    // The first TSN from here on whose bit has the value, a word at a time; beyond Highest every bit is clear.
    private uint Seek(uint tsn, bool value)
    {
        while (SerialNumber.IsLessOrEqual(tsn, Highest))
        {
            int bit = (int)(tsn & 63);
            ulong word = _bits[(tsn & Mask) >> 6];
            ulong wanted = (value ? word : ~word) >> bit;
            if (wanted != 0)
            {
                uint found = tsn + (uint)Bits.TrailingZeroCount(wanted);
                return SerialNumber.IsLess(Highest, found) ? Highest + 1 : found;
            }
            tsn += (uint)(64 - bit);
        }
        return Highest + 1;
    }

    private void Absorb()
    {
        while (Cumulative != Highest && IsSet(Cumulative + 1)) Set(++Cumulative, false);
    }

    private bool IsSet(uint tsn) => (_bits[(tsn & Mask) >> 6] >> (int)(tsn & 63) & 1) != 0;

    private void Set(uint tsn, bool value)
    {
        ref ulong word = ref _bits[(tsn & Mask) >> 6];
        ulong bit = 1UL << (int)(tsn & 63);
        word = value ? word | bit : word & ~bit;
    }

    private void Grow()
    {
        ulong[] old = _bits;
        uint oldMask = Mask;
        _bits = new ulong[old.Length * 2];
        uint end = Cumulative + oldMask;                              // beyond it no bit was set
        for (uint tsn = Cumulative + 1; tsn != end + 1; tsn++)
        {
            if ((old[(tsn & oldMask) >> 6] >> (int)(tsn & 63) & 1) != 0) Set(tsn, true);
        }
    }
}
