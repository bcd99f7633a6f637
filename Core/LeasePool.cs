using System.Buffers;
using System.Numerics;

namespace WebRtcStack.Core;

/// <summary>
/// Where <see cref="MessageLease"/> gets its memory: a stack of arrays per size and thread, behind it the shared pool. The
/// shared pool alone keeps few arrays of a size, so that thousands of small messages under way would be allocated each time.
/// </summary>
/// <remarks>A thread keeps at most 4 MiB of each of the eleven sizes from 64 bytes to 64 KiB; larger arrays are the shared pool's.</remarks>
internal static class LeasePool
{
    private const int SmallestBits = 6;
    private const int LargestBits = 16;
    private const int BytesPerSize = 4 << 20;

    [ThreadStatic]
    private static Stack<byte[]>?[]? t_stacks;

    public static byte[] Rent(int length)
    {
        int bits = SizeOf(length);
        if (bits > LargestBits) return ArrayPool<byte>.Shared.Rent(length);
        Stack<byte[]> stack = StackOf(bits);
        return stack.Count > 0 ? stack.Pop() : ArrayPool<byte>.Shared.Rent(1 << bits);
    }

    public static void Return(byte[] array)
    {
        int bits = SizeOf(array.Length);
        if (bits <= LargestBits && array.Length == 1 << bits)
        {
            Stack<byte[]> stack = StackOf(bits);
            if (stack.Count < BytesPerSize >> bits)
            {
                stack.Push(array);
                return;
            }
        }
        ArrayPool<byte>.Shared.Return(array);
    }

    private static Stack<byte[]> StackOf(int bits)
    {
        Stack<byte[]>?[] stacks = t_stacks ??= new Stack<byte[]>?[LargestBits - SmallestBits + 1];
        return stacks[bits - SmallestBits] ??= new Stack<byte[]>();
    }

    // The least power of two that holds so many bytes, as its exponent.
    private static int SizeOf(int length)
    {
        int bits = SmallestBits;
#if NET
        if (length > 1 << SmallestBits) bits = 32 - BitOperations.LeadingZeroCount((uint)length - 1);
#else
        while (bits < 31 && length > 1 << bits) bits++;
#endif
        return bits;
    }
}
