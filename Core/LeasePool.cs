using System.Buffers;
using System.Numerics;

namespace WebRtcStack.Core;

/// <summary>
/// Where <see cref="MessageLease"/> gets its memory. Leases are often rented by one thread and returned by another, so that each
/// thread keeps a few arrays of a size, and full and empty magazines of them change hands in a depot, once in many calls.
/// </summary>
/// <remarks>
/// The depot keeps at most 8 MiB of each of the eleven sizes from 64 bytes to 64 KiB, a thread at most 128 KiB of a size; larger arrays
/// are the shared pool's. What exceeds that is garbage.
/// </remarks>
internal static class LeasePool
{
    private const int SmallestBits = 6;
    private const int LargestBits = 16;
    private const int DepotBytes = 8 << 20;
    private const int MagazineBytes = 64 << 10;
    private const int MaxMagazine = 64;

    private static readonly Depot[] s_depots = [.. Enumerable.Range(SmallestBits, LargestBits - SmallestBits + 1).Select(bits => new Depot(bits))];
    private static long s_allocations;

    [ThreadStatic]
    private static Magazine?[]? t_magazines;

    /// <summary>Arrays that had to be allocated.</summary>
    public static long Allocations => Interlocked.Read(ref s_allocations);

    public static byte[] Rent(int length)
    {
        int bits = SizeOf(length);
        if (bits > LargestBits) return ArrayPool<byte>.Shared.Rent(length);
        ref Magazine? magazine = ref MagazineOf(bits);
        if (magazine is null || magazine.Count == 0) s_depots[bits - SmallestBits].ExchangeForFull(ref magazine);
        if (magazine is { Count: > 0 }) return magazine.Arrays[--magazine.Count];
        Interlocked.Increment(ref s_allocations);
        return new byte[1 << bits];
    }

    public static void Return(byte[] array)
    {
        int bits = SizeOf(array.Length);
        if (bits > LargestBits)
        {
            ArrayPool<byte>.Shared.Return(array);
            return;
        }
        ref Magazine? magazine = ref MagazineOf(bits);
        if (magazine is null || magazine.Count == magazine.Arrays.Length) s_depots[bits - SmallestBits].ExchangeForEmpty(ref magazine);
        magazine.Arrays[magazine.Count++] = array;
    }

    private static ref Magazine? MagazineOf(int bits) => ref (t_magazines ??= new Magazine?[LargestBits - SmallestBits + 1])[bits - SmallestBits];

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

    private sealed class Magazine(int capacity)
    {
        public readonly byte[][] Arrays = new byte[capacity][];
        public int Count;
    }

    private sealed class Depot(int bits)
    {
        private readonly int _capacity = Capacity(bits);
        private readonly Shelf _full = new(DepotBytes / (Capacity(bits) << bits)), _empty = new(DepotBytes / (Capacity(bits) << bits));

        private static int Capacity(int bits) => Math.Min(MaxMagazine, Math.Max(2, MagazineBytes >> bits));

        public void ExchangeForFull(ref Magazine? magazine)
        {
            if (_full.Take() is not { } full) return;
            if (magazine is not null) _empty.TryPut(magazine);
            magazine = full;
        }

        public void ExchangeForEmpty([NotNull] ref Magazine? magazine)
        {
            if (magazine is null || _full.TryPut(magazine))
            {
                magazine = _empty.Take() ?? new Magazine(_capacity);
                return;
            }
            Array.Clear(magazine.Arrays, 0, magazine.Count);              // more than is kept
            magazine.Count = 0;
        }
    }

    // Places for magazines, each taken and given up by one exchange, so that threads never wait for one another.
    private sealed class Shelf(int places)
    {
        private readonly Magazine?[] _places = new Magazine?[places];
        private int _count, _last;

        public bool TryPut(Magazine magazine)
        {
            if (Volatile.Read(ref _count) >= places) return false;
            int start = Volatile.Read(ref _last);
            for (int i = 0; i < places; i++)
            {
                int place = (start + i) % places;
                if (_places[place] is not null || Interlocked.CompareExchange(ref _places[place], magazine, null) is not null) continue;
                Volatile.Write(ref _last, place);
                Interlocked.Increment(ref _count);
                return true;
            }
            return false;
        }

        public Magazine? Take()
        {
            if (Volatile.Read(ref _count) <= 0) return null;
            int start = Volatile.Read(ref _last);
            for (int i = 0; i < places; i++)
            {
                int place = (start - i + places) % places;
                if (_places[place] is null || Interlocked.Exchange(ref _places[place], null) is not { } magazine) continue;
                Volatile.Write(ref _last, place);
                Interlocked.Decrement(ref _count);
                return magazine;
            }
            return null;
        }
    }
}
