using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Data channels over one SCTP association (RFC 8831, RFC 8832): their opening, messages and closing.</summary>
/// <remarks>
/// Not thread-safe: one run loop owns it. Read messages and events alternately until there is neither: the end of a
/// channel is told only when its last message has been read.
/// </remarks>
public sealed partial class DataChannelTransport : IDisposable
{
    private readonly DataChannelTransportOptions _options;
    private readonly SctpAssociation _association;
    private readonly ChannelTable _channels;
    private readonly EarlyMessages _early;
    private readonly Queue<DataChannelEvent> _events = new();
    private readonly List<DataChannel> _batch = [];
    private (byte[] Local, byte[] Peer)? _signalledInits;
    private bool? _isDtlsClient;
    private bool _isConnected;
    private Instant _now;                                             // the latest the caller said

    /// <summary>Creates the transport; <see cref="Start"/> connects it.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public DataChannelTransport(DataChannelTransportOptions options, RandomSource random)
    {
        _options = Require.NotNull(options);
        _association = new SctpAssociation(options.Sctp, random);
        _association.Inbound.DivertedPpid = Ppid.Dcep;
        _channels = new ChannelTable(options.MaxChannels);
        _early = new EarlyMessages(options.MaxEarlyBytes);
        _isDtlsClient = options.IsDtlsClient;
    }

    /// <summary>The state of the association.</summary>
    public SctpAssociationState State => _association.State;

    /// <summary>Bytes of messages held in either direction, also those in flight, incomplete or unread.</summary>
    internal long HeldBytes => _association.HeldBytes + _early.HeldBytes;

    /// <summary>The least room that <see cref="Transmit"/> needs.</summary>
    public int MinDatagramSize => _association.MinDatagramSize;

    /// <summary>When <see cref="AdvanceTo"/> next has something to do.</summary>
    public Instant NextTimeout => _association.NextTimeout;

    /// <summary>What was discarded, by reason.</summary>
    public SctpDropCounters Drops => _association.Drops;

    /// <summary>The largest packet sent from now on, in bytes; see <see cref="SctpAssociation.Mtu"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 512 or above <see cref="SctpOptions.Mtu"/>.</exception>
    public int Mtu { get => _association.Mtu; set => _association.Mtu = value; }

    /// <summary>The largest message the peer takes, in bytes; may be set once the peer has told.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int PeerMaxMessageSize { get => _association.PeerMaxMessageSize; set => _association.PeerMaxMessageSize = value; }

    /// <summary>The peer's SCTP port; to be set before <see cref="Start"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside 1 to 65535.</exception>
    public int RemotePort { get => _association.RemotePort; set => _association.RemotePort = value; }

    /// <summary>Channels at a time, once connected: the fewer of the streams of both directions, at most 65535; null before.</summary>
    public int? MaxStreams => _isConnected ? Math.Min(_association.OutboundStreams, _association.InboundStreams) : null;

    /// <summary>A snapshot of the association's counters.</summary>
    public SctpStatistics GetStatistics() => _association.GetStatistics();

    /// <summary>Says which DTLS role we have, so that channels opened before get their ids.</summary>
    /// <exception cref="InvalidOperationException">The role is known to be the other one.</exception>
    public void SetRole(bool isDtlsClient)
    {
        if (_isDtlsClient == !isDtlsClient) throw new InvalidOperationException("The DTLS role is already known and does not change.");
        _isDtlsClient = isDtlsClient;
        AssignIds(MaxStreams ?? ChannelTable.MaxId + 1);
        if (_isConnected) ActivateAll(_now);                          // the peer was first
    }

    /// <summary>Starts the association; both sides do.</summary>
    /// <exception cref="InvalidOperationException">The DTLS role is not known, or the association has ended.</exception>
    public void Start(Instant now)
    {
        if (_isDtlsClient is null) throw new InvalidOperationException("Call SetRole first: ids follow from the DTLS role.");
        if (_signalledInits is { } inits) _association.Associate(inits.Local, inits.Peer, now);
        else _association.Associate(now);
    }

    /// <summary>Says that both sides have signalled their INIT chunks, so that <see cref="Start"/> needs no handshake (draft-hancke-tsvwg-snap §6).</summary>
    /// <param name="localInit">What <see cref="SctpAssociation.CreateInit"/> made with the same options.</param>
    /// <param name="peerInit">What the peer signalled.</param>
    /// <exception cref="ArgumentException">One of them is not a valid INIT chunk.</exception>
    /// <exception cref="InvalidOperationException">The association has begun.</exception>
    public void UseSignalledInits(byte[] localInit, byte[] peerInit)
    {
        if (!SctpAssociation.IsValidInit(localInit) || !SctpAssociation.IsValidInit(peerInit))
            throw new ArgumentException("This is not an INIT chunk (RFC 9260 §3.3.2); check with SctpAssociation.IsValidInit.", nameof(peerInit));
        if (State != SctpAssociationState.Closed) throw new InvalidOperationException("The association has begun: say it before Start.");
        _signalledInits = (localInit, peerInit);
    }

