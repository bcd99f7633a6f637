using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Sctp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>The data channels of a connection, and the SCTP transport that they share.</summary>
internal sealed class DataChannelSet(ConnectionContext context)
{
    private const int MaxRelayHeader = 40;               // a Send indication with an IPv6 peer address (RFC 8656 §11.3)
    private const int MaxEnded = 64;                      // channels that have ended and are still told of in statistics, some 200 bytes each
    private const int BacklogLimit = 4 << 20;            // bytes that wait for the application; then the receive window closes
    private const int DefaultMaxMessageSize = 65_536;
    private readonly List<RTCDataChannel> _channels = [], _waiting = [];               // those that wait are for an answer
    private ChannelIds _ids = new();
    private readonly Queue<RTCDataChannelStats> _ended = new();
    private readonly Dictionary<DataChannel, RTCDataChannel> _byChannel = [];          // the loop's
    private readonly Queue<RTCDataChannel> _withMessages = new();             // under a lock of its own; it grows when it is used
    private volatile bool _anyWithMessages;
    private readonly Queue<RTCDataChannel> _withoutRoom = new();                       // the loop's
    private MessageBatch? _batch;
    private MessageBatch.Pool? _batches;
    private DataChannelTransport? _transport;                                          // the loop's
    private long _backlog;
    private byte[]? _localInit;
    private SdpSctpInit? _remoteInit;
    private bool? _usesInit;                                                           // null before the section is negotiated

    /// <summary>Whether a channel was ever created or a section for them negotiated.</summary>
    public bool WasUsed { get; private set; }

    /// <summary>Whether offers have a section for channels.</summary>
    public bool IsWanted => WasUsed || context.Configuration.AlwaysNegotiateDataChannels;

    /// <summary>The identification tag of the section, once it is associated.</summary>
    public string? Mid { get; set; }

    public RTCSctpTransport? Sctp { get; private set; }

    public BundleTransport? Transport { get; private set; }

    public IReadOnlyList<RTCDataChannel> All => _channels;

    public ulong Opened { get; private set; }

    public ulong Ended { get; private set; }

    /// <summary>What the channels that ended last have come to.</summary>
    public IReadOnlyList<RTCDataChannelStats> EndedStatistics => [.. _ended];

    /// <summary>Bytes of the largest message that can be sent (webrtc-pc §6.1.3.2); 65536 before the peer has said what it takes (RFC 8841 §6.1).</summary>
    public long MaxMessageSize { get; private set; } = DefaultMaxMessageSize;

    /// <summary>Our INIT chunk for the descriptions, always the same one (draft-hancke-tsvwg-snap §5.6).</summary>
    public byte[] LocalInit => _localInit ??= SctpAssociation.CreateInit(SctpSettings, context.Options.Random);

    /// <summary>Whether our offers carry <see cref="LocalInit"/>: the first ones if the application wants it, later ones as was negotiated.</summary>
    public bool OffersInit => _usesInit ?? context.Options.OfferSctpInit;

    /// <summary>Whether an offer that carries the peer's INIT is answered with ours: not when the association came up without.</summary>
    public bool AcceptsInit => _usesInit ?? true;

    /// <summary>Whether a remote description may have this INIT: the association that exists, with or without one, cannot change (draft-hancke-tsvwg-snap §5.6).</summary>
    public bool MayHave(SdpSctpInit? init) => init is null || _usesInit is null || init.Equals(_remoteInit);

    /// <summary>Whether so much waits for the application that no more is taken from the transport.</summary>
    public bool IsBacklogged => Interlocked.Read(ref _backlog) > BacklogLimit;

    /// <summary>webrtc-pc §6.1.2, createDataChannel, from step 18 on.</summary>
    public RTCDataChannel Create(DataChannelParameters parameters)
    {
        if (parameters.Id is { } wanted && !_ids.TryTake(wanted)) throw DOMException.Operation($"Id {wanted} is in use by another channel.");
        if (parameters.Id is null && _ids.IsRoleKnown)
            parameters = parameters with { Id = _ids.TryTakeNext() ?? throw DOMException.Operation("All ids are in use; close a channel first.") };
        if (parameters.Id is { } id && Sctp is { State: RTCSctpTransportState.Connected, MaxChannels: { } maximum } && id >= maximum)
        {
            _ids.Return(id);
            throw DOMException.Operation($"Id {id} is too large: {maximum} channels were negotiated.");
        }
        RTCDataChannel channel = new(context, parameters);
        _channels.Add(channel);
        bool isFirst = !WasUsed;
        WasUsed = true;
        if (_ids.IsRoleKnown) context.Post((_, now) => OpenOnLoop(channel, now));
        else _waiting.Add(channel);
        if (isFirst && Sctp is null) context.Needed.Update();
        return channel;
    }

