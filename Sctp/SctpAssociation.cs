using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>An SCTP association (RFC 9260) as WebRTC uses it (RFC 8831): one path, carried by something that keeps it secret.</summary>
/// <remarks>
/// Not thread-safe: one run loop owns it. Time and randomness come from the caller, packets go out when polled. An
/// association lives once: when it has ended, a new one takes its place.
/// </remarks>
public sealed partial class SctpAssociation : IDisposable
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

    /// <summary>Creates an association in state <see cref="SctpAssociationState.Closed"/>. It answers a peer that begins; <see cref="Associate(Instant)"/> begins.</summary>
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

    /// <summary>The peer's port; set it before <see cref="Associate(Instant)"/> where it was not known at first. From 1 to 65535.</summary>
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

    /// <summary>Bytes of messages that are queued, in flight, incomplete or unread.</summary>
    internal long HeldBytes => _sender.Messages.HeldBytes + _receiver.Reassembly.HeldBytes;

    internal Reassembly Inbound => _receiver.Reassembly;

    internal RetransmissionQueue Outstanding => _sender.Outstanding;

    /// <summary>Begins the handshake. In WebRTC both sides do; where the peer was first this does nothing.</summary>
    /// <exception cref="InvalidOperationException">The association has ended.</exception>
    public void Associate(Instant now)
    {
        if (_context.IsOver) throw new InvalidOperationException("The association has ended; create a new one.");
        if (State == SctpAssociationState.Closed) _setup.Associate();
    }

    /// <summary>Makes the INIT chunk of an association to be, for the peer to be told by signalling (<c>a=sctp-init</c>, draft-hancke-tsvwg-snap §4).</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static byte[] CreateInit(SctpOptions options, RandomSource random)
    {
        using SctpAssociation association = new(options, random);
        WireWriter writer = new(stackalloc byte[128]);
        association._setup.WriteInit(ref writer, association._receiver.Window);
        return writer.Written.ToArray();
    }

    /// <summary>Whether the bytes are an INIT chunk that an association can be made of (draft-hancke-tsvwg-snap §5.3).</summary>
    public static bool IsValidInit(ReadOnlySpan<byte> init) => TryParseInit(init, out _);

    /// <summary>Sets the association up without a handshake, from the INITs that both sides signalled (draft-hancke-tsvwg-snap §6). Call it when packets can flow.</summary>
    /// <param name="localInit">What <see cref="CreateInit"/> made with the same options.</param>
    /// <param name="peerInit">What the peer signalled.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ArgumentException">One of them is not a valid INIT chunk.</exception>
    /// <exception cref="InvalidOperationException">The association has ended.</exception>
    public void Associate(ReadOnlySpan<byte> localInit, ReadOnlySpan<byte> peerInit, Instant now)
    {
        if (_context.IsOver) throw new InvalidOperationException("The association has ended; create a new one.");
        if (!TryParseInit(localInit, out InitChunk local) || !TryParseInit(peerInit, out InitChunk peer))
            throw new ArgumentException("This is not an INIT chunk (RFC 9260 §3.3.2); check with IsValidInit.", nameof(peerInit));
        if (State != SctpAssociationState.Closed) return;
        _setup.Adopt(local, peer);
        Apply(SetupOutcome.Established, now);
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

    /// <summary>Asks the peer to reset streams in its direction (RFC 6525 §5.1.3); for each there is an event of kind <see cref="SctpEventKind.IncomingStreamReset"/> once it has, or <see cref="SctpEventKind.StreamResetDenied"/>.</summary>
    /// <exception cref="InvalidOperationException">The association is not established.</exception>
    public void RequestIncomingReset(ReadOnlySpan<ushort> streams)
    {
        if (State != SctpAssociationState.Established)
            throw new InvalidOperationException("The association is not established: wait for the event Established.");
        foreach (ushort stream in streams) _reset.RequestIncoming(stream);
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
        if (!IsReady) return 0;
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

    // Whether the handshake is done, and its parameters known.
    private bool IsReady => State is not (SctpAssociationState.Closed or SctpAssociationState.CookieWait or SctpAssociationState.CookieEchoed);

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

    private static bool TryParseInit(ReadOnlySpan<byte> bytes, out InitChunk init)
    {
        init = default;
        WireReader reader = new(bytes);
        return Chunk.TryRead(ref reader, out Chunk chunk) && reader.IsEmpty && chunk.Type == ChunkType.Init &&
            InitChunk.TryParse(chunk, out init) && init.Peer.Tag != 0 && init.IsAcceptable && init.HostName.IsEmpty;
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
        long excess = _sender.Messages.HeldBytes + length - _context.Options.MaxSendBuffer;
        if (excess > 0 && !(options.Importance is { } importance && _sender.Messages.TryMakeRoom(excess, importance))) return SctpSendResult.BufferFull;
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
