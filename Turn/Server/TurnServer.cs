using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>A TURN server (RFC 8656) and STUN server (RFC 8489) that owns no socket, clock or thread.</summary>
/// <remarks>
/// Its driver gives it what clients send (<see cref="Receive"/>) and what peers send (<see cref="ReceiveFromPeer"/>), sends what
/// both return at once, drains <see cref="Transmit"/> and <see cref="TryReadEvent"/> after each batch, and opens and closes the
/// sockets of relayed addresses as the events ask. Data costs no copy and no allocation: headers come and go in the driver's
/// buffer. Nobody without a good credential changes anything here. Not thread-safe.
/// </remarks>
public sealed class TurnServer : IDisposable
{
    /// <summary>Room that <see cref="ReceiveFromPeer"/> needs in front of a peer's data: the header of a Data indication for IPv6.</summary>
    public const int Headroom = 48;

    /// <summary>Room that it needs behind the data: padding.</summary>
    public const int Tailroom = 3;

    /// <summary>Room that <see cref="Transmit"/> needs.</summary>
    public const int MaxReplySize = 768;

    private const int MaxQueuedEvents = 4096;

    // What a request may carry that has to be understood; DONT-FRAGMENT only where it can be done (§7.2, check 4).
    private static readonly StunAttributeType[] s_known =
    [
        StunAttributeType.Username, StunAttributeType.UserHash, StunAttributeType.Realm, StunAttributeType.Nonce,
        StunAttributeType.PasswordAlgorithm, StunAttributeType.ChannelNumber, StunAttributeType.Lifetime, StunAttributeType.XorPeerAddress,
        StunAttributeType.Data, StunAttributeType.RequestedAddressFamily, StunAttributeType.EvenPort, StunAttributeType.RequestedTransport,
        StunAttributeType.ReservationToken, StunAttributeType.Priority, StunAttributeType.UseCandidate, StunAttributeType.ConnectionId,
    ];

    private static readonly StunAttributeType[] s_knownWithDontFragment = [.. s_known, StunAttributeType.DontFragment];

    private readonly TurnServerOptions _options;
    private readonly RandomSource _random;
    private readonly StunNonces _nonces;
    private readonly UserTable _users;
    private readonly RequestGate _gate;
    private readonly ResponseLimiter _limiter;
    private readonly ReplyQueue _replies = new();
    private readonly ReplyWriter _writer;
    private readonly Queue<TurnServerEvent> _events = new();
    private readonly PendingDecisions _decisions;
    private readonly AllocationTable _table;
    private readonly ConnectionTable _connections;
    private readonly AllocateHandler _allocate;
    private readonly PeerHandler _peers;
    private readonly DataRelay _data;
    private readonly List<TurnAlternate> _alternates = [];

    /// <summary>Creates a server without allocations.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="random">Nonces and tokens come from it.</param>
    /// <param name="accounts">What users have of this and other servers; null: of this one alone.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> or <paramref name="random"/> is null.</exception>
    public TurnServer(TurnServerOptions options, RandomSource random, TurnAccounts? accounts = null)
    {
        _options = Require.NotNull(options);
        _random = Require.NotNull(random);
        // RFC 8489 §9.2: USERHASH is understood, but not demanded, since clients of RFC 5389 have none.
        _nonces = new StunNonces(StunSecurityFeatures.PasswordAlgorithms, options.NonceLifetime, random);
        _users = new UserTable(options, random, accounts ?? new TurnAccounts());
        _gate = new RequestGate(_users, _nonces);
        _limiter = new ResponseLimiter(options.MaxUnauthenticatedResponsesPerSecond, random);
        _writer = new ReplyWriter(Encoding.UTF8.GetBytes(options.Realm), _nonces);
        _decisions = new PendingDecisions(options);
        _connections = new ConnectionTable(options, _events, _replies, Counters, random);
        _table = new AllocationTable(options, _users, _connections, Counters, _events, random);
        _allocate = new AllocateHandler(options, _table, _users, Counters);
        _peers = new PeerHandler(options);
        _data = new DataRelay(options, _table, Counters, random);
    }

    /// <summary>What the server has done.</summary>
    public TurnServerCounters Counters { get; } = new();

