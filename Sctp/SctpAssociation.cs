using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>An SCTP association (RFC 9260) as WebRTC uses it (RFC 8831): one path, carried by something that keeps it secret.</summary>
/// <remarks>
/// Not thread-safe: one run loop owns it. Time and randomness come from the caller, packets go out when polled. An
/// association lives once: when it has ended, a new one takes its place.
/// </remarks>
public sealed class SctpAssociation : IDisposable
{
    private readonly AssociationContext _context;
    private readonly ReplySlot _reply;
    private readonly ControlOutbox _outbox;
    private readonly AssociationSetup _setup;
    private readonly DataSender _sender;
    private readonly DataReceiver _receiver;
    private readonly Heartbeat _heartbeat;
    private readonly ShutdownSequence _shutdown;
    private readonly StreamReset _reset;
    private readonly PathMtuDiscovery _mtuDiscovery;
    private readonly int _largestMtu;
    private long _packetsSent, _packetsReceived, _bytesSent, _bytesReceived, _messagesSent;

    /// <summary>Creates an association in state <see cref="SctpAssociationState.Closed"/>. It answers a peer that begins; <see cref="Associate"/> begins.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public SctpAssociation(SctpOptions options, RandomSource random)
    {
        _context = new AssociationContext(Require.NotNull(options), Require.NotNull(random));
        _reply = new ReplySlot(_context);
        _outbox = new ControlOutbox(_context);
        _setup = new AssociationSetup(_context, _reply, _outbox);
        _sender = new DataSender(_context);
        _receiver = new DataReceiver(_context, _outbox);
        _heartbeat = new Heartbeat(_context);
        _shutdown = new ShutdownSequence(_context);
        _reset = new StreamReset(_context, _sender, _receiver, _outbox);
        _mtuDiscovery = new PathMtuDiscovery(_context);
        _largestMtu = Math.Max(options.Mtu, options.MaxMtu);
    }

    /// <summary>The state (RFC 9260 §4).</summary>
    public SctpAssociationState State => _context.State;

    /// <summary>The least room that <see cref="Transmit"/> needs.</summary>
    public int MinDatagramSize => _largestMtu;

    /// <summary>
    /// The largest packet sent from now on, in bytes; may be set from 512 to <see cref="SctpOptions.Mtu"/>. What is in flight
    /// keeps its size. With <see cref="SctpOptions.MaxMtu"/> a search raises it from there.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Mtu
    {
        get => _context.Mtu;
        set
        {
            _context.Mtu = _context.BaseMtu = Require.InRange(value, 512, _context.Options.Mtu);
            _mtuDiscovery.Restart();
        }
    }

    /// <summary>The peer's port; set it before <see cref="Associate"/> where it was not known at first. From 1 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int RemotePort { get => _context.RemotePort; set => _context.RemotePort = (ushort)Require.InRange(value, 1, 65535); }

    /// <summary>The largest message the peer takes, in bytes; at least 1. See <see cref="SctpOptions.PeerMaxMessageSize"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int PeerMaxMessageSize
    {
        get => _context.PeerMaxMessageSize;
        set => _context.PeerMaxMessageSize = Require.InRange(value, 1, int.MaxValue);
    }

    /// <summary>Streams in our direction: the fewer of what we asked for and what the peer takes. 0 until known.</summary>
    public int OutboundStreams => Math.Min(_context.Options.Streams, (int)_context.Peer.InboundStreams);

    /// <summary>Streams in the peer's direction. 0 until known.</summary>
    public int InboundStreams => _context.InboundStreams;

    /// <summary>Whether messages of different streams interleave (RFC 8260); known once established.</summary>
    public bool IsInterleaved => _context.Interleaves;

    /// <summary>What was discarded, by reason.</summary>
    public SctpDropCounters Drops => _context.Drops;

    /// <summary>Bytes of messages that wait to be sent for the first time, on all streams.</summary>
    public long TotalBufferedAmount => _sender.Messages.BufferedBytes;

