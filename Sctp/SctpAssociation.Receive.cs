using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <content>What becomes of a packet that arrives: verification tag, state, and which collaborator each chunk is for (RFC 9260 §8.4, §8.5).</content>
public sealed partial class SctpAssociation
{
    /// <summary>Takes in a packet. Any bytes are survivable; the span is the caller's again when this returns.</summary>
    public void Receive(Span<byte> packet, Instant now)
    {
        _packetsReceived++;
        _bytesReceived += packet.Length;
        if (!PacketHeader.TryRead(packet, out PacketHeader header))
        {
            Drop(SctpDropReason.Malformed);
            return;
        }
        if (header.SourcePort != _context.RemotePort || header.DestinationPort != _context.Options.LocalPort)
        {
            Drop(SctpDropReason.WrongPort);
            return;
        }
        WireReader reader = new(packet[PacketHeader.Length..]), ahead = reader;
        if (!Chunk.TryRead(ref ahead, out Chunk first))
        {
            Drop(SctpDropReason.Malformed);
            return;
        }
        // RFC 9653 §5.3: zero stands for "not computed" where we offered that, save on the packets of the handshake.
        bool omitted = header.HasZeroChecksum && _context.Options.ZeroChecksum && first.Type is not (ChunkType.Init or ChunkType.CookieEcho);
        if (!omitted && !PacketHeader.HasValidChecksum(packet))
        {
            Drop(SctpDropReason.BadChecksum);
            return;
        }
        if (!IsTagAcceptable(header.VerificationTag, first, ahead)) return;
        ReceiveChunks(header.VerificationTag, reader, now);
        if (!_context.MayReceiveData && !_context.MaySendData) return;
        _receiver.EndPacket(now);
        if (_receiver.WantsRoundTrip) _heartbeat.Ask();
        ObserveLargePackets();
        if (State == SctpAssociationState.ShutdownSent && _receiver.HasSackPending)         // §9.2: each DATA is answered at once
        {
            _receiver.AcknowledgeNow();
            _shutdown.Repeat();
        }
        _reset.Progress();
        _shutdown.Progress(_sender.IsDrained);
    }

    // RFC 9260 §8.5.
    private bool IsTagAcceptable(uint tag, in Chunk first, WireReader behind)
    {
        bool exists = State != SctpAssociationState.Closed;
        bool isReflected = (first.Flags & Chunk.ReflectedTag) != 0;
        switch (first.Type)
        {
            case ChunkType.Init when tag == 0 && behind.IsEmpty:      // §8.5.1 A, §6.10
                return true;
            case ChunkType.CookieEcho when !_context.IsOver:          // §8.5.1 D: the cookie knows the tag
                return true;
            case ChunkType.Abort or ChunkType.ShutdownComplete when exists && isReflected:           // §8.5.1 B, C
                exists = tag == _context.Peer.Tag && tag != 0;
                if (!exists) Drop(SctpDropReason.WrongVerificationTag);
                return exists;
            case ChunkType.ShutdownAck when !IsReady:                 // §8.5.1 E
                break;
            default:
                if (exists && tag == _context.LocalTag) return true;
                if (!exists && first.Type != ChunkType.Init) break;
                Drop(SctpDropReason.WrongVerificationTag);
                return false;
        }
        Drop(SctpDropReason.OutOfTheBlue);
        AnswerOutOfTheBlue(tag, first, behind);
        return false;
    }

    // RFC 9260 §8.4.
    private void AnswerOutOfTheBlue(uint tag, in Chunk first, WireReader behind)
    {
        bool isSilent = false, endsShutdown = false;
        Chunk chunk = first;
        do
        {
            if (chunk.Type == ChunkType.Abort) return;                // 2
            endsShutdown |= chunk.Type == ChunkType.ShutdownAck;      // 5
            isSilent |= chunk.Type is ChunkType.ShutdownComplete or ChunkType.CookieAck;             // 6, 7
            if (chunk.Type != ChunkType.Error) continue;
            WireReader causes = new(chunk.Value);
            while (Parameter.TryRead(ref causes, out Parameter cause)) isSilent |= cause.Type == (ushort)ErrorCause.StaleCookie;
        }
        while (Chunk.TryRead(ref behind, out chunk));
        if (endsShutdown) _reply.ShutdownComplete(tag, reflected: true);
        else if (!isSilent) _reply.Abort(tag, reflected: true);       // 8
    }

