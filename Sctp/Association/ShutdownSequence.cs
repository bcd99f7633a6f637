using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The graceful end (RFC 9260 §9.2): SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE, with T2 and T5.</summary>
internal sealed class ShutdownSequence(AssociationContext context)
{
    private bool _owed;
    private Instant _t2 = Instant.Never;
    private Instant _t5 = Instant.Never;

    public bool IsOwed => _owed;

    public Instant NextTimeout => Instant.Min(_t2, _t5);

    /// <summary>Moves on once nothing is outstanding.</summary>
    public void Progress(bool isDrained)
    {
        if (!isDrained) return;
        if (context.State == SctpAssociationState.ShutdownPending) Step(SctpAssociationState.ShutdownSent);
        else if (context.State == SctpAssociationState.ShutdownReceived) Step(SctpAssociationState.ShutdownAckSent);
    }

    /// <summary>The peer's SHUTDOWN; its cumulative TSN ack has been taken in.</summary>
    public void ReceiveShutdown()
    {
        switch (context.State)
        {
            case SctpAssociationState.Established or SctpAssociationState.ShutdownPending:
                context.Enter(SctpAssociationState.ShutdownReceived);
                break;
            case SctpAssociationState.ShutdownSent:                   // both at once
                Step(SctpAssociationState.ShutdownAckSent);
                break;
            case SctpAssociationState.ShutdownAckSent:
                _owed = true;
                break;
        }
    }

    /// <summary>Says again what was said last: the peer has not heard it (§9.2).</summary>
    public void Repeat() => _owed = true;

    /// <returns>False when the peer does not answer.</returns>
    public bool AdvanceTo(Instant now)
    {
        if (now >= _t5) return false;
        if (now < _t2) return true;
        _t2 = Instant.Never;
        context.Errors++;
        context.Rto.BackOff();
        _owed = true;
        return true;
    }

    public void Write(ref WireWriter writer, uint cumulativeTsn, Instant now)
    {
        if (context.State == SctpAssociationState.ShutdownSent)
        {
            Span<byte> value = stackalloc byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(value, cumulativeTsn);
            Chunk.Write(ref writer, ChunkType.Shutdown, ChunkFlags.None, value);
        }
        else
        {
            Chunk.Write(ref writer, ChunkType.ShutdownAck, ChunkFlags.None, default);
        }
        if (writer.Overflowed) return;
        _owed = false;
        _t2 = now + context.Rto.Rto;
        if (_t5.IsNever) _t5 = now + new TimeSpan(5 * context.Options.RtoMax.Ticks);        // §9.2: five times RTO.Max
    }

    public void Stop() => (_owed, _t2, _t5) = (false, Instant.Never, Instant.Never);

    private void Step(SctpAssociationState state)
    {
        context.Enter(state);
        _owed = true;
    }
}