    /// <summary>An offer has a section for channels (webrtc-pc §4.4.1.4, step 4.7).</summary>
    public void Offered(BundleTransport transport) => Sctp ??= new RTCSctpTransport(transport.Dtls);

    /// <summary>The offer is taken back (step 4.12.2).</summary>
    public void RollBack()
    {
        if (!_ids.IsRoleKnown) Sctp = null;
    }

    /// <summary>
    /// The section was refused, or is no more (step 4.8): what there was ends. A channel that is created from now on asks for a section
    /// again, whose association is another one, with ids of its own; none that has ended does, so that a peer without channels is asked once.
    /// </summary>
    public void Rejected()
    {
        (RTCSctpTransport? ended, BundleTransport? left) = (Sctp, Transport);
        RTCError error = new(RTCErrorDetailType.DataChannelFailure, "The media section of data channels was rejected.");
        foreach (RTCDataChannel channel in _channels.ToArray()) Ends(channel, error);
        (Mid, Sctp, Transport, WasUsed, MaxMessageSize) = (null, null, null, false, DefaultMaxMessageSize);
        (_ids, _usesInit, _localInit, _remoteInit) = (new ChannelIds(), null, null, null);
        if (ended?.TrySet(RTCSctpTransportState.Closed) == true) context.Fire(ended.RaiseStateChange);
        context.Post((_, now) =>
        {
            if (left?.Stack is { Data: not null } stack) stack.EndData("rejected", now);
            else _transport?.Dispose();
            _transport = null;
            foreach (RTCDataChannel channel in _byChannel.Values) context.QueueTask(() => EndsLate(channel, error));
            _byChannel.Clear();
        });
    }

    // The peer has opened it while the section was being rejected.
    private void EndsLate(RTCDataChannel channel, RTCError error)
    {
        if (_channels.Contains(channel)) Ends(channel, error);
    }

    /// <summary>The section is negotiated: channels go over this transport (webrtc-pc §4.4.1.4, step 4.10).</summary>
    public void Negotiated(BundleTransport transport, int remotePort, long remoteMaxMessageSize, SdpSctpInit? remoteInit)
    {
        byte[][]? inits = _usesInit is null && remoteInit is not null ? [LocalInit, remoteInit.Chunk.ToArray()] : null;
        if (_usesInit is null) (_usesInit, _remoteInit) = (remoteInit is not null, remoteInit);
        WasUsed = true;
        BundleTransport? left = Transport == transport ? null : Transport;
        Transport = transport;
        Offered(transport);
        Sctp!.Transport = transport.Dtls;
        long canSend = context.Options.Sctp.MaxSendBuffer;                             // §6.1.3.2, steps 3 to 6; it is never without limit
        MaxMessageSize = remoteMaxMessageSize == 0 ? canSend : Math.Min(remoteMaxMessageSize, canSend);
        Sctp!.MaxMessageSize = MaxMessageSize;
        int limit = (int)MaxMessageSize;
        context.Post((_, now) =>
        {
            DataChannelTransport data = GetTransport();
            if (data.State == SctpAssociationState.Closed) data.RemotePort = remotePort;
            data.PeerMaxMessageSize = limit;
            if (inits is not null && data.State == SctpAssociationState.Closed) data.UseSignalledInits(inits[0], inits[1]);
            if (transport.Stack is not { } stack || stack.Data is not null) return;
            if (left?.Stack is { Data: not null } before) stack.AdoptData(before);          // bundled from now on, or no more
            else stack.Data = data;
            stack.StartData(now);
        });
        _ids.SetRole(transport.IsDtlsClient == true);
        foreach (RTCDataChannel channel in _waiting.ToArray()) OpenWaiting(channel);
        _waiting.Clear();
    }

    public void Close(RTCDataChannel channel) => context.Post((_, now) =>
    {
        DrainOutboxes(now);
        if (channel.HasOutbox) channel.ClosesWhenDrained = true;      // what was sent before goes first
        else if (Find(channel.Channel) == channel) _transport!.Close(channel.Channel!, now);
        else context.QueueTask(() => Ends(channel, null));
    });

    /// <summary>From any thread: a channel's outbox holds messages.</summary>
    public void MessagesWait(RTCDataChannel channel)
    {
        lock (_withMessages)
        {
            _withMessages.Enqueue(channel);
            _anyWithMessages = true;
        }
        context.Transports.Peer.Registration.Send();
    }