    private void ReceiveChunks(uint tag, WireReader reader, Instant now)
    {
        while (!reader.IsEmpty)
        {
            if (!Chunk.TryRead(ref reader, out Chunk chunk))
            {
                Drop(SctpDropReason.Malformed);
                return;
            }
            if (!ReceiveChunk(tag, chunk, now)) return;
        }
    }

    // False when the rest of the packet is not to be processed.
    private bool ReceiveChunk(uint tag, in Chunk chunk, Instant now)
    {
        switch (chunk.Type)
        {
            case ChunkType.Init:
                ReceiveInit(chunk, now);
                return false;
            case ChunkType.InitAck:
                if (!_setup.ReceiveInitAck(chunk)) End(new SctpEvent(SctpEventKind.Failed, Cause: SctpFailure.ProtocolViolation));
                return false;                                         // §6.10: it comes alone
            case ChunkType.CookieEcho:
                return Apply(_setup.ReceiveCookieEcho(tag, chunk, now), now) || (IsReady && tag == _context.LocalTag);
            case ChunkType.CookieAck:
                Apply(_setup.ReceiveCookieAck(), now);
                return true;
            case ChunkType.Abort:
                WireReader causes = new(chunk.Value);
                int cause = Parameter.TryRead(ref causes, out Parameter first) ? first.Type : 0;
                End(new SctpEvent(SctpEventKind.Failed, Cause: SctpFailure.AbortedByPeer, PeerCause: cause));
                return false;
            case ChunkType.Error:
                ReceiveError(chunk, now);
                return true;
            case ChunkType.ShutdownAck:
                ReceiveShutdownAck();
                return false;
            case ChunkType.ShutdownComplete:
                if (State == SctpAssociationState.ShutdownAckSent) End(new SctpEvent(SctpEventKind.Closed));
                else Drop(SctpDropReason.UnexpectedChunk);
                return false;
        }
        if (!IsReady)
        {
            Drop(SctpDropReason.UnexpectedChunk);
            return false;
        }
        return ReceiveReadyChunk(chunk, now);
    }

    // The chunks that only an association that is set up has a use for.
    private bool ReceiveReadyChunk(in Chunk chunk, Instant now)
    {
        switch (chunk.Type)
        {
            case ChunkType.Data or ChunkType.InterleavedData:
                return ReceiveData(chunk);
            case ChunkType.Sack when SackChunk.TryParse(chunk, out SackChunk sack):
                _sender.Receive(sack, now);
                return true;
            case ChunkType.ForwardTsn or ChunkType.InterleavedForwardTsn:
                return ReceiveForwardTsn(chunk);
            case ChunkType.Heartbeat:
                _outbox.TryAdd(ChunkType.HeartbeatAck, chunk.Value);  // §8.3: the information goes back as it came
                return true;
            case ChunkType.HeartbeatAck:
                if (!_mtuDiscovery.TryReceiveAck(chunk, now)) _heartbeat.ReceiveAck(chunk, now);
                return true;
            case ChunkType.Pad:                                       // RFC 4820 §3
                return true;
            case ChunkType.Reconfig:
                _reset.Receive(chunk, now);
                return true;
            case ChunkType.Shutdown when chunk.Value.Length == 4:
                _sender.ReceiveCumulative(BinaryPrimitives.ReadUInt32BigEndian(chunk.Value), now);
                _shutdown.ReceiveShutdown();
                return true;
            case ChunkType.Sack or ChunkType.Shutdown:
                Drop(SctpDropReason.Malformed);
                return true;
        }
        Drop(SctpDropReason.UnknownChunk);                            // §3.2: the two high bits say what to do
        if (((byte)chunk.Type & 0x40) != 0) _outbox.AddError(ErrorCause.UnrecognizedChunkType, chunk.Bytes);
        return ((byte)chunk.Type & 0x80) != 0;
    }

