namespace WebRtcStack.Core;

/// <summary>
/// Remembers which of the latest packet numbers were received (RFC 6347 §4.1.2.6, RFC 3711 §3.3.2), as a ring of bits: moving
/// the window costs one step per 64 packets (RFC 6479).
/// </summary>
/// <remarks>Ask <see cref="MayAccept"/> before the packet is authenticated, call <see cref="Accept"/> after.</remarks>
public sealed class ReplayWindow
{
    private const int WordBits = 64;
    private readonly ulong[] _words;
    private readonly int _size;
    private ulong _highest;
    private bool _any;

    /// <summary>Creates a window of <paramref name="size"/> packets, a multiple of 64 from 64 to 32768.</summary>
    /// <exception cref="ArgumentException">The size is none of these.</exception>
    public ReplayWindow(int size)
    {
        _size = RequireSize(size);
        _words = new ulong[size / WordBits + 1];                   // one more, so that a partly used word never hides the oldest
    }

    /// <summary>The highest number accepted so far; 0 before the first.</summary>
    public ulong Highest => _highest;

    /// <summary>Lets a legal size through, for options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not from 64 to 32768.</exception>
    /// <exception cref="ArgumentException">The size is no multiple of 64.</exception>
    public static int RequireSize(int size)
    {
        Require.InRange(size, WordBits, 32768);
        return size % WordBits == 0 ? size : throw new ArgumentException($"Must be a multiple of {WordBits}.", nameof(size));
    }

    /// <summary>Whether a packet with this number is new: not seen before and not older than the window.</summary>
    public bool MayAccept(ulong number)
    {
        if (!_any || number > _highest) return true;
        return _highest - number < (ulong)_size && (Word(number) & Bit(number)) == 0;
    }

    /// <summary>Marks a number as received.</summary>
    public void Accept(ulong number)
    {
        Debug.Assert(MayAccept(number), "ask first");
        if (!_any || number > _highest) Advance(number);
        Word(number) |= Bit(number);
    }

    private void Advance(ulong number)
    {
        ulong from = _highest / WordBits, to = number / WordBits;
        ulong steps = _any ? Math.Min(to - from, (ulong)_words.Length) : (ulong)_words.Length;
        for (ulong i = 0; i < steps; i++) _words[(int)((to - i) % (ulong)_words.Length)] = 0;
        (_highest, _any) = (number, true);
    }

    private ref ulong Word(ulong number) => ref _words[(int)(number / WordBits % (ulong)_words.Length)];

    private static ulong Bit(ulong number) => 1UL << (int)(number % WordBits);
}
