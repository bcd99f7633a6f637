namespace WebRtcStack.Dtls;

/// <summary>Feeds reassembled messages to the current state, and is the only place where it changes.</summary>
internal sealed class HandshakeMachine(HandshakeContext context, DropCounters drops, DtlsAdmission? admission = null) : IDisposable
{
    private readonly HandshakeReassembler _reassembler = new(context.Options.MaxHandshakeMessageSize, drops,
        admission is null ? 0 : new HandshakeMessage(admission.ClientHello).Sequence + 1);


    /// <summary>Null before the start.</summary>
    public HandshakeState? State { get; private set; }

    public bool IsEstablished => State is Established;

    private bool IsDtls13 => context.Records.IsDtls13 == true;

    public void Start()
    {
        State = context.Options.Role == DtlsRole.Client ? new AwaitServerHello(context) : new AwaitClientHello(context, admission);
        if (admission is null) return;
        HandshakeMessage hello = new(admission.ClientHello);
        context.Continue(hello.Sequence, admission.RecordSequence);
        Step(hello, epoch: 0);
    }

    /// <summary>Takes the payload of one handshake record: one or more fragments.</summary>
    public void Receive(ReadOnlySpan<byte> payload, RecordNumber number, Instant now)
    {
        bool processed = true;                                     // RFC 9147 §7: nothing that was dropped is acknowledged
        WireReader reader = new(payload);
        while (!reader.IsEmpty && State is not HandshakeFailed)
        {
            if (!FragmentHeader.TryRead(ref reader, out FragmentHeader header, out ReadOnlySpan<byte> fragment))
            {
                drops.Count(DtlsDropReason.MalformedHandshake);
                return;
            }
            processed &= ReceiveFragment(header, fragment, number.Epoch, now);
        }
        if (processed && IsDtls13 || number.Epoch == 0) context.Acks.Note(number);
        while (State is not HandshakeFailed && _reassembler.TryTake(out byte[]? raw, out ushort epoch)) Step(new HandshakeMessage(raw), epoch);
        if (IsDtls13 && State is not HandshakeFailed) OweAcknowledgement(number, now);
    }

    /// <summary>Takes the payload of an ACK record (RFC 9147 §7.2).</summary>
    public void ReceiveAck(ReadOnlySpan<byte> payload, RecordNumber number, Instant now)
    {
        // §7: before DTLS 1.3 is chosen they are ignored. So are, of what may be done with them, unprotected ones: anybody can forge these.
        if (!IsDtls13 || number.Epoch == 0)
        {
            drops.Count(DtlsDropReason.UnprotectedAck);
            return;
        }
        if (!AckTracker.TryParse(payload, out WireReader numbers))
        {
            Fail(DtlsAlert.DecodeError, "An ACK is malformed.");
            return;
        }
        bool any = false, empty = numbers.IsEmpty;
        while (AckTracker.TryRead(ref numbers, out ulong epoch, out ulong sequence))
        {
            // Deviation, RFC 9147bis §7.2: after the handshake the limit is not the ACK's own epoch but ours. §8 lets each direction
            // update its keys alone, and then an ACK cannot come in the epoch of the record it names.
            if (epoch > Math.Max(number.Epoch, IsEstablished ? context.Records.WriteEpoch : 0UL))
            {
                Fail(DtlsAlert.IllegalParameter, "An ACK names a record of an epoch that it cannot know.");
                return;
            }
            any |= context.Flight.Acknowledge(new RecordNumber((ushort)epoch, sequence));
        }
        if (empty) context.Flight.PeerRepeated(now);               // §7.1: it asks to be quicker
        if (any && context.Flight.TryComplete()) State!.FlightArrived();
    }

    public void Dispose() => State?.Dispose();

    // False when the fragment is not kept.
    private bool ReceiveFragment(in FragmentHeader header, ReadOnlySpan<byte> fragment, ushort epoch, Instant now)
    {
        if (header.Sequence >= _reassembler.NextSequence && !BelongsInto(header.Type, epoch))
        {
            if (IsDtls13) Fail(DtlsAlert.UnexpectedMessage, $"{header.Type} came in epoch {epoch}.");
            else drops.Count(DtlsDropReason.MalformedHandshake);
            return false;
        }
        switch (_reassembler.Add(header, fragment, epoch))
        {
            case FragmentOutcome.Old:
                drops.Count(DtlsDropReason.DuplicateHandshake);
                if (header.IsLast && header.Sequence == _reassembler.NextSequence - 1) context.Flight.PeerRepeated(now);
                return true;
            case FragmentOutcome.Contradictory:                    // RFC 9147 §5.5
                Fail(DtlsAlert.IllegalParameter, "A fragment changes bytes of an earlier one.");
                return false;
            case FragmentOutcome.Kept:
                return true;
            default:
                return false;
        }
    }

    // Which message may come in which epoch: what must be protected is not taken when it is not.
    private bool BelongsInto(HandshakeType type, ushort epoch)
    {
        if (!IsDtls13) return epoch == 0 ? type != HandshakeType.Finished : type == HandshakeType.Finished || IsEstablished;
        if (IsEstablished) return epoch == context.Records.ReadEpoch;          // RFC 9147 §8: nothing follows a KeyUpdate in its epoch
        return type is HandshakeType.ClientHello or HandshakeType.ServerHello
            ? epoch == 0
            : epoch == HandshakeState13.HandshakeEpoch;
    }

    // RFC 9147 §7.1: at once after the handshake and when a message is missing; else when the flight does not go on.
    private void OweAcknowledgement(RecordNumber number, Instant now)
    {
        bool ofClientsLastFlight = context.Options.Role == DtlsRole.Server && number.Epoch == HandshakeState13.HandshakeEpoch;
        if (IsEstablished && (number.Epoch > HandshakeState13.HandshakeEpoch || ofClientsLastFlight)) context.Acks.Owe();
        else if (!IsEstablished && _reassembler.HasGap && number.Epoch > 0) context.Acks.Owe();
        else if (!IsEstablished && context.Records.WriteEpoch > 0 && context.Acks.HasNumbers)
            context.Acks.OweLater(now + new TimeSpan(context.Flight.Timeout.Ticks / 4));
    }

    private void Step(in HandshakeMessage message, ushort epoch)
    {
        HandshakeState current = State!;
        if (message.Type == HandshakeType.HelloRequest && !IsEstablished && !IsDtls13) return;    // RFC 5246 §7.4.1.1: ignored
        bool wasDtls13 = IsDtls13;
        if (wasDtls13 && !BelongsInto(message.Type, epoch))
        {
            Fail(DtlsAlert.UnexpectedMessage, $"{message.Type} came in epoch {epoch}.");
            return;
        }
        HandshakeState next = current.Receive(message);
        if (IsDtls13 && !wasDtls13) _reassembler.ForgetUnprotected();
        if (ReferenceEquals(next, current)) return;
        State = next;
        current.Dispose();
    }

    private void Fail(DtlsAlert alert, string reason)
    {
        HandshakeState current = State!;
        State = new HandshakeFailed(context, alert, DtlsFailure.ProtocolError, reason);
        current.Dispose();
    }
}