    private bool ReceiveData(in Chunk chunk)
    {
        if (!_context.MayReceiveData || !DataChunk.TryParse(chunk, out DataChunk data))
        {
            Drop(_context.MayReceiveData ? SctpDropReason.Malformed : SctpDropReason.UnexpectedChunk);
            return true;
        }
        if (data.UserData.IsEmpty)                                    // §6.2: fatal
        {
            Span<byte> tsn = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(tsn, data.Tsn);
            Fail(SctpFailure.ProtocolViolation, ErrorCause.NoUserData, tsn);
            return false;
        }
        SctpFailure failure = data.IsInterleaved == _context.Interleaves ? _receiver.Receive(data) : SctpFailure.ProtocolViolation;
        if (failure == SctpFailure.None) return true;
        Fail(failure, failure == SctpFailure.MessageTooLarge ? ErrorCause.OutOfResource : ErrorCause.ProtocolViolation, default);
        return false;
    }

    private bool ReceiveForwardTsn(in Chunk chunk)
    {
        if (chunk.Type == ChunkType.InterleavedForwardTsn != _context.Interleaves)          // RFC 8260 §2.3.1
        {
            Fail(SctpFailure.ProtocolViolation, ErrorCause.ProtocolViolation, default);
            return false;
        }
        if (!ForwardTsnChunk.TryParse(chunk, out ForwardTsnChunk forward)) Drop(SctpDropReason.Malformed);
        else if (!_context.MayReceiveData) Drop(SctpDropReason.UnexpectedChunk);
        else _receiver.Receive(forward);
        return true;
    }

    private void ReceiveInit(in Chunk chunk, Instant now)
    {
        if (_context.IsOver) Drop(SctpDropReason.OutOfTheBlue);
        else if (State == SctpAssociationState.ShutdownAckSent) _shutdown.Repeat();          // §9.2
        else _setup.ReceiveInit(chunk, _receiver.Window, now);
    }

    private void ReceiveError(in Chunk chunk, Instant now)
    {
        WireReader causes = new(chunk.Value);
        while (Parameter.TryRead(ref causes, out Parameter cause))
        {
            if (cause.Type != (ushort)ErrorCause.StaleCookie || _setup.ReceiveStaleCookie(now)) continue;
            Fail(SctpFailure.SetupTimeout, ErrorCause.StaleCookie, default);
            return;
        }
    }

    private void ReceiveShutdownAck()
    {
        if (State is not (SctpAssociationState.ShutdownSent or SctpAssociationState.ShutdownAckSent))
        {
            Drop(SctpDropReason.UnexpectedChunk);
            return;
        }
        _reply.ShutdownComplete(_context.Peer.Tag, reflected: false);
        End(new SctpEvent(SctpEventKind.Closed));
    }

    // True when the handshake has just brought the association up.
    private bool Apply(SetupOutcome outcome, Instant now)
    {
        if (outcome == SetupOutcome.TooLate)
        {
            _shutdown.Repeat();
            _outbox.AddError(ErrorCause.CookieReceivedWhileShuttingDown, default);
        }
        if (outcome is SetupOutcome.Nothing or SetupOutcome.TooLate) return false;
        bool restarted = outcome == SetupOutcome.Restarted;
        _context.Raise(new SctpEvent(restarted ? SctpEventKind.Restarted : SctpEventKind.Established));
        if (restarted)
        {
            _sender.Clear();
            _sender.Messages.RenewStreams();
        }
        _context.Errors = 0;
        _shutdown.Stop();
        _receiver.Start(_context.Peer.InitialTsn);
        _sender.Start(_setup.LocalInitialTsn, _context.Peer.ReceiveWindow);
        _reset.Start(_setup.LocalInitialTsn, _context.Peer.InitialTsn);
        _heartbeat.Touch(now);
        _mtuDiscovery.Start(now);
        return true;
    }
}
