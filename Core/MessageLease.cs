
namespace WebRtcStack.Core;

/// <summary>A message in pooled memory that outlives the call which produced it. Its holder disposes it, once.</summary>
/// <remarks>
/// A value: handing it on hands on the duty to dispose it. After <see cref="Dispose"/> the memory belongs to somebody else;
/// do not keep <see cref="Span"/> or <see cref="Memory"/> beyond that. The default value is an empty message and needs no disposal.
/// </remarks>
public readonly struct MessageLease : IDisposable, IEquatable<MessageLease>
{
    private readonly byte[]? _array;

    private MessageLease(byte[]? array, int length) => (_array, Length) = (array, length);

    /// <summary>Bytes in the message.</summary>
    public int Length { get; }

    /// <summary>The message's bytes, writable by the holder.</summary>
    public Span<byte> Span => _array.AsSpan(0, Length);

    /// <summary>The message's bytes, writable by the holder.</summary>
    public Memory<byte> Memory => _array.AsMemory(0, Length);

    /// <summary>Rents memory for a message of <paramref name="length"/> bytes; its content is undefined.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    public static MessageLease Rent(int length)
    {
        Require.InRange(length, 0, int.MaxValue);
        return length == 0 ? default : new MessageLease(LeasePool.Rent(length), length);
    }

    /// <summary>Rents memory and copies <paramref name="message"/> into it.</summary>
    public static MessageLease CopyOf(ReadOnlySpan<byte> message)
    {
        MessageLease lease = Rent(message.Length);
        message.CopyTo(lease.Span);
        return lease;
    }

    /// <summary>The same memory seen as its first <paramref name="length"/> bytes; takes the place of this lease.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message is shorter than that.</exception>
    public MessageLease Truncate(int length) => new(_array, Require.InRange(length, 0, Length));

    /// <summary>Returns the memory to the pool.</summary>
    public void Dispose()
    {
        if (_array is not null) LeasePool.Return(_array);
    }

    /// <inheritdoc/>
    public bool Equals(MessageLease other) => ReferenceEquals(_array, other._array) && Length == other.Length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageLease other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_array, Length);

    /// <summary>Whether both are the same lease.</summary>
    public static bool operator ==(MessageLease left, MessageLease right) => left.Equals(right);

    /// <summary>Whether they are different leases.</summary>
    public static bool operator !=(MessageLease left, MessageLease right) => !left.Equals(right);
}