    /// <summary>On the loop: hands what waits to the transport, as far as it has room.</summary>
    public void DrainOutboxes(Instant now)
    {
        if (_transport is null) return;
        for (int count = _withoutRoom.Count; count > 0; count--) Drain(_withoutRoom.Dequeue(), now);
        while (_anyWithMessages && TryTakeWithMessages(out RTCDataChannel? channel)) Drain(channel, now);
    }

    private bool TryTakeWithMessages([NotNullWhen(true)] out RTCDataChannel? channel)
    {
        lock (_withMessages)
        {
            channel = _withMessages.Count > 0 ? _withMessages.Dequeue() : null;
            if (channel is null) _anyWithMessages = false;
            return channel is not null;
        }
    }

    /// <summary>On the loop.</summary>
    public void Handle(in DataChannelEvent e)
    {
        FlushMessages();
        DataChannelEvent occurred = e;
        switch (e.Kind)
        {
            case DataChannelEventKind.Connected:
                ushort? maximum = (ushort?)_transport!.MaxStreams;
                context.QueueTask(() => Connected(maximum));
                break;
            case DataChannelEventKind.ChannelOpened when Find(e.Channel) is { } channel:
                context.QueueTask(() => Opens(channel));
                break;
            case DataChannelEventKind.ChannelAnnounced:
                RTCDataChannel announced = Adopt(e.Channel!);
                context.QueueTask(() => Announce(announced));
                break;
            case DataChannelEventKind.ChannelClosing when Find(e.Channel) is { } channel:
                context.QueueTask(channel.PeerCloses);
                break;
            case DataChannelEventKind.ChannelClosed when Find(e.Channel) is { } channel:
                _byChannel.Remove(e.Channel!);
                context.QueueTask(() => Ends(channel, ToError(occurred)));
                break;
            case DataChannelEventKind.BufferedAmountLow when Find(e.Channel) is { } channel:
                channel.BufferedAmountIsLow();
                break;
            case DataChannelEventKind.Closed or DataChannelEventKind.Failed:
                context.QueueTask(() => AssociationEnded(occurred));
                break;
        }
    }

    /// <summary>On the loop: the lease becomes the batch's.</summary>
    public void Receive(DataChannel channel, bool isBinary, in MessageLease payload)
    {
        if (Find(channel) is not { } target)
        {
            payload.Dispose();
            return;
        }
        _batches ??= new MessageBatch.Pool(Deliver);
        _batch ??= _batches.Take();
        _batch.Messages.Add((target, isBinary, payload));
        Interlocked.Add(ref _backlog, payload.Length);
    }

    /// <summary>On the loop: messages of this pass go to the application, in their order among tasks.</summary>
    public void FlushMessages()
    {
        if (_batch is not { } batch) return;
        _batch = null;
        context.Callbacks.PostDelivery(batch.Deliver);
    }

    public void ConnectionClosed()
    {
        foreach (RTCDataChannel channel in _channels) channel.ConnectionClosed();
        Sctp?.TrySet(RTCSctpTransportState.Closed);
    }

    private DataChannelTransport GetTransport() => _transport ??= new DataChannelTransport(
        new DataChannelTransportOptions { Sctp = SctpSettings with { MaxMtu = SearchLimit }, MaxChannels = 65535 }, context.Options.Random);

    private SctpOptions SctpSettings => context.Options.Sctp with { Mtu = Math.Min(context.Options.Sctp.Mtu, PacketSize(context.Options.Mtu)) & ~3, MaxMtu = 0 };

    // What fragments carries any size, so that a search would find nothing out (RFC 8899 §3).
    private int SearchLimit => context.Options.MaxMtu > context.Options.Mtu && context.Transports.Peer.Registration.Loop.SetsDontFragment
        ? PacketSize(context.Options.MaxMtu) : 0;

    // What is left of a datagram for an SCTP packet, a multiple of 4 (RFC 9260 §3.2), inside DTLS and a TURN server's header.
    private static int PacketSize(int datagram) => datagram - DtlsConnection.MaxOverhead - MaxRelayHeader & ~3;

    private void OpenWaiting(RTCDataChannel channel)
    {
        if (channel.ReadyState != RTCDataChannelState.Connecting) return;              // closed before there was anything to close
        if (channel.Id is null && _ids.TryTakeNext() is { } id) channel.Identify(id);
        if (channel.Id is not null) context.Post((_, now) => OpenOnLoop(channel, now));
        else Ends(channel, CannotOpen());
    }

    private void OpenOnLoop(RTCDataChannel channel, Instant now)
    {
        DataChannelTransport transport = GetTransport();
        if (!transport.CanOpen(channel.Parameters))
        {
            context.QueueTask(() => Ends(channel, CannotOpen()));
            return;
        }
        DataChannel opened = transport.Open(channel.Parameters, now);
        _byChannel.Add(opened, channel);
        channel.Attach(opened);
    }