    /// <summary>Whether new allocations are sent elsewhere; the server can end once <see cref="TurnServerCounters.Allocations"/> is 0.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout => Instant.Min(_connections.NextTimeout, Instant.Min(_table.NextTimeout, _decisions.NextTimeout));

    /// <summary>Tells the time of day, which time-limited credentials need: at the start, and whenever the system's clock was set.</summary>
    public void SetClock(Instant now, DateTimeOffset time) => _users.SetClock(now, time);

    /// <summary>Takes a datagram, or one message of a stream, that came to the server's own address.</summary>
    /// <param name="message">The message; <paramref name="forward"/> is a part of it.</param>
    /// <param name="client">The five-tuple.</param>
    /// <param name="now">The time.</param>
    /// <param name="forward">What to send to a peer at once.</param>
    /// <returns>True when there is something to forward.</returns>
    public bool Receive(ReadOnlySpan<byte> message, in NetworkPath client, Instant now, out TurnForward forward)
    {
        forward = default;
        if (ChannelData.TryParse(message, ChannelData.LastLegacyChannel, out ushort channel, out ReadOnlySpan<byte> data))
            return _data.FromClient(message, channel, data, client, now, out forward);
        if (!StunMessage.TryParse(message, out StunMessage stun) || (stun.HasFingerprint && !stun.VerifyFingerprint()))
        {
            Counters.Drop(TurnServerDropReason.Malformed);
            return false;
        }
        switch (stun.Class, stun.Method)
        {
            case (StunClass.Indication, StunMethod.Send):
                // RFC 8489 §6.3.2: one with an attribute that has to be understood, and is not, is dropped.
                if (UnknownOr(stun, StunErrorCode.None, out _, out _) == StunErrorCode.None) return _data.FromClient(stun, client, now, out forward);
                Counters.Drop(TurnServerDropReason.UnknownAttribute);
                return false;
            case (StunClass.Indication, StunMethod.Binding):      // keeps a NAT's binding alive
                return false;
            case (StunClass.Request, _):
                OnRequest(stun, client, now, vouched: null);
                return false;
            default:
                Counters.Drop(TurnServerDropReason.UnexpectedMessage);
                return false;
        }
    }

    /// <summary>Takes a datagram that came to a relayed address.</summary>
    /// <param name="buffer">Holds the datagram, with <see cref="Headroom"/> in front of it and <see cref="Tailroom"/> behind.</param>
    /// <param name="offset">Where the datagram starts.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="path">From the relayed address to the peer.</param>
    /// <param name="now">The time.</param>
    /// <param name="forward">What to send to the client at once, a part of <paramref name="buffer"/>.</param>
    /// <returns>True when there is something to forward.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is not enough room around the datagram.</exception>
    public bool ReceiveFromPeer(Span<byte> buffer, int offset, int length, in NetworkPath path, Instant now, out TurnForward forward)
    {
        Require.InRange(offset, Headroom, buffer.Length);
        Require.InRange(length, 0, buffer.Length - offset - Tailroom);
        return _data.FromPeer(buffer, offset, length, path, now, out forward);
    }

    /// <summary>Takes what ICMP said about a datagram that left a relayed address: the client is told (RFC 8656 §11.5).</summary>
    /// <param name="path">From the relayed address to the peer that the datagram was for; port 0 where that is not known.</param>
    /// <param name="type">The type of the ICMP or ICMPv6 message.</param>
    /// <param name="code">Its code.</param>
    /// <param name="data">The next link's MTU, where that is the reason.</param>
    /// <param name="now">The time.</param>
    public void ReceiveIcmp(in NetworkPath path, byte type, byte code, uint data, Instant now)
    {
        // §11.5: destination unreachable and time exceeded; of ICMPv6 packet too big as well.
        if (path.Remote.IsIPv4 ? type is not (3 or 11) : type is not (1 or 2 or 3)) Counters.Drop(TurnServerDropReason.UnexpectedMessage);
        else if (!_table.TryGetByRelay(path.Local, out ServerAllocation? allocation)) Counters.Drop(TurnServerDropReason.UnknownRelay);
        else if (!allocation.TryGetPermission(path.Remote, now, out _)) Counters.Drop(TurnServerDropReason.NoPermission);
        else Enqueue(new Reply { Client = allocation.Client, Id = StunTransactionId.Create(_random), Method = StunMethod.Data, Peer = path.Remote, Icmp = Relevant(new StunIcmp(type, code, data), path.Remote) });
    }

