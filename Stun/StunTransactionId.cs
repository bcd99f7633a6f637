using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>The 96-bit transaction id that ties a response to its request (RFC 8489 §5).</summary>
public readonly struct StunTransactionId : IEquatable<StunTransactionId>
{
    /// <summary>Bytes of a transaction id.</summary>
    public const int Length = 12;

    private readonly ulong _high;
    private readonly uint _low;

    private StunTransactionId(ulong high, uint low) => (_high, _low) = (high, low);

    /// <summary>Draws an id uniformly from all 2^96 (RFC 8489 §5: it must not be guessable).</summary>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public static StunTransactionId Create(RandomSource random)
    {
        Require.NotNull(random);
        return new StunTransactionId(random.NextUInt64(), random.NextUInt32());
    }

    /// <summary>Reads an id from its twelve bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="source"/> is shorter than that.</exception>
    public static StunTransactionId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt32BigEndian(source[8..]));

    /// <summary>Writes the twelve bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter than that.</exception>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], _low);
    }

    /// <inheritdoc/>
    public bool Equals(StunTransactionId other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StunTransactionId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>Whether both are the same id.</summary>
    public static bool operator ==(StunTransactionId left, StunTransactionId right) => left.Equals(right);

    /// <summary>Whether they are different ids.</summary>
    public static bool operator !=(StunTransactionId left, StunTransactionId right) => !left.Equals(right);

    /// <summary>24 hexadecimal digits.</summary>
    public override string ToString() =>
        _high.ToString("x16", System.Globalization.CultureInfo.InvariantCulture) +
        _low.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
