namespace WebRtcStack.Rtp;

/// <summary>Renumbers a running number of which some are left out, so that the rest runs on without gaps; what was lost keeps its gap.</summary>
/// <remarks>It remembers the last 512 numbers, so that stragglers are renumbered as they would have been in order.</remarks>
internal sealed class NumberMap
{
    private const int Remembered = 512;
    private readonly int[] _offsets = new int[Remembered];                // for each number what is taken from it, or LeftOut
    private int _mask, _highest, _offset, _lastWritten;
    private bool _hasStarted, _rebases;

    private const int LeftOut = int.MinValue;

    /// <summary>Creates a map of numbers with so many bits.</summary>
    public NumberMap(int bits) => _mask = (1 << bits) - 1;

    /// <summary>The numbers that come next are those of another source: the first goes on behind the last that was written.</summary>
    public void Rebase() => _rebases = _hasStarted;

    /// <summary>The width of the numbers may change on the way.</summary>
    public void SetBits(int bits)
    {
        int mask = (1 << bits) - 1;
        if (mask == _mask) return;
        _mask = mask;
        Rebase();
    }

    /// <summary>Maps a number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="isForwarded">Whether what it counts is forwarded.</param>
    /// <param name="written">Its number behind the map.</param>
    /// <returns>False when it is left out, or is too old to tell.</returns>
    public bool TryMap(int number, bool isForwarded, out int written)
    {
        if (!_hasStarted || _rebases) Start(number);
        int distance = Distance(_highest, number);
        written = 0;
        if (distance > 0)
        {
            for (int i = Math.Max(1, distance - Remembered); i < distance; i++) _offsets[(_highest + i) % Remembered] = _offset;
            _highest = number;
            _offsets[number % Remembered] = isForwarded ? _offset : LeftOut;
            if (!isForwarded) _offset++;
        }
        else if (distance <= -Remembered)
        {
            return false;
        }
        int offset = _offsets[number % Remembered];
        if (!isForwarded || offset == LeftOut) return false;
        written = (number - offset) & _mask;
        if (Distance(_lastWritten, written) > 0) _lastWritten = written;
        return true;
    }

    private void Start(int number)
    {
        if (_rebases) _offset = (number - _lastWritten - 1) & _mask;
        else _lastWritten = (number - 1) & _mask;
        for (int i = 0; i < Remembered; i++) _offsets[i] = LeftOut;      // stragglers of before are not this source's
        (_highest, _hasStarted, _rebases) = ((number - 1) & _mask, true, false);
    }

    private int Distance(int from, int to)
    {
        int distance = (to - from) & _mask;
        return distance > _mask / 2 ? distance - _mask - 1 : distance;
    }
}
