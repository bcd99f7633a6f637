using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>One whole packet that answers a packet outside the association's flow: INIT ACK, ABORT, SHUTDOWN COMPLETE. The latest wins.</summary>
internal sealed class ReplySlot(AssociationContext context)
{
    private byte[] _packet = [];
    private int _length;

    public bool IsEmpty => _length == 0;

    /// <summary>Starts a reply with the given verification tag; <see cref="Complete"/> makes it due.</summary>
    public WireWriter Begin(uint verificationTag)
    {
        if (_packet.Length < context.Mtu) _packet = new byte[context.Mtu];
        WireWriter writer = new(_packet.AsSpan(0, context.Mtu));
        PacketHeader.Write(ref writer, (ushort)context.Options.LocalPort, context.RemotePort, verificationTag);
        return writer;
    }

    public void Complete(in WireWriter writer)
    {
        _length = writer.Length;
        if (_length > 0) PacketHeader.Seal(writer.Written);
    }

    /// <summary>Makes a packet of one ABORT with one cause due (RFC 9260 §3.3.7); no cause, no cause field.</summary>
    public void Abort(uint verificationTag, bool reflected, ErrorCause? cause = null, scoped ReadOnlySpan<byte> information = default)
    {
        WireWriter writer = Begin(verificationTag);
        int start = Chunk.Begin(ref writer, ChunkType.Abort, reflected ? Chunk.ReflectedTag : ChunkFlags.None);
        if (cause is { } code) Parameter.Write(ref writer, (ushort)code, information);
        Chunk.End(ref writer, start);
        Complete(writer);
    }

    public void ShutdownComplete(uint verificationTag, bool reflected)
    {
        WireWriter writer = Begin(verificationTag);
        Chunk.Write(ref writer, ChunkType.ShutdownComplete, reflected ? Chunk.ReflectedTag : ChunkFlags.None, default);
        Complete(writer);
    }

    public int Transmit(Span<byte> destination)
    {
        int length = _length;
        _packet.AsSpan(0, length).CopyTo(destination);
        (_packet, _length) = ([], 0);                        // most associations reply once, to an INIT, and then never again
        return length;
    }
}
