using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The frames that were handed out, by their numbers in dependency descriptors: a frame can be decoded when those it refers to are among them.</summary>
/// <remarks>512 bytes: a descriptor's references reach 4096 frames back (AV1 RTP §A.8.2, frame_fdiff).</remarks>
internal sealed class DecodedFrames
{
    private const int Window = 4096;
    private readonly ulong[] _bits = new ulong[Window / 64];
    private ushort _highest;
    private bool _any;

    public bool Contains(ushort number) => _any && SerialNumber.Distance(number, _highest) is >= 0 and < Window && (_bits[Word(number)] >> (number & 63) & 1) != 0;

    public void Add(ushort number)
    {
        int ahead = _any ? SerialNumber.Distance(_highest, number) : 0;
        if (!_any || ahead >= Window) Clear();
        for (int i = 1; _any && i <= ahead; i++) _bits[Word((ushort)(_highest + i))] &= ~(1UL << (_highest + i & 63));
        if (!_any || ahead > 0) (_any, _highest) = (true, number);
        if (ahead > -Window) _bits[Word(number)] |= 1UL << (number & 63);
    }

    public void Clear()
    {
        _any = false;
        Array.Clear(_bits, 0, _bits.Length);
    }

    private static int Word(ushort number) => (number & (Window - 1)) / 64;
}