    /// <summary>Whether such a channel can be opened now: the association has not ended, there are fewer channels than the limit, and its id, or one of our parity, is free.</summary>
    public bool CanOpen(in DataChannelParameters parameters)
    {
        if (_association.Context.IsOver || _channels.IsFull) return false;
        if (parameters.Id is { } id) return !_channels.TryGet(id, out _);
        if (parameters.Negotiated) return false;
        return _isDtlsClient is not { } role || _channels.HasFreeId(role, MaxStreams ?? ChannelTable.MaxId + 1);
    }

    /// <summary>Opens a channel, or queues that until the association is up.</summary>
    /// <exception cref="ArgumentException">A parameter is out of its range, or contradicts another.</exception>
    /// <exception cref="InvalidOperationException">The id is taken, no id or no place is left, or the association has ended.</exception>
    public DataChannel Open(in DataChannelParameters parameters, Instant now)
    {
        DataChannelParameters.Check(parameters);
        if (_association.Context.IsOver) throw new InvalidOperationException("The association has ended; no channel can be opened.");
        if (_channels.IsFull) throw new InvalidOperationException("MaxChannels channels exist; close one, or raise the limit.");
        if (parameters.Id is { } wanted && _channels.TryGet(wanted, out _))
            throw new InvalidOperationException($"Id {wanted} is in use by another channel.");
        DataChannel channel = new(parameters, isRemote: false);
        if (channel.Id is not null || _isDtlsClient is not { } role) _channels.Add(channel);
        else if (!_channels.TryAssignId(channel, role, MaxStreams ?? ChannelTable.MaxId + 1))
            throw new InvalidOperationException("All ids of our parity are in use; close a channel first.");
        if (_isConnected) Activate(channel, now);
        return channel;
    }

    /// <summary>Takes in an SCTP packet. Any bytes are survivable; the span is the caller's again when this returns.</summary>
    public void Receive(Span<byte> packet, Instant now)
    {
        _association.Receive(packet, now);
        Process(now);
    }

    /// <summary>Writes the next packet that is owed.</summary>
    /// <param name="destination">At least <see cref="MinDatagramSize"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <returns>Bytes written; 0 when nothing is owed now.</returns>
    public int Transmit(Span<byte> destination, Instant now) => _association.Transmit(destination, now);

