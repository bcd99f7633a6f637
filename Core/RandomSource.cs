using System.Buffers.Binary;
using System.Security.Cryptography;

namespace WebRtcStack.Core;

/// <summary>Where a layer gets its random bits: cryptographic by default, seeded where a run must be repeatable.</summary>
public abstract class RandomSource
{
    /// <summary>The system's cryptographic generator. Safe for use from any thread.</summary>
    public static RandomSource Cryptographic { get; } = new CryptographicSource();

    /// <summary>A generator whose whole output follows from <paramref name="seed"/>: for simulations and tests, never for secrets. Not thread-safe.</summary>
    public static RandomSource Seeded(ulong seed) => new SeededSource(seed);

    /// <summary>Fills <paramref name="destination"/> with random bytes.</summary>
    public abstract void Fill(Span<byte> destination);

    /// <summary>Random 32 bits.</summary>
    public uint NextUInt32()
    {
        Span<byte> bytes = stackalloc byte[4];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Random 64 bits.</summary>
    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A number from 0 to <paramref name="exclusiveMaximum"/> - 1, all equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusiveMaximum"/> is less than 1.</exception>
    public int Next(int exclusiveMaximum)
    {
        Require.InRange(exclusiveMaximum, 1, int.MaxValue);
        uint limit = uint.MaxValue - uint.MaxValue % (uint)exclusiveMaximum;     // rejection keeps it uniform
        uint drawn;
        do drawn = NextUInt32(); while (drawn >= limit);
        return (int)(drawn % (uint)exclusiveMaximum);
    }

    /// <summary>A number from 0 inclusive to 1 exclusive.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    private sealed class CryptographicSource : RandomSource
    {
#if NET
        public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
#else
        private static readonly RandomNumberGenerator s_generator = RandomNumberGenerator.Create();

        public override void Fill(Span<byte> destination)
        {
            byte[] bytes = new byte[destination.Length];
            s_generator.GetBytes(bytes);
            bytes.CopyTo(destination);
        }
#endif
    }

    // SplitMix64: one multiplication chain per 8 bytes, every seed gives a full-period sequence.
    private sealed class SeededSource(ulong seed) : RandomSource
    {
        private ulong _state = seed;

        public override void Fill(Span<byte> destination)
        {
            Span<byte> block = stackalloc byte[8];
            while (!destination.IsEmpty)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(block, Step());
                int count = Math.Min(8, destination.Length);
                block[..count].CopyTo(destination);
                destination = destination[count..];
            }
        }

        private ulong Step()
        {
            ulong z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
            z = (z ^ z >> 27) * 0x94D049BB133111EB;
            return z ^ z >> 31;
        }
    }
}
