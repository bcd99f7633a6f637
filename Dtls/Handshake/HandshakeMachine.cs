namespace WebRtcStack.Dtls;

/// <summary>Feeds reassembled messages to the current state, and is the only place where it changes.</summary>
internal sealed class HandshakeMachine(HandshakeContext context, DropCounters drops) : IDisposable
{
    private readonly HandshakeReassembler _reassembler = new(context.Options.MaxHandshakeMessageSize, drops);

    /// <summary>Null before the start.</summary>
    public HandshakeState? State { get; private set; }

    public bool IsEstablished => State is Established;

    public void Start() => State = context.Options.Role == DtlsRole.Client ? new AwaitServerHello(context) : new AwaitClientHello(context);

    /// <summary>Takes the payload of one handshake record: one or more fragments.</summary>
    public void Receive(ReadOnlySpan<byte> payload, ushort epoch, Instant now)
    {
        WireReader reader = new(payload);
        while (!reader.IsEmpty)
        {
            if (!FragmentHeader.TryRead(ref reader, out FragmentHeader header, out ReadOnlySpan<byte> fragment) ||
                !BelongsInto(header.Type, epoch))
            {
                drops.Count(DtlsDropReason.MalformedHandshake);
                return;
            }
            if (_reassembler.Add(header, fragment) != FragmentOutcome.Old) continue;
            drops.Count(DtlsDropReason.DuplicateHandshake);
            if (header.IsLast && header.Sequence == _reassembler.NextSequence - 1) context.Flight.PeerRepeated(now);
        }
        while (State is not HandshakeFailed && _reassembler.TryTake(out byte[]? raw)) Step(new HandshakeMessage(raw));
    }

    public void Dispose() => State?.Dispose();

    // Finished is the first message of epoch 1; what comes under epoch 1 after the handshake is at least authentic.
    private bool BelongsInto(HandshakeType type, ushort epoch) =>
        epoch == 0 ? type != HandshakeType.Finished : type == HandshakeType.Finished || IsEstablished;

    private void Step(in HandshakeMessage message)
    {
        HandshakeState current = State!;
        if (message.Type == HandshakeType.HelloRequest && !IsEstablished) return;         // RFC 5246 §7.4.1.1: ignored
        HandshakeState next = current.Receive(message);
        if (ReferenceEquals(next, current)) return;
        State = next;
        current.Dispose();
    }
}