    // webrtc-pc §6.2.7
    private static RTCError CannotOpen() =>
        new(RTCErrorDetailType.DataChannelFailure, "The data channel has failed: the association has ended, or its id is in use, or none is free.");

    private RTCDataChannel Adopt(DataChannel channel)
    {
        RTCDataChannel adopted = new(context, new DataChannelParameters
        {
            Label = channel.Label, Protocol = channel.Protocol, Ordered = channel.Ordered, MaxPacketLifeTime = channel.MaxPacketLifeTime,
            MaxRetransmits = channel.MaxRetransmits, Id = channel.Id, Priority = channel.Priority,
        });
        _byChannel.Add(channel, adopted);
        adopted.Attach(channel);
        return adopted;
    }

    private RTCDataChannel? Find(DataChannel? channel) => channel is not null && _byChannel.TryGetValue(channel, out RTCDataChannel? found) ? found : null;

    private void Drain(RTCDataChannel channel, Instant now)
    {
        if (Find(channel.Channel) != channel) channel.DropOutbox();                     // of an association that has ended
        else if (!channel.DrainOutbox(_transport!, now)) _withoutRoom.Enqueue(channel);
        else if (channel.ClosesWhenDrained && channel.Channel is { } opened) _transport!.Close(opened, now);
    }

    private void Connected(ushort? maximum)
    {
        if (context.IsClosed || Sctp is null) return;
        Sctp.MaxChannels = maximum;
        if (Sctp.TrySet(RTCSctpTransportState.Connected)) context.Fire(Sctp.RaiseStateChange);
    }

    private void Opens(RTCDataChannel channel)
    {
        if (context.IsClosed) return;
        Opened++;
        channel.Open();
    }

    private void Announce(RTCDataChannel channel)
    {
        if (context.IsClosed) return;
        _channels.Add(channel);
        if (channel.Id is { } id) _ids.TryTake(id);
        Opened++;
        context.Fire(() => context.Owner.RaiseDataChannel(channel));
        channel.Open();
    }

    private void Ends(RTCDataChannel channel, RTCError? error)
    {
        if (context.IsClosed) return;
        bool isKnown = _channels.Remove(channel);
        if (isKnown && channel.Id is { } id) _ids.Return(id);
        _waiting.Remove(channel);
        if (isKnown && channel.WasOpen)
        {
            Ended++;
            if (_ended.Count == MaxEnded) _ended.Dequeue();
            _ended.Enqueue(StatisticsCollector.Of(channel, RTCDataChannelState.Closed, 0));
        }
        channel.Closed(error);
    }

    private void AssociationEnded(in DataChannelEvent e)
    {
        if (context.IsClosed) return;
        RTCError? error = ToError(e);
        foreach (RTCDataChannel channel in _channels.ToArray()) Ends(channel, error);
        if (Sctp is not null && Sctp.TrySet(RTCSctpTransportState.Closed)) context.Fire(Sctp.RaiseStateChange);
    }

    private static RTCError? ToError(in DataChannelEvent e) => (e.Error, e.Cause) switch
    {
        (DataChannelError.None, SctpFailure.None) => null,
        (_, not SctpFailure.None) => new RTCError(RTCErrorDetailType.SctpFailure, $"The SCTP association has ended: {e.Cause}.")
        {
            SctpCauseCode = e.PeerCause == 0 ? null : e.PeerCause,
        },
        _ => new RTCError(RTCErrorDetailType.DataChannelFailure, $"The data channel has failed: {e.Error}."),
    };

    /// <summary>From any thread: the application is through with that many bytes.</summary>
    public void Consumed(int bytes)
    {
        bool wasBacklogged = IsBacklogged;
        Interlocked.Add(ref _backlog, -bytes);
        if (wasBacklogged && !IsBacklogged) context.Transports.Peer.Registration.Wake();
    }

    private void Deliver(MessageBatch batch)
    {
        while (batch.TryTake(out (RTCDataChannel Channel, bool IsBinary, MessageLease Payload) message))
        {
            (RTCDataChannel channel, bool isBinary, MessageLease payload) = message;
            if (channel.Reader is { } reader && !context.IsClosed && reader.TryAdd(isBinary, payload)) continue;       // it is the reader's now
            bool returned = false;
            try
            {
                if (!context.IsClosed) channel.RaiseMessage(isBinary, payload);
                returned = true;
            }
            finally
            {
                int length = payload.Length;
                payload.Dispose();
                Consumed(length);
                if (!returned) context.Callbacks.Post(batch.Deliver);      // the handler has thrown: the rest goes on
            }
        }
        _batches!.Return(batch);
    }
}