    /// <summary>Writes the next reply. Call until it returns 0.</summary>
    /// <param name="destination">Room of at least <see cref="MaxReplySize"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <param name="client">The five-tuple to send it along.</param>
    /// <returns>Bytes written; 0 when nothing is owed.</returns>
    public int Transmit(Span<byte> destination, Instant now, out NetworkPath client)
    {
        Debug.Assert(destination.Length >= MaxReplySize, "the documented room");
        client = default;
        while (_replies.Count > 0)
        {
            ref readonly Reply reply = ref _replies.Peek();
            client = reply.Client;
            int length = _writer.Write(reply, destination, now);
            _replies.Remove();
            if (length > 0) return length;
        }
        _users.ClearRetired();
        return 0;
    }

    /// <summary>Ends what has lapsed.</summary>
    public void AdvanceTo(Instant now)
    {
        _decisions.AdvanceTo(now);
        _table.AdvanceTo(now);
        _connections.AdvanceTo(now);
    }

    /// <summary>Reads what the server asks of its driver. Call until it returns false.</summary>
    public bool TryReadEvent(out TurnServerEvent e)
    {
        e = _events.Count > 0 ? _events.Dequeue() : default;
        return e.Kind != TurnServerEventKind.None;
    }

    /// <summary>Answers <see cref="TurnServerEventKind.OpenRelay"/>: the socket is open.</summary>
    /// <param name="ticket">That of the event.</param>
    /// <param name="relay">The address that peers send to.</param>
    /// <param name="next">The one with the next higher port, where the event asked for it.</param>
    /// <param name="now">The time.</param>
    public void RelayOpened(long ticket, TransportAddress relay, TransportAddress next, Instant now)
    {
        ServerAllocation? allocation = _table.TakeOpening(ticket, out _, out TransportProtocol protocol);
        if (allocation is null)
        {
            _table.Close(relay, protocol);
            if (!next.IsNone) _table.Close(next);
            return;
        }
        _table.SetRelay(allocation, relay);
        if (!next.IsNone) allocation.ReservationToken = _table.Reserve(next, now);
        Complete(allocation, now);
    }

    /// <summary>Answers <see cref="TurnServerEventKind.OpenRelay"/>: there is no such socket. The client gets 508 (Insufficient Capacity).</summary>
    public void RelayFailed(long ticket, Instant now)
    {
        ServerAllocation? allocation = _table.TakeOpening(ticket, out bool ipv6, out _);
        if (allocation is null) return;
        if (allocation.AsksForAdditional && ipv6) allocation.AdditionalError = StunErrorCode.InsufficientCapacity;
        else allocation.Error = StunErrorCode.InsufficientCapacity;
        Complete(allocation, now);
    }

    /// <summary>Answers <see cref="TurnServerEventKind.Authenticate"/>.</summary>
    /// <param name="ticket">That of the event; one that has waited for too long is ignored.</param>
    /// <param name="password">The user's password, or null when there is no such user; one that <see cref="StunKey.IsUsable"/> does not let through is as good as none.</param>
    /// <param name="now">The time.</param>
    public void Decide(long ticket, string? password, Instant now)
    {
        if (_decisions.Take(ticket) is not { } pending) return;
        using MessageLease request = pending.Request;
        if (!StunMessage.TryParse(request.Span, out StunMessage stun)) return;      // it was parsed before, so it is one
        if (password is null || !StunKey.IsUsable(password)) Refuse(stun, pending.Client, StunErrorCode.Unauthenticated, now);
        else OnRequest(stun, pending.Client, now, _users.Vouched(pending.Username, password, now));
    }

    /// <summary>Answers <see cref="TurnServerEventKind.ConnectPeer"/>: the connection is open. The client has 30 s to bind it.</summary>
    public void PeerConnected(uint connection, Instant now) => _connections.Connected(connection, now);

