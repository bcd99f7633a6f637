using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Small control chunks that answer something and wait for the next packet: HEARTBEAT ACK, ERROR, RE-CONFIG responses.</summary>
/// <remarks>What finds no room is not answered; the peer asks again, or can do without.</remarks>
internal sealed class ControlOutbox(AssociationContext context)
{
    private const int Capacity = 1024, FirstCapacity = 128;
    private byte[] _chunks = [];                                      // most associations never need more than a heartbeat's
    private int _length;

    public bool IsEmpty => _length == 0;

    public void Clear() => _length = 0;

    /// <summary>Adds a chunk with the given value.</summary>
    public bool TryAdd(ChunkType type, scoped ReadOnlySpan<byte> value)
    {
        int size = Chunk.PaddedSize(value.Length);
        if (size > Math.Min(Capacity, context.Mtu - PacketHeader.Length) - _length)
        {
            context.Drops.Count(SctpDropReason.NoRoomForAnswer);
            return false;
        }
        if (_chunks.Length < _length + size) Array.Resize(ref _chunks, Math.Max(FirstCapacity, Math.Min(Capacity, 2 * (_length + size))));
        WireWriter writer = new(_chunks.AsSpan(_length));
        Chunk.Write(ref writer, type, ChunkFlags.None, value);
        _length += size;
        return true;
    }

    /// <summary>Adds an ERROR chunk with one cause (RFC 9260 §3.3.10); its information is cut to a useful length.</summary>
    public void AddError(ErrorCause cause, scoped ReadOnlySpan<byte> information)
    {
        Span<byte> value = stackalloc byte[Parameter.HeaderLength + 128];
        WireWriter writer = new(value);
        Parameter.Write(ref writer, (ushort)cause, information[..Math.Min(information.Length, 128)]);
        TryAdd(ChunkType.Error, writer.Written);
    }

    /// <summary>Moves what fits to the packet, whole chunks in their order.</summary>
    public void Write(ref WireWriter writer)
    {
        WireReader reader = new(_chunks.AsSpan(0, _length)), ahead = reader;
        while (Chunk.TryRead(ref ahead, out Chunk chunk) && Chunk.PaddedSize(chunk.Value.Length) <= writer.Free)
        {
            Chunk.Write(ref writer, chunk.Type, chunk.Flags, chunk.Value);
            reader = ahead;
        }
        int left = reader.Remaining;
        _chunks.AsSpan(_length - left, left).CopyTo(_chunks);
        _length = left;
    }
}
