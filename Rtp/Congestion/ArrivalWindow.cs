using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>When packets have arrived, by a 16-bit number, since the last feedback on them.</summary>
/// <remarks>A ring of 2048 times, 16 KiB, made when the first packet arrives.</remarks>
internal sealed class ArrivalWindow
{
    public const long None = RtcpWriter.NotReceived;
    private const int Size = 2048;
    private long[]? _times;
    private ushort _first, _end;                        // what the next feedback is about: from the first to before the end
    private bool _any;

    /// <summary>Whether anything has arrived that no feedback has told of.</summary>
    public bool HasNews { get; private set; }

    public ushort First => _first;

    public int Count => (ushort)(_end - _first);

    /// <summary>Takes an arrival; of a packet that comes twice the first counts.</summary>
    public void Arrived(ushort number, long time)
    {
        if (_times is null)
        {
            _times = new long[Size];
            _times.AsSpan().Fill(None);
        }
        int ahead = SerialNumber.Distance(_end, number);
        if (!_any || ahead >= Size || ahead < -Size)
        {
            _times.AsSpan().Fill(None);                 // the first, or numbers that have jumped
            (_any, _first, _end) = (true, number, number);
            ahead = 0;
        }
        for (; ahead >= 0; ahead--) _times[_end++ & Size - 1] = None;
        if (Count > Size) _first = (ushort)(_end - Size);
        if ((ushort)(_end - number) > Size) return;
        ref long slot = ref _times[number & Size - 1];
        if (slot != None) return;
        if (SerialNumber.IsLess(number, _first)) _first = number;        // a late one: the next feedback begins there
        slot = time;
        HasNews = true;
    }

    /// <summary>Copies the times of the packets that the next feedback is about.</summary>
    /// <returns>How many; at most as many as there is room for.</returns>
    public int CopyTo(Span<long> times)
    {
        int count = Math.Min(Count, times.Length);
        for (int i = 0; i < count; i++) times[i] = _times![(ushort)(_first + i) & Size - 1];
        return count;
    }

    /// <summary>Feedback was given on so many packets.</summary>
    /// <param name="count">How many, from the first on.</param>
    /// <param name="forget">Whether a feedback that overlaps with it is to say no more that they have arrived.</param>
    public void Reported(int count, bool forget)
    {
        for (; count > 0; count--, _first++)
        {
            if (forget) _times![_first & Size - 1] = None;
        }
        HasNews = Count > 0;
    }

    /// <summary>Lets the next feedback go back to so many packets before the end.</summary>
    public void Rewind(int count)
    {
        if (_any) (_first, HasNews) = ((ushort)(_end - Math.Min(count, Size)), true);
    }
}