    /// <summary>Tells that a connection with a peer has ended, or could not be made: the client then gets 447.</summary>
    public void PeerDisconnected(uint connection) => _connections.Lost(connection);

    /// <summary>Takes a TCP connection that a peer has made to a relayed address (RFC 6062 §5.3).</summary>
    /// <param name="path">From the relayed address to the peer.</param>
    /// <param name="now">The time.</param>
    /// <param name="connection">Its number, in events to come.</param>
    /// <returns>False when it is to be closed at once.</returns>
    public bool PeerAccepted(in NetworkPath path, Instant now, out uint connection)
    {
        connection = 0;
        if (_table.TryGetByTcpRelay(path.Local, out ServerAllocation? allocation))
            return _connections.TryAccept(allocation, path.Remote, StunTransactionId.Create(_random), now, out connection);
        Counters.Drop(TurnServerDropReason.UnknownRelay);
        return false;
    }

    /// <summary>Tells that a client's TCP or TLS connection has ended, and with it its allocation, or the peer's connection that it is joined with.</summary>
    public void Disconnected(in NetworkPath client)
    {
        _connections.Disconnected(client);
        if (_table.TryGet(client, out ServerAllocation? allocation)) _table.End(allocation);
    }

    /// <summary>
    /// Sends new allocations to other servers from now on (300, RFC 8489 §10), as before a restart or when this machine is full;
    /// those that there are go on. Without an alternate for the client's address family and protocol the client gets 508.
    /// </summary>
    public void Drain(params TurnAlternate[] alternates)
    {
        IsDraining = true;
        _alternates.Clear();
        _alternates.AddRange(Require.NotNull(alternates));
    }

    /// <summary>Takes new allocations again.</summary>
    public void Resume() => IsDraining = false;

    /// <summary>Clears keys and secrets. The driver closes its sockets itself.</summary>
    public void Dispose()
    {
        _decisions.Clear();
        _users.Dispose();
        _nonces.Dispose();
    }

    // §18.13: data only where it is an MTU.
    private static StunIcmp Relevant(StunIcmp icmp, TransportAddress peer) =>
        (peer.IsIPv4 ? icmp is { Type: 3, Code: 4 } : icmp.Type == 2) ? icmp : icmp with { Data = 0 };

    private void OnRequest(in StunMessage request, in NetworkPath client, Instant now, TurnUser? vouched)
    {
        _table.TryGet(client, out ServerAllocation? allocation);
        // Whoever has an allocation has shown a good credential; anybody else's share is limited, hashing included.
        if (allocation is null && vouched is null && !_limiter.MayRespond(client.Remote, now))
        {
            Counters.Drop(TurnServerDropReason.RateLimited);
            return;
        }
        if (request.Method == StunMethod.Binding && !request.HasIntegrity && !request.HasIntegritySha256)
        {
            _limiter.Count(client.Remote, now);
            Answer(request, client, UnknownOr(request, StunErrorCode.None, out ulong few, out int count), null, false, null, few, count);
            return;
        }
        switch (_gate.Check(request, client, allocation, now, vouched, out TurnUser? user, out StunPasswordAlgorithm algorithm, out bool sha256, out StunErrorCode error))
        {
            case GateResult.Authentic:
                _users.Remember(user!);
                OnAuthentic(request, client, allocation, user!, algorithm, sha256, now);
                break;
            case GateResult.UnknownUser when _options.AsksForUsers && request.TryGet(StunAttributeType.Username, out StunAttribute name) &&
                UserTable.Text(name.Value) is var username && StunKey.IsUsable(username):
                Ask(request, client, username, now);
                break;
            default:
                if (request.HasIntegrity || request.HasIntegritySha256) Counters.BadCredentials += error == StunErrorCode.Unauthenticated ? 1 : 0;
                Refuse(request, client, error, now);
                break;
        }
    }