    /// <summary>Lets time pass; calling early is harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        _association.AdvanceTo(now);
        Process(now);
    }

    /// <summary>Reads the next event.</summary>
    public bool TryReadEvent(out DataChannelEvent e)
    {
        if (_events.Count == 0) ProcessEvents(_now);
        e = default;
        if (_events.Count == 0) return false;
        e = _events.Dequeue();
        return true;
    }

    /// <summary>Reads the next message; its reader disposes the payload.</summary>
    public bool TryReceive(out DataChannelMessage message)
    {
        while (_early.TryRead(out SctpMessage raw) || _association.TryReceive(out raw))
        {
            bool isMessage = TryInterpret(raw, out message);
            if (_channels.TryGet(raw.Stream, out DataChannel? channel)) ProcessIncomingReset(channel);
            if (isMessage) return true;
        }
        message = default;
        return false;
    }

    /// <summary>Queues a message on an open channel. On <see cref="SctpSendResult.Queued"/> the lease belongs to the transport, else it stays the caller's.</summary>
    /// <exception cref="InvalidOperationException">The channel is not open.</exception>
    /// <exception cref="ArgumentException">The message exceeds <see cref="PeerMaxMessageSize"/>.</exception>
    public SctpSendResult Send(DataChannel channel, MessageLease message, bool isBinary, Instant now)
    {
        CheckSend(channel, message.Length);
        bool isEmpty = message.Length == 0;
        SctpSendOptions options = new()
        {
            Unordered = !channel.Ordered && channel.IsAcknowledged,   // RFC 8832 §6: nothing overtakes DATA_CHANNEL_OPEN
            MaxRetransmits = channel.MaxRetransmits,
            Lifetime = channel.MaxPacketLifeTime is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
            CountedBytes = isEmpty ? 0 : null,
        };
        uint ppid = isEmpty ? (isBinary ? Ppid.BinaryEmpty : Ppid.StringEmpty) : isBinary ? Ppid.Binary : Ppid.String;
        MessageLease payload = isEmpty ? MessageLease.CopyOf([0]) : message;                 // RFC 8831 §6.6: one zero byte stands for empty
        SctpSendResult result = _association.Send(channel.Id!.Value, ppid, payload, options, now);
        if (result == SctpSendResult.Queued)
        {
            channel.MessagesSent++;
            channel.BytesSent += message.Length;
        }
        else if (isEmpty)
        {
            payload.Dispose();
        }
        return result;
    }

    /// <summary>Copies a message and queues the copy on an open channel.</summary>
    /// <exception cref="InvalidOperationException">The channel is not open.</exception>
    /// <exception cref="ArgumentException">The message exceeds <see cref="PeerMaxMessageSize"/>.</exception>
    public SctpSendResult Send(DataChannel channel, ReadOnlySpan<byte> message, bool isBinary, Instant now)
    {
        CheckSend(channel, message.Length);
        MessageLease lease = MessageLease.CopyOf(message);
        SctpSendResult result = Send(channel, lease, isBinary, now);
        if (result != SctpSendResult.Queued) lease.Dispose();
        return result;
    }

    /// <summary>Closes a channel once what is queued on it has been sent and acknowledged; closing twice is harmless.</summary>
    public void Close(DataChannel channel, Instant now)
    {
        Require.NotNull(channel);
        if (channel.State == DataChannelState.Connecting)
        {
            Finish(channel, DataChannelError.None);
            return;
        }
        if (channel.State != DataChannelState.Open) return;
        channel.State = DataChannelState.Closing;
        ResetStream(channel.Id!.Value);
    }

    /// <summary>Ends the association once everything queued has been acknowledged.</summary>
    public void Shutdown(Instant now)
    {
        _association.Shutdown(now);
        Process(now);
    }

    /// <summary>Ends the association at once; the peer is sent <paramref name="reason"/>. Browsers do so when a connection is closed.</summary>
    public void Abort(string reason, Instant now)
    {
        _association.Abort(reason, now);
        Process(now);
    }

    /// <summary>Frees all memory at once, unread messages included; the peer is told nothing.</summary>
    public void Dispose()
    {
        foreach (DataChannel channel in _channels.Identified) channel.Detach();
        _early.Clear();
        _association.Dispose();
    }

    private void AssignIds(int streams)
    {
        _batch.AddRange(_channels.WithoutId);
        foreach (DataChannel channel in _batch)
        {
            if (!_channels.TryAssignId(channel, _isDtlsClient!.Value, streams)) Finish(channel, DataChannelError.NoStream);
        }
        _batch.Clear();
    }

    private void ActivateAll(Instant now)
    {
        if (_isDtlsClient is not null) AssignIds(MaxStreams!.Value);
        _batch.AddRange(_channels.Identified);
        foreach (DataChannel channel in _batch) Activate(channel, now);
        _batch.Clear();
    }

    // W3C: a channel of ours is open as soon as the association is up and its DATA_CHANNEL_OPEN is queued.
    private void Activate(DataChannel channel, Instant now)
    {
        if (channel.Id is not { } id || channel.State != DataChannelState.Connecting) return;
        if (id >= MaxStreams)
        {
            Finish(channel, DataChannelError.NoStream);
            return;
        }
        channel.Attach(_association.OutgoingStream(id));
        _early.Claim(id);
        channel.State = DataChannelState.Open;
        channel.IsAcknowledged = channel.Negotiated;
        if (!channel.Negotiated) _association.SendControl(id, Ppid.Dcep, DcepMessage.CreateOpen(channel), now);
        _events.Enqueue(new DataChannelEvent(DataChannelEventKind.ChannelOpened, channel));
    }

    private void FinishAll(DataChannelError error, SctpFailure cause = SctpFailure.None, int peerCause = 0)
    {
        _batch.AddRange(_channels.Identified);
        _batch.AddRange(_channels.WithoutId);
        foreach (DataChannel channel in _batch) Finish(channel, error, cause, peerCause);
        _batch.Clear();
        _early.Clear();
    }

    private void Finish(DataChannel channel, DataChannelError error, SctpFailure cause = SctpFailure.None, int peerCause = 0)
    {
        _channels.Remove(channel);
        channel.State = DataChannelState.Closed;
        channel.Detach();
        _events.Enqueue(new DataChannelEvent(DataChannelEventKind.ChannelClosed, channel, error, cause, peerCause));
    }

    private void ResetStream(ushort stream)
    {
        if (State == SctpAssociationState.Established) _association.ResetStreams([stream]);
    }

    private void CheckSend(DataChannel channel, int length)
    {
        if (Require.NotNull(channel).State != DataChannelState.Open)
            throw new InvalidOperationException($"The channel is {channel.State}; messages can be sent while it is Open.");
        if (length > PeerMaxMessageSize)
            throw new ArgumentException($"The peer takes messages of at most {PeerMaxMessageSize} bytes.", nameof(length));
    }
}
