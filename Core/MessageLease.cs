namespace WebRtcStack.Core;

/// <summary>A message in pooled memory that outlives the call which produced it. Its holder disposes it, once.</summary>
/// <remarks>
/// A value: handing it on hands on the duty to dispose it. After <see cref="Dispose"/> the memory belongs to somebody else;
/// do not keep <see cref="Span"/> or <see cref="Memory"/> beyond that. The default value is an empty message and needs no disposal.
/// </remarks>
public readonly struct MessageLease : IDisposable, IEquatable<MessageLease>
{
    private readonly object? _owner;                     // the array, or the SharedMemory that holds it

    private MessageLease(object? owner, int length) => (_owner, Length) = (owner, length);

    /// <summary>Bytes in the message.</summary>
    public int Length { get; }

    /// <summary>The message's bytes, writable by the holder unless others hold it too (<see cref="Share"/>).</summary>
    public Span<byte> Span => Array.AsSpan(0, Length);

    /// <summary>The message's bytes, writable by the holder unless others hold it too (<see cref="Share"/>).</summary>
    public Memory<byte> Memory => Array.AsMemory(0, Length);

    private byte[]? Array => _owner is SharedMemory shared ? shared.Array : (byte[]?)_owner;

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
    public MessageLease Truncate(int length) => new(_owner, Require.InRange(length, 0, Length));

    /// <summary>
    /// The same memory for several holders, from any thread: each is given the returned value and disposes it, once; the last one
    /// gives the memory back. It takes the place of this lease, and nobody writes to the memory any more.
    /// </summary>
    /// <param name="holders">How many holders there are: 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="holders"/> is below 1.</exception>
    /// <exception cref="InvalidOperationException">The lease is shared already.</exception>
    public MessageLease Share(int holders)
    {
        Require.InRange(holders, 1, int.MaxValue);
        if (_owner is SharedMemory) throw new InvalidOperationException("The lease is shared already; share it once, for all holders.");
        return holders == 1 || _owner is null ? this : new MessageLease(SharedMemory.Create((byte[])_owner, holders), Length);
    }

    /// <summary>Returns the memory to the pool; shared memory when its last holder does.</summary>
    public void Dispose()
    {
        if (_owner is SharedMemory shared) shared.Release();
        else if (_owner is not null) LeasePool.Return((byte[])_owner);
    }

    /// <inheritdoc/>
    public bool Equals(MessageLease other) => ReferenceEquals(_owner, other._owner) && Length == other.Length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageLease other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_owner, Length);

    /// <summary>Whether both are the same lease.</summary>
    public static bool operator ==(MessageLease left, MessageLease right) => left.Equals(right);

    /// <summary>Whether they are different leases.</summary>
    public static bool operator !=(MessageLease left, MessageLease right) => !left.Equals(right);
}