    private void Ask(in StunMessage request, in NetworkPath client, string username, Instant now)
    {
        _limiter.Count(client.Remote, now);
        if (_decisions.Holds(client, request.TransactionId)) Counters.Drop(TurnServerDropReason.InProgress);
        else if (_events.Count >= MaxQueuedEvents || _decisions.TryAdd(request, client, username, now) is not { } pending)
            Counters.Drop(TurnServerDropReason.Overloaded);
        else
            _events.Enqueue(new TurnServerEvent { Kind = TurnServerEventKind.Authenticate, Ticket = pending.Ticket, Client = client, Username = username });
    }

    // RFC 8489 §9.2.4: 401 and 438 tell what to authenticate with; 400 does not.
    private void Refuse(in StunMessage request, in NetworkPath client, StunErrorCode error, Instant now)
    {
        _limiter.Count(client.Remote, now);
        bool challenges = error is StunErrorCode.Unauthenticated or StunErrorCode.StaleNonce;
        if (challenges) Counters.Challenges++;
        Enqueue(new Reply
        {
            Client = client, Id = request.TransactionId, Method = request.Method, Error = error, Challenges = challenges,
            HasFingerprint = request.HasFingerprint,
        });
    }

    private void OnAuthentic(
        in StunMessage request, in NetworkPath client, ServerAllocation? allocation, TurnUser user, StunPasswordAlgorithm algorithm, bool sha256, Instant now)
    {
        StunKey key = user.KeyFor(algorithm);
        StunErrorCode error = UnknownOr(request, StunErrorCode.None, out ulong unknown, out int count);
        if (error == StunErrorCode.None)
        {
            if (request.Method == StunMethod.Allocate)
            {
                OnAllocate(request, client, allocation, user, algorithm, sha256, now);
                return;
            }
            Reply answer = new()
            {
                Client = client, Id = request.TransactionId, Method = request.Method, Key = key, UsesSha256 = sha256, HasFingerprint = request.HasFingerprint,
            };
            error = (request.Method, allocation) switch
            {
                (StunMethod.ConnectionBind, null) => _connections.Bind(request, client, user),
                (StunMethod.Connect, null or { Opening: > 0 }) => StunErrorCode.AllocationMismatch,
                (StunMethod.Binding, _) => StunErrorCode.None,
                (StunMethod.Refresh or StunMethod.CreatePermission or StunMethod.ChannelBind, null) => StunErrorCode.AllocationMismatch,
                (StunMethod.Refresh or StunMethod.CreatePermission or StunMethod.ChannelBind, { Opening: > 0 }) => StunErrorCode.AllocationMismatch,
                (_, { } existing) when !existing.User.NameBytes.AsSpan().SequenceEqual(user.NameBytes) => StunErrorCode.WrongCredentials,   // §5
                (StunMethod.Refresh, { } existing) => Refresh(request, existing, now),
                (StunMethod.CreatePermission, { } existing) => _peers.CreatePermission(request, existing, now),
                (StunMethod.ChannelBind, { } existing) => _peers.ChannelBind(request, existing, now),
                (StunMethod.Connect, { } existing) => _connections.Connect(request, existing, answer, now),
                _ => StunErrorCode.BadRequest,
            };
        }
        if (request.Method == StunMethod.Connect && error == StunErrorCode.None) return;      // answered once the driver has connected
        uint lifetime = allocation is { IsOver: false } && error == StunErrorCode.None ? (uint)allocation.Lifetime.TotalSeconds : 0;
        Answer(request, client, error, key, sha256, null, unknown, count, lifetime);
    }

    private void OnAllocate(
        in StunMessage request, in NetworkPath client, ServerAllocation? allocation, TurnUser user, StunPasswordAlgorithm algorithm, bool sha256, Instant now)
    {
        StunKey key = user.KeyFor(algorithm);
        if (IsDraining && allocation is null)
        {
            TurnAlternate? alternate = TurnAlternate.Find(_alternates, client);
            Enqueue(new Reply
            {
                Client = client, Id = request.TransactionId, Method = request.Method, Key = key, UsesSha256 = sha256, Alternate = alternate,
                Error = alternate is null ? StunErrorCode.InsufficientCapacity : StunErrorCode.TryAlternate, HasFingerprint = request.HasFingerprint,
            });
            return;
        }
        if (_events.Count >= MaxQueuedEvents)
        {
            Counters.Drop(TurnServerDropReason.Overloaded);
            return;
        }
        StunErrorCode error = _allocate.Handle(request, client, user, algorithm, sha256, allocation, now, out ServerAllocation? made);
        if (error != StunErrorCode.None) Answer(request, client, error, key, sha256, null, 0, 0);
        else if (made!.Opening > 0 && ReferenceEquals(made, allocation)) Counters.Drop(TurnServerDropReason.InProgress);
        else if (ReferenceEquals(made, allocation)) Answer(request, client, StunErrorCode.None, key, sha256, made, 0, 0);
        else if (made.Opening == 0) Complete(made, now);
    }

