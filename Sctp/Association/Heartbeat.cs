using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Asks an idle peer whether it is there (RFC 9260 §8.3).</summary>
internal sealed class Heartbeat(AssociationContext context)
{
    private const int InfoLength = 16;
    private Instant _due = Instant.Never;
    private Instant _answerDue = Instant.Never;
    private Instant _sentAt;
    private ulong _nonce;
    private bool _owed;

    public bool IsOwed => _owed;

    public Instant NextTimeout => _owed ? Instant.Never : Instant.Min(_due, _answerDue);

    /// <summary>Something was exchanged with the peer: the idle time counts from here.</summary>
    public void Touch(Instant now)
    {
        if (context.Options.HeartbeatInterval == TimeSpan.Zero) return;
        // Deviation, RFC 9260 §8.3: without jitter, because there is one path, and each association starts its own count.
        _due = now + context.Options.HeartbeatInterval + context.Rto.Rto;
    }

    /// <summary>Asks now, for the round trip it measures, unless an answer is on its way.</summary>
    public void Ask()
    {
        if (_answerDue.IsNever) (_owed, _due) = (true, Instant.Never);
    }

    public void Stop() => (_due, _answerDue, _owed) = (Instant.Never, Instant.Never, false);

    public void AdvanceTo(Instant now)
    {
        if (now >= _answerDue)
        {
            _answerDue = Instant.Never;
            context.Errors++;                                         // §8.1
            context.Rto.BackOff();
            (_owed, _due) = (true, Instant.Never);                    // a peer that does not answer is asked again at once
        }
        if (now >= _due) (_owed, _due) = (true, Instant.Never);
    }

    public void Write(ref WireWriter writer, Instant now)
    {
        if (writer.Free < Chunk.HeaderLength + Parameter.HeaderLength + InfoLength) return;
        _nonce = context.Random.NextUInt64();
        _sentAt = now;
        Span<byte> info = stackalloc byte[InfoLength];
        BinaryPrimitives.WriteUInt64BigEndian(info, _nonce);
        BinaryPrimitives.WriteUInt64BigEndian(info[8..], (ulong)now.Ticks);
        int start = Chunk.Begin(ref writer, ChunkType.Heartbeat);
        Parameter.Write(ref writer, (ushort)ParameterType.HeartbeatInfo, info);
        Chunk.End(ref writer, start);
        _owed = false;
        _answerDue = now + context.Rto.Rto;
    }

    public void ReceiveAck(in Chunk chunk, Instant now)
    {
        WireReader reader = new(chunk.Value);
        if (_answerDue.IsNever || !Parameter.TryRead(ref reader, out Parameter parameter) || parameter.Value.Length != InfoLength ||
            BinaryPrimitives.ReadUInt64BigEndian(parameter.Value) != _nonce)
        {
            context.Drops.Count(SctpDropReason.UnexpectedChunk);
            return;
        }
        _answerDue = Instant.Never;
        context.Errors = 0;
        context.Rto.Measure(now - _sentAt);
        Touch(now);
    }
}
