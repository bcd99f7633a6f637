using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Cuts a run of bytes into pieces of almost equal size, so that no packet is much smaller than the others.</summary>
internal struct PacketRun
{
    /// <summary>The least payload that packetizers are asked for.</summary>
    public const int MinPayloadLength = 64;

    private int _left;

    /// <summary>Begins a run of <paramref name="length"/> bytes in pieces of at most <paramref name="room"/>.</summary>
    public PacketRun(int length, int room)
    {
        Debug.Assert(room > 0, "descriptors are shorter than the least payload");
        (Remaining, _left) = (length, (length + room - 1) / room);
    }

    /// <summary>Bytes that have not been taken.</summary>
    public int Remaining { readonly get; private set; }

    /// <summary>The size of the next piece.</summary>
    public readonly int Peek() => _left == 0 ? 0 : (Remaining + _left - 1) / _left;

    /// <summary>Takes the next piece.</summary>
    public int Take()
    {
        int size = Peek();
        Remaining -= size;
        _left--;
        return size;
    }

    /// <summary>Checks a packetizer's argument.</summary>
    public static int RequirePayloadLength(int maxPayloadLength) => Require.InRange(maxPayloadLength, MinPayloadLength, ushort.MaxValue);
}