    // All sockets of an allocation are open, or are not to be had.
    private void Complete(ServerAllocation allocation, Instant now)
    {
        if (allocation.Opening > 0) return;
        StunErrorCode error = allocation.Error;
        if (error == StunErrorCode.None)
        {
            _table.SetExpiry(allocation, now + allocation.Lifetime, now);
            Counters.AllocationsCreated++;
            _events.Enqueue(new TurnServerEvent
            {
                Kind = TurnServerEventKind.Allocated, Client = allocation.Client, Username = allocation.User.Name,
                Relay = allocation.RelayIPv4.IsNone ? allocation.RelayIPv6 : allocation.RelayIPv4,
            });
        }
        else
        {
            Counters.AllocationsRefused++;
            _table.End(allocation);
        }
        Enqueue(new Reply
        {
            Client = allocation.Client, Id = allocation.CreatedBy, Method = StunMethod.Allocate, Error = error,
            Key = allocation.User.KeyFor(allocation.Algorithm), UsesSha256 = allocation.UsesSha256, Allocation = allocation, HasFingerprint = true,
        });
    }

    // §8.2; with a family it is about that relayed address alone.
    private StunErrorCode Refresh(in StunMessage request, ServerAllocation allocation, Instant now)
    {
        if (!AllocateHandler.TryGetFamily(request, StunAttributeType.RequestedAddressFamily, out bool isThere, out bool ipv6)) return StunErrorCode.BadRequest;
        TransportAddress relay = ipv6 ? allocation.RelayIPv6 : allocation.RelayIPv4;
        if (isThere && relay.IsNone) return StunErrorCode.PeerAddressFamilyMismatch;
        if (!request.TryGetUInt32(StunAttributeType.Lifetime, out uint seconds) || seconds > 0)
        {
            allocation.Lifetime = _allocate.LifetimeOf(request);
            _table.SetExpiry(allocation, now + allocation.Lifetime, now);
            return StunErrorCode.None;
        }
        TransportAddress other = ipv6 ? allocation.RelayIPv4 : allocation.RelayIPv6;
        if (!isThere || other.IsNone) _table.End(allocation);
        else _table.CloseRelay(allocation, relay);
        return StunErrorCode.None;
    }

    private StunErrorCode UnknownOr(in StunMessage request, StunErrorCode otherwise, out ulong types, out int count)
    {
        Span<StunAttributeType> unknown = stackalloc StunAttributeType[4];
        count = Math.Min(unknown.Length, request.CollectUnknown(_options.CanSetDontFragment ? s_knownWithDontFragment : s_known, unknown));
        types = 0;
        for (int i = 0; i < count; i++) types |= (ulong)(ushort)unknown[i] << (16 * i);
        return count > 0 ? StunErrorCode.UnknownAttribute : otherwise;
    }

    private void Answer(
        in StunMessage request, in NetworkPath client, StunErrorCode error, StunKey? key, bool sha256, ServerAllocation? allocation,
        ulong unknown, int unknownCount, uint lifetime = 0) => Enqueue(new Reply
        {
            Client = client, Id = request.TransactionId, Method = request.Method, Error = error, Key = key, UsesSha256 = sha256,
            Allocation = allocation, Lifetime = lifetime, Unknown = unknown, UnknownCount = unknownCount, HasFingerprint = request.HasFingerprint,
        });

    private void Enqueue(in Reply reply)
    {
        if (!_replies.TryAdd(reply)) Counters.Drop(TurnServerDropReason.Overloaded);
    }
}