    /// <summary>When <see cref="AdvanceTo"/> next has something to do.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Min(_setup.NextTimeout, Instant.Min(_sender.NextTimeout, _receiver.NextTimeout));
            next = Instant.Min(next, _mtuDiscovery.NextTimeout);
            return Instant.Min(next, Instant.Min(_heartbeat.NextTimeout, Instant.Min(_shutdown.NextTimeout, _reset.NextTimeout)));
        }
    }

    internal AssociationContext Context => _context;

    internal Reassembly Inbound => _receiver.Reassembly;

    internal RetransmissionQueue Outstanding => _sender.Outstanding;

    /// <summary>Bytes of messages that are queued or in flight.</summary>
    internal long HeldBytes => _sender.Messages.HeldBytes;

    /// <summary>Begins the handshake. In WebRTC both sides do; where the peer was first this does nothing.</summary>
    /// <exception cref="InvalidOperationException">The association has ended.</exception>
    public void Associate(Instant now)
    {
        if (_context.IsOver) throw new InvalidOperationException("The association has ended; create a new one.");
        if (State == SctpAssociationState.Closed) _setup.Associate();
    }

    /// <summary>Ends the association once everything queued has been acknowledged (RFC 9260 §9.2); nothing more can be sent.</summary>
    public void Shutdown(Instant now)
    {
        switch (State)
        {
            case SctpAssociationState.Established:
                _context.Enter(SctpAssociationState.ShutdownPending);
                _shutdown.Progress(_sender.IsDrained);
                break;
            case SctpAssociationState.CookieWait or SctpAssociationState.CookieEchoed:
                Abort("The association was shut down before it was set up.", now);
                break;
            case SctpAssociationState.Closed when !_context.IsOver:
                End(new SctpEvent(SctpEventKind.Closed));
                break;
        }
    }

    /// <summary>Ends the association at once; the peer is sent <paramref name="reason"/> (RFC 9260 §9.1), of which the first 200 bytes go.</summary>
    public void Abort(string reason, Instant now)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(Require.NotNull(reason));
        Fail(SctpFailure.AbortedLocally, ErrorCause.UserInitiatedAbort, text.AsSpan(0, Math.Min(text.Length, 200)));
    }

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
        if (!IsTagAcceptable(header.VerificationTag, first, ahead.IsEmpty)) return;
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

    /// <summary>Writes the next packet that is owed.</summary>
    /// <param name="destination">At least <see cref="MinDatagramSize"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <returns>Bytes written; 0 when nothing is owed now.</returns>
    public int Transmit(Span<byte> destination, Instant now)
    {
        Debug.Assert(destination.Length >= MinDatagramSize, "the caller provides room for a packet");
        int length = _reply.IsEmpty ? WritePacket(destination, now) : _reply.Transmit(destination);
        if (length == 0) return 0;
        _packetsSent++;
        _bytesSent += length;
        return length;
    }

    /// <summary>Lets time pass; calling early is harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        if (!_setup.AdvanceTo(now)) Fail(SctpFailure.SetupTimeout, ErrorCause.UserInitiatedAbort, default);
        if (_context.IsOver) return;
        _sender.AdvanceTo(now);
        _receiver.AdvanceTo(now);
        _heartbeat.AdvanceTo(now);
        _mtuDiscovery.AdvanceTo(now);
        ObserveLargePackets();
        _reset.AdvanceTo(now);
        bool answers = _shutdown.AdvanceTo(now);
        if (!answers || _context.Errors > _context.Options.MaxRetransmits)                  // §8.1
            Fail(SctpFailure.PeerUnreachable, ErrorCause.UserInitiatedAbort, default);
    }

    /// <summary>Reads the next event.</summary>
    public bool TryReadEvent(out SctpEvent e) => _context.TryReadEvent(out e);

    /// <summary>Queues a message. On <see cref="SctpSendResult.Queued"/> the lease belongs to the association, else it stays the caller's.</summary>
    /// <exception cref="ArgumentException">The message is empty, which SCTP cannot carry, or an option is negative.</exception>
    public SctpSendResult Send(ushort stream, uint ppid, MessageLease message, in SctpSendOptions options, Instant now)
    {
        SctpSendResult result = Check(stream, message.Length, options, out OutgoingStream? queue);
        if (queue is not null) Enqueue(queue, ppid, message, options, now);
        return result;
    }

    /// <summary>Copies a message and queues the copy.</summary>
    /// <exception cref="ArgumentException">The message is empty, which SCTP cannot carry, or an option is negative.</exception>
    public SctpSendResult Send(ushort stream, uint ppid, ReadOnlySpan<byte> message, in SctpSendOptions options, Instant now)
    {
        SctpSendResult result = Check(stream, message.Length, options, out OutgoingStream? queue);
        if (queue is not null) Enqueue(queue, ppid, MessageLease.CopyOf(message), options, now);
        return result;
    }

    /// <summary>Reads the next message that has arrived; its reader disposes the payload.</summary>
    public bool TryReceive(out SctpMessage message)
    {
        if (!_receiver.Reassembly.TryRead(out message)) return false;
        if (_context.MayReceiveData) _receiver.Read(message.Payload.Length);
        return true;
    }

    /// <summary>Bytes on <paramref name="stream"/> that wait to be sent for the first time.</summary>
    public long BufferedAmount(ushort stream) => _sender.Messages.TryGetStream(stream, out OutgoingStream? queue) ? queue.Buffered : 0;

    /// <summary>Sets when <see cref="SctpEventKind.BufferedAmountLow"/> is raised: on falling to <paramref name="bytes"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    public void SetBufferedAmountLowThreshold(ushort stream, long bytes) =>
        _sender.Messages.Stream(stream).LowThreshold = Require.InRange(bytes, 0, long.MaxValue);

    /// <summary>Sets a stream's share of the path relative to others (RFC 8831 §6.4); 256 is normal, from 1 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weight"/> is 0.</exception>
    public void SetPriority(ushort stream, ushort weight) =>
        _sender.Messages.Stream(stream).Weight = Require.InRange((int)weight, 1, ushort.MaxValue);

    /// <summary>Resets outgoing streams (RFC 6525 §5.1.2) once what is queued on them has been acknowledged; each is answered by an event.</summary>
    /// <exception cref="InvalidOperationException">The association is not established.</exception>
    public void ResetStreams(ReadOnlySpan<ushort> streams)
    {
        if (State != SctpAssociationState.Established)
            throw new InvalidOperationException("The association is not established: wait for the event Established.");
        foreach (ushort stream in streams) _reset.Request(_sender.Messages.Stream(stream));
    }

    /// <summary>A snapshot of the counters.</summary>
    public SctpStatistics GetStatistics() => new()
    {
        PacketsSent = _packetsSent,
        PacketsReceived = _packetsReceived,
        BytesSent = _bytesSent,
        BytesReceived = _bytesReceived,
        MessagesSent = _messagesSent,
        MessagesReceived = _receiver.Reassembly.MessagesReceived,
        Retransmissions = _sender.Outstanding.Retransmissions,
        Timeouts = _sender.Timeouts,
        UndoneReductions = _sender.UndoneReductions,
        MessagesAbandoned = _sender.Messages.Abandoned,
        SmoothedRoundTripTime = _context.Rto.Smoothed,
        CongestionWindow = _sender.CongestionWindow,
        PeerReceiveWindow = _sender.PeerWindow,
        ReceiveWindow = _receiver.Window,
        BytesInFlight = _sender.Outstanding.FlightBytes,
        Mtu = Mtu,
    };

    /// <summary>Frees all memory at once, unread messages included; the peer is told nothing.</summary>
    public void Dispose()
    {
        if (!_context.IsOver) End(new SctpEvent(SctpEventKind.Failed, Cause: SctpFailure.AbortedLocally));
        _receiver.Reassembly.DropDelivered();
    }

    internal OutgoingStream OutgoingStream(ushort id) => _sender.Messages.Stream(id);

    /// <summary>Queues a small message of ours that no limit may hold up, reliable and in order.</summary>
    internal void SendControl(ushort stream, uint ppid, MessageLease message, Instant now) =>
        Enqueue(_sender.Messages.Stream(stream), ppid, message, new SctpSendOptions { CountedBytes = 0 }, now);

    private int WritePacket(Span<byte> destination, Instant now)
    {
        bool hasData = _context.MaySendData && _sender.HasDataToSend(now);
        int size = hasData ? _sender.PacketSize(now) : _context.BaseMtu;
        WireWriter writer = new(destination[..Math.Min(destination.Length, size)]);
        if (_setup.OwesPacket)
        {
            _setup.WritePacket(ref writer, _receiver.Window, now);
            PacketHeader.Seal(writer.Written);                        // RFC 9653 §5.2: these always have their checksum
            return writer.Length;
        }
        if (State is SctpAssociationState.Closed or SctpAssociationState.CookieWait or SctpAssociationState.CookieEchoed) return 0;
        if (_mtuDiscovery.IsOwed && State == SctpAssociationState.Established && !_setup.OwesCookieAck) return WriteMtuProbe(destination, now);
        if (!hasData && !_receiver.OwesSack && !_setup.OwesCookieAck && _outbox.IsEmpty && !_heartbeat.IsOwed && !_shutdown.IsOwed &&
            !OwesReset) return 0;

        PacketHeader.Write(ref writer, (ushort)_context.Options.LocalPort, _context.RemotePort, _context.Peer.Tag);
        if (_setup.OwesCookieAck) _setup.WriteCookieAck(ref writer);  // §5.1: first in its packet
        if (_receiver.HasSackPending) _receiver.WriteSack(ref writer);                      // §6.10: control before DATA
        if (!_outbox.IsEmpty) _outbox.Write(ref writer);
        if (_heartbeat.IsOwed) _heartbeat.Write(ref writer, now);
        if (OwesReset) _reset.WriteRequest(ref writer, now);
        if (_shutdown.IsOwed) _shutdown.Write(ref writer, _receiver.Tracker.Cumulative, now);
        if (hasData)
        {
            _sender.WriteData(ref writer, now);
            _heartbeat.Touch(now);
        }
        if (writer.Length <= PacketHeader.Length) return 0;
        if (!_context.OmitsChecksum) PacketHeader.Seal(writer.Written);
        return writer.Length;
    }

    private int WriteMtuProbe(Span<byte> destination, Instant now)
    {
        WireWriter writer = new(destination[.._mtuDiscovery.ProbeSize]);
        PacketHeader.Write(ref writer, (ushort)_context.Options.LocalPort, _context.RemotePort, _context.Peer.Tag);
        _mtuDiscovery.Write(ref writer, now);
        if (!_context.OmitsChecksum) PacketHeader.Seal(writer.Written);
        return writer.Length;
    }

    private void ObserveLargePackets()
    {
        if (_mtuDiscovery.Observe(_sender.Outstanding.LargeLosses, _context.Errors)) _sender.Outstanding.ForgetLargeLosses();
    }

    private bool OwesReset => State == SctpAssociationState.Established && _reset.IsOwed;

    // RFC 9260 §8.4, §8.5.
    private bool IsTagAcceptable(uint tag, in Chunk first, bool isAlone)
    {
        switch (first.Type)
        {
            case ChunkType.Init:
                if (tag == 0 && isAlone) return true;                 // §8.5.1 A, §6.10
                Drop(SctpDropReason.WrongVerificationTag);
                return false;
            case ChunkType.CookieEcho when !_context.IsOver:          // §8.5.1 D: the cookie knows the tag
                return true;
            case ChunkType.Abort or ChunkType.ShutdownComplete:       // §8.5.1 B, C
                uint expected = (first.Flags & Chunk.ReflectedTag) != 0 ? _context.Peer.Tag : _context.LocalTag;
                if (State != SctpAssociationState.Closed && tag == expected) return true;
                Drop(SctpDropReason.WrongVerificationTag);
                return false;
        }
        if (State != SctpAssociationState.Closed && tag == _context.LocalTag) return true;
        if (State != SctpAssociationState.Closed)
        {
            Drop(SctpDropReason.WrongVerificationTag);
            return false;
        }
        Drop(SctpDropReason.OutOfTheBlue);
        if (first.Type == ChunkType.ShutdownAck) _reply.ShutdownComplete(tag, reflected: true);                     // §8.4, 5
        else if (first.Type is not (ChunkType.CookieAck or ChunkType.Error)) _reply.Abort(tag, reflected: true);    // §8.4, 7 and 8
        return false;
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
        bool isReady = State is not (SctpAssociationState.Closed or SctpAssociationState.CookieWait or SctpAssociationState.CookieEchoed);
        switch (chunk.Type)
        {
            case ChunkType.Init:
                ReceiveInit(chunk, now);
                return false;
            case ChunkType.InitAck:
                if (!_setup.ReceiveInitAck(chunk)) End(new SctpEvent(SctpEventKind.Failed, Cause: SctpFailure.ProtocolViolation));
                return false;                                         // §6.10: it comes alone
            case ChunkType.CookieEcho:
                return Apply(_setup.ReceiveCookieEcho(tag, chunk, now), now) || (isReady && tag == _context.LocalTag);
            case ChunkType.CookieAck:
                Apply(_setup.ReceiveCookieAck(), now);
                return true;
            case ChunkType.Abort:
                WireReader causes = new(chunk.Value);
                int cause = Parameter.TryRead(ref causes, out Parameter first) ? first.Type : 0;
                End(new SctpEvent(SctpEventKind.Failed, Cause: SctpFailure.AbortedByPeer, PeerCause: cause));
                return false;
            case ChunkType.Error:
                ReceiveError(chunk);
                return true;
            case ChunkType.ShutdownAck:
                ReceiveShutdownAck(tag, isReady);
                return false;
            case ChunkType.ShutdownComplete:
                if (State == SctpAssociationState.ShutdownAckSent) End(new SctpEvent(SctpEventKind.Closed));
                else Drop(SctpDropReason.UnexpectedChunk);
                return false;
        }
        if (!isReady)
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
        if (((byte)chunk.Type & 0x40) != 0) _outbox.AddError(ErrorCause.UnrecognizedChunkType, chunk.Value);
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

    private void ReceiveError(in Chunk chunk)
    {
        WireReader causes = new(chunk.Value);
        while (Parameter.TryRead(ref causes, out Parameter cause))
        {
            if (cause.Type == (ushort)ErrorCause.StaleCookie) _setup.ReceiveStaleCookie();
        }
    }

    private void ReceiveShutdownAck(uint tag, bool isReady)
    {
        if (!isReady)                                                 // §8.5.1 E: of an association that is no more
        {
            _reply.ShutdownComplete(tag, reflected: true);
            return;
        }
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
        if (outcome == SetupOutcome.Nothing) return false;
        bool restarted = outcome == SetupOutcome.Restarted;
        _context.Raise(new SctpEvent(restarted ? SctpEventKind.Restarted : SctpEventKind.Established));
        if (restarted) _sender.Clear();
        _context.Errors = 0;
        _shutdown.Stop();
        _receiver.Start(_context.Peer.InitialTsn);
        _sender.Start(_setup.LocalInitialTsn, _context.Peer.ReceiveWindow);
        _reset.Start(_setup.LocalInitialTsn, _context.Peer.InitialTsn);
        _heartbeat.Touch(now);
        _mtuDiscovery.Start(now);
        return true;
    }

    private SctpSendResult Check(ushort stream, int length, in SctpSendOptions options, out OutgoingStream? queue)
    {
        queue = null;
        if (length == 0) throw new ArgumentException("SCTP carries no empty messages; data channels send one byte that says so.", nameof(length));
        if (options.MaxRetransmits < 0 || options.Lifetime < TimeSpan.Zero)
            throw new ArgumentException("MaxRetransmits and Lifetime must not be negative.", nameof(options));
        if (State != SctpAssociationState.Established) return SctpSendResult.NotEstablished;
        if (length > _context.PeerMaxMessageSize) return SctpSendResult.TooLarge;
        if (stream >= OutboundStreams) return SctpSendResult.StreamUnavailable;
        OutgoingStream candidate = _sender.Messages.Stream(stream);
        if (candidate.Reset != StreamResetStage.None) return SctpSendResult.StreamUnavailable;
        if (_sender.Messages.HeldBytes + length > _context.Options.MaxSendBuffer) return SctpSendResult.BufferFull;
        queue = candidate;
        return SctpSendResult.Queued;
    }

    private void Enqueue(OutgoingStream stream, uint ppid, MessageLease message, in SctpSendOptions options, Instant now)
    {
        _sender.Messages.Enqueue(stream, ppid, message, options, now);
        _messagesSent++;
    }

    private void Fail(SctpFailure failure, ErrorCause cause, ReadOnlySpan<byte> information)
    {
        if (_context.IsOver) return;
        if (State is not (SctpAssociationState.Closed or SctpAssociationState.CookieWait))
            _reply.Abort(_context.Peer.Tag, reflected: false, cause, information);
        End(new SctpEvent(SctpEventKind.Failed, Cause: failure));
    }

    private void End(in SctpEvent last)
    {
        _context.End(last);
        _setup.Stop();
        _heartbeat.Stop();
        _mtuDiscovery.Stop();
        _shutdown.Stop();
        _reset.Start(0, 0);
        _outbox.Clear();
        _sender.Clear();
        _receiver.Stop();
    }

    private void Drop(SctpDropReason reason) => _context.Drops.Count(reason);
}
