using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>A client's allocation on a TURN server (RFC 8656): a relayed address, permissions, and channels.</summary>
/// <remarks>
/// It owns no socket, clock or thread. Datagrams to the server come from <see cref="Transmit"/> (requests) and
/// <see cref="Wrap"/> (data), those from the server go to <see cref="Receive"/>. Not thread-safe.
/// </remarks>
public sealed class TurnAllocation : IDisposable
{
    /// <summary>The most that <see cref="HeaderLength"/> can be: a Send indication to an IPv6 peer.</summary>
    public const int MaxHeaderLength = 48;

    private const int MaxPendingIcmp = 16;

    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_permissionRenewal = TimeSpan.FromMinutes(4);    // §9: it lasts 5 minutes
    private static readonly TimeSpan s_channelRenewal = TimeSpan.FromMinutes(9);       // §12: it lasts 10 minutes

    private readonly TurnAllocationOptions _options;
    private readonly RandomSource _random;
    private readonly StunRetransmission _retransmission;
    private readonly TurnCredentials _credentials;
    private readonly TurnRequestWriter _writer;
    private readonly TurnRedirects _redirects;
    private readonly TurnConnects _connects;
    private readonly TurnRequest _allocation = new(StunMethod.Allocate, default, 0);
    private readonly List<TurnRequest> _requests;                         // the allocation, then permissions and channels
    private readonly Dictionary<TransportAddress, TurnRequest> _permissions = [];      // by address, port 0
    private readonly Dictionary<TransportAddress, TurnRequest> _channels = [];
    private readonly List<TurnRequest> _byChannel = [];                   // the channel's number less the first one is the index
    private readonly Queue<(TransportAddress Peer, StunIcmp Icmp)> _icmp = new(MaxPendingIcmp);
    private readonly long[] _drops = new long[(int)TurnDropReason.UnknownPeer + 1];

    /// <summary>Creates an allocation; its first request is owed at once.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">A TCP relayed address is wanted, and one of the wishes is not for that.</exception>
    public TurnAllocation(TurnAllocationOptions options, RandomSource random)
    {
        _options = Require.NotNull(options);
        _random = Require.NotNull(random);
        if (options.RequestTcp && (options.Protocol == TransportProtocol.Udp || options.DontFragment || options.RequestBothFamilies ||
            options.RequestEvenPort || options.ReserveNextPort || options.ReservationToken != 0))
            throw new ArgumentException("A TCP relayed address needs TCP or TLS towards the server, one family, and no DF, even port or reservation (RFC 6062 §4.1).", nameof(options));
        _credentials = new TurnCredentials(options);
        _writer = new TurnRequestWriter(options, _credentials);
        _redirects = new TurnRedirects(options);
        _retransmission = options.Protocol == TransportProtocol.Udp ? options.Retransmission : StunRetransmission.Reliable;
        _requests = [_allocation];
        _connects = new TurnConnects(options, _requests, random);
        _allocation.Start(StunTransactionId.Create(random), _retransmission);
    }

    /// <summary>The state of the allocation.</summary>
    public TurnAllocationState State { get; private set; }

    /// <summary>The server; it changes when the server names another one (300).</summary>
    public TransportAddress Server => _redirects.Server;

    /// <summary>The relayed address; none before <see cref="TurnAllocationState.Allocated"/>.</summary>
    public TransportAddress RelayedAddress { get; private set; }

    /// <summary>The IPv6 relayed address besides an IPv4 one; none where it was not asked for, or <see cref="AdditionalErrorCode"/> says why not.</summary>
    public TransportAddress AdditionalRelayedAddress { get; private set; }

    /// <summary>Why the server gave no IPv6 address besides the IPv4 one: 440 or 508 (RFC 8656 §18.12).</summary>
    public StunErrorCode AdditionalErrorCode { get; private set; }

    /// <summary>The token for the next higher port, where <see cref="TurnAllocationOptions.ReserveNextPort"/> asked for it; else 0. Good for 30 s.</summary>
    public ulong ReservationToken { get; private set; }

    /// <summary>Where a server over TCP or TLS has sent us (300): a new allocation over a new connection has to be made there.</summary>
    public TransportAddress AlternateServer => _redirects.Alternate;

    /// <summary>The name that the certificate of <see cref="AlternateServer"/> has to have (RFC 8489 §14.16); null: the name that was used before.</summary>
    public string? AlternateDomain => _redirects.Domain;

    /// <summary>Our address as the server saw it; none before <see cref="TurnAllocationState.Allocated"/>.</summary>
    public TransportAddress MappedAddress { get; private set; }

    /// <summary>What the server said when it refused; <see cref="StunErrorCode.None"/> when it did not answer.</summary>
    public StunErrorCode ErrorCode { get; private set; }

    /// <summary>How many datagrams to peers the server has said were not delivered (RFC 8656 §11.6).</summary>
    public long IcmpErrors { get; private set; }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (TurnRequest request in _requests) next = Instant.Min(next, request.NextTimeout);
            return next;
        }
    }

    /// <summary>Whether <see cref="Transmit"/> has something to write.</summary>
    public bool IsTransmitOwed
    {
        get
        {
            foreach (TurnRequest request in _requests)
            {
                if (IsSendable(request)) return true;
            }
            return false;
        }
    }

    /// <summary>How many datagrams from the server were discarded for a reason.</summary>
    public long GetDropped(TurnDropReason reason) => _drops[(int)reason];

    /// <summary>Lets a peer's address send to us, and keeps that alive (RFC 8656 §9).</summary>
    /// <returns>False when there are <see cref="TurnAllocationOptions.MaxPeers"/> of them already.</returns>
    public bool Permit(TransportAddress peer)
    {
        TransportAddress address = peer.WithPort(0);
        if (_permissions.TryGetValue(address, out TurnRequest? known))
        {
            Revive(known);
            return true;
        }
        if (_permissions.Count >= _options.MaxPeers) return false;
        TurnRequest permission = new(StunMethod.CreatePermission, peer, 0);
        _permissions.Add(address, permission);
        _requests.Add(permission);
        permission.Start(StunTransactionId.Create(_random), _retransmission);
        return true;
    }

    /// <summary>Binds a channel to a peer, so that data to it costs four bytes of header, and keeps that alive (RFC 8656 §12).</summary>
    /// <returns>False when there are <see cref="TurnAllocationOptions.MaxPeers"/> of them already.</returns>
    public bool BindChannel(TransportAddress peer)
    {
        if (_channels.TryGetValue(peer, out TurnRequest? known))
        {
            Revive(known);
            return Permit(peer);
        }
        if (_channels.Count >= _options.MaxPeers || !Permit(peer)) return false;
        TurnRequest channel = new(StunMethod.ChannelBind, peer, (ushort)(ChannelData.FirstChannel + _byChannel.Count));
        _channels.Add(peer, channel);
        _byChannel.Add(channel);
        _requests.Add(channel);
        channel.Start(StunTransactionId.Create(_random), _retransmission);
        return true;
    }

    /// <summary>Has the server connect to a peer over TCP (RFC 6062 §4.3); <see cref="TryReadConnection"/> tells what became of it.</summary>
    /// <returns>False when that is being done already, there are <see cref="TurnAllocationOptions.MaxPeers"/> of them, or the allocation has ended.</returns>
    /// <exception cref="InvalidOperationException">The allocation is not one for TCP.</exception>
    public bool Connect(TransportAddress peer)
    {
        RequireTcp();
        return State is TurnAllocationState.Allocating or TurnAllocationState.Allocated && _connects.TryStart(peer);
    }

    /// <summary>Makes the protocol for a new stream to <see cref="Server"/>, which joins it with the peer's (RFC 6062 §4.3). The caller disposes it.</summary>
    /// <param name="connectionId">That of the event.</param>
    /// <exception cref="InvalidOperationException">The allocation is not one for TCP.</exception>
    public TurnDataConnection OpenData(uint connectionId)
    {
        RequireTcp();
        return new TurnDataConnection(_credentials.Fork(), connectionId, _random);
    }

    /// <summary>Reads what has become of connections with peers, and who has connected (RFC 6062). The latest <see cref="TurnAllocationOptions.MaxPeers"/> are kept.</summary>
    public bool TryReadConnection(out TurnConnectionEvent e) => _connects.TryRead(out e);

    /// <summary>
    /// Changes the credentials: for an allocation that is being made, at once; for one that there is, if the user stays the same
    /// (RFC 8656 §5), for whatever is asked from here on.
    /// </summary>
    /// <returns>False when the allocation goes on with its old user.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">One is not what <see cref="StunKey.IsUsable"/> lets through.</exception>
    public bool TryChangeCredentials(string username, string password)
    {
        TurnAllocationOptions.RequireUsable(username, nameof(username));
        TurnAllocationOptions.RequireUsable(password, nameof(password));
        if (State != TurnAllocationState.Allocating && username != _credentials.Username) return false;
        _credentials.Change(username, password);
        if (State == TurnAllocationState.Allocating) _allocation.Start(StunTransactionId.Create(_random), _retransmission);
        return true;
    }

    /// <summary>Deletes the allocation (RFC 8656 §8): the request is owed, and <see cref="State"/> tells when it is done.</summary>
    public void Close()
    {
        if (State is not (TurnAllocationState.Allocated or TurnAllocationState.Allocating)) return;
        bool exists = State == TurnAllocationState.Allocated;
        _connects.Abandon();
        _requests.RemoveRange(1, _requests.Count - 1);
        _permissions.Clear();
        _channels.Clear();
        _byChannel.Clear();
        if (exists) _allocation.Start(StunMethod.Refresh, StunTransactionId.Create(_random), _retransmission);
        else _allocation.Refused();
        State = exists ? TurnAllocationState.Closing : TurnAllocationState.Closed;
    }

    /// <summary>Tells that the TCP or TLS connection to the server has ended, or that nobody listens at a server over UDP; and with it the allocation.</summary>
    public void ConnectionLost()
    {
        if (State is TurnAllocationState.Allocated or TurnAllocationState.Allocating or TurnAllocationState.Closing) End(StunErrorCode.None);
    }

    /// <summary>Bytes that <see cref="Wrap"/> puts in front of data for a peer now: 4 with a channel, else 36 or 48.</summary>
    public int HeaderLength(TransportAddress peer) =>
        IsBound(peer, out _) ? ChannelData.HeaderLength : StunMessage.HeaderLength + 4 + 4 + peer.AddressLength + 4;

    /// <summary>Completes a message to the server whose payload is already behind <see cref="HeaderLength"/> bytes.</summary>
    /// <param name="destination">Header, payload, and room for up to three bytes of padding.</param>
    /// <param name="payloadLength">Bytes of payload.</param>
    /// <param name="peer">Whom it is for.</param>
    /// <returns>Bytes of the message; 0 when there is no allocation, or no room.</returns>
    public int Wrap(Span<byte> destination, int payloadLength, TransportAddress peer)
    {
        if (State != TurnAllocationState.Allocated || (uint)payloadLength > ushort.MaxValue - MaxHeaderLength) return 0;
        Use(peer);
        if (IsBound(peer, out ushort channel))
            return ChannelData.Complete(destination, channel, payloadLength, _options.Protocol != TransportProtocol.Udp);

        int header = HeaderLength(peer), size = header + ((payloadLength + 3) & ~3);
        if (destination.Length < size) return 0;
        StunMessageWriter writer = new(destination, StunClass.Indication, StunMethod.Send, StunTransactionId.Create(_random));
        writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer);
        writer.Reserve(StunAttributeType.Data, payloadLength);            // the payload is there already
        return writer.Length;
    }

    /// <summary>Takes a message from the server.</summary>
    /// <param name="message">A datagram, or one frame of a stream; it stays the caller's.</param>
    /// <param name="now">The time.</param>
    /// <param name="offset">Where a peer's data starts in <paramref name="message"/>.</param>
    /// <param name="length">Bytes of data.</param>
    /// <param name="peer">The peer that sent it.</param>
    /// <returns>True when the message carries a peer's data.</returns>
    public bool Receive(ReadOnlySpan<byte> message, Instant now, out int offset, out int length, out TransportAddress peer)
    {
        (offset, length, peer) = (0, 0, default);
        if (ChannelData.TryParse(message, out ushort channel, out ReadOnlySpan<byte> data))
        {
            int index = channel - ChannelData.FirstChannel;
            if (index >= _byChannel.Count) return Drop(TurnDropReason.UnknownPeer);
            _byChannel[index].IsUsed = true;
            (offset, length, peer) = (ChannelData.HeaderLength, data.Length, _byChannel[index].Peer);
            return true;
        }
        if (!StunMessage.TryParse(message, out StunMessage stun) || (stun.HasFingerprint && !stun.VerifyFingerprint()))
            return Drop(TurnDropReason.Malformed);
        if (stun.Class == StunClass.Indication && stun.Method == StunMethod.Data)
            return ReceiveIndication(message, stun, out offset, out length, out peer);
        if (stun.Class == StunClass.Indication && stun.Method == StunMethod.ConnectionAttempt && _options.RequestTcp) return ReceiveAttempt(stun);
        if (stun.Class is not (StunClass.SuccessResponse or StunClass.ErrorResponse)) return Drop(TurnDropReason.UnexpectedMessage);
        ReceiveResponse(stun, now);
        return false;
    }

    /// <summary>Writes the next request that is owed. Call until it returns 0.</summary>
    /// <returns>Bytes written; 0 when nothing is owed now.</returns>
    public int Transmit(Span<byte> destination, Instant now)
    {
        foreach (TurnRequest request in _requests)
        {
            if (!IsSendable(request)) continue;
            int length = _writer.Write(request, State == TurnAllocationState.Closing, destination);
            if (length > 0) request.Transaction.Sent(now);
            return length;
        }
        return 0;
    }

    /// <summary>
    /// Reads the next of the errors that the server was told of by ICMP, with the peer whom the datagram was for; port 0 where the
    /// server does not know it. Anybody on the way can forge one: it is a hint. The latest 16 are kept.
    /// </summary>
    public bool TryReadIcmp(out TransportAddress peer, out StunIcmp icmp)
    {
        (peer, icmp) = _icmp.Count > 0 ? _icmp.Dequeue() : default;
        return !peer.IsNone;
    }

    /// <summary>Renews what lapses soon, repeats what is unanswered, gives up what stays so.</summary>
    public void AdvanceTo(Instant now)
    {
        for (int i = _requests.Count - 1; i >= 0; i--)
        {
            TurnRequest request = _requests[i];
            if (!request.IsPending)
            {
                if (now >= request.RenewAt) RenewOrLapse(request);
                continue;
            }
            request.Transaction.AdvanceTo(now);
            if (!request.Transaction.IsTimedOut) continue;
            request.Refused();
            if (request.Method == StunMethod.Connect) _connects.Failed(request, StunErrorCode.None);
            if (ReferenceEquals(request, _allocation)) End(StunErrorCode.None);
        }
    }

    /// <summary>Clears the credentials. Call <see cref="Close"/> first and drain, so that the server frees the allocation at once.</summary>
    public void Dispose() => _credentials.Dispose();

    private bool IsBound(TransportAddress peer, out ushort channel)
    {
        bool bound = _channels.TryGetValue(peer, out TurnRequest? request) && request.IsGranted;
        channel = bound ? request!.Channel : (ushort)0;
        return bound;
    }

    private bool IsSendable(TurnRequest request) =>
        request.IsPending && request.Transaction.IsOwed &&
        (ReferenceEquals(request, _allocation) || State == TurnAllocationState.Allocated);

    private void Renew(TurnRequest request)
    {
        StunMethod method = ReferenceEquals(request, _allocation) ? StunMethod.Refresh : request.Method;
        request.Start(method, StunTransactionId.Create(_random), _retransmission);
    }

    // A permission that nobody uses is not worth its requests, and §9 has it lapse by itself.
    private void RenewOrLapse(TurnRequest request)
    {
        if (ReferenceEquals(request, _allocation) || request.IsUsed)
        {
            request.IsUsed = ReferenceEquals(request, _allocation);
            Renew(request);
        }
        else
        {
            request.Lapse();
        }
    }

    private void Use(TransportAddress peer)
    {
        if (_channels.TryGetValue(peer, out TurnRequest? channel)) Revive(channel);
        if (_permissions.TryGetValue(peer.WithPort(0), out TurnRequest? permission)) Revive(permission);
    }

    private void Revive(TurnRequest request)
    {
        request.IsUsed = true;
        if (request is { IsLapsed: true }) request.Start(StunTransactionId.Create(_random), _retransmission);
    }

    // §11.4: data from an address that has no permission is dropped.
    private bool ReceiveIndication(
        ReadOnlySpan<byte> message, in StunMessage stun, out int offset, out int length, out TransportAddress peer)
    {
        (offset, length) = (0, 0);
        bool isIcmp = stun.TryGet(StunAttributeType.Icmp, out StunAttribute reported);
        StunAttribute data = default;
        if (!stun.TryGetXorAddress(StunAttributeType.XorPeerAddress, out peer) ||
            (!isIcmp && !stun.TryGet(StunAttributeType.Data, out data))) return Drop(TurnDropReason.Malformed);
        if (!_permissions.TryGetValue(peer.WithPort(0), out TurnRequest? permission)) return Drop(TurnDropReason.UnknownPeer);
        if (isIcmp)                                                       // §11.6
        {
            if (!reported.TryGetIcmp(out StunIcmp icmp)) return Drop(TurnDropReason.Malformed);
            IcmpErrors++;
            if (_icmp.Count == MaxPendingIcmp) _icmp.Dequeue();
            _icmp.Enqueue((peer, icmp));
            return false;
        }
        permission.IsUsed = true;
        length = data.Value.Length;
        if (length > 0 && message.Overlaps(data.Value, out int from)) offset = from;
        return true;
    }

    private void ReceiveResponse(in StunMessage response, Instant now)
    {
        TurnRequest? request = Find(response.TransactionId);
        if (request is null || request.Method != response.Method)
        {
            Drop(TurnDropReason.UnknownTransaction);
            return;
        }
        StunErrorCode error = response.Class == StunClass.ErrorResponse ? response.GetErrorCode() : StunErrorCode.None;
        bool isChallenge = error is StunErrorCode.Unauthenticated or StunErrorCode.StaleNonce;
        if (!_credentials.IsGenuine(response, isChallenge)) Drop(TurnDropReason.BadIntegrity);
        else if (response.Class == StunClass.SuccessResponse) OnSuccess(request, response, now);
        else OnError(request, response);
    }

    private TurnRequest? Find(StunTransactionId id)
    {
        foreach (TurnRequest request in _requests)
        {
            if (request.IsPending && request.Transaction.Id == id) return request;
        }
        return null;
    }

    private void OnSuccess(TurnRequest request, in StunMessage response, Instant now)
    {
        switch (request.Method)
        {
            case StunMethod.Allocate:
                if (!TakeAddresses(response))
                {
                    request.Refused();
                    End(StunErrorCode.BadRequest);                        // §7.3: a response without it is of no use
                    return;
                }
                State = TurnAllocationState.Allocated;
                request.Granted(now + RenewalDelay(response));
                break;
            case StunMethod.Refresh when State == TurnAllocationState.Closing:
                request.Refused();
                State = TurnAllocationState.Closed;
                break;
            case StunMethod.Refresh:
                request.Granted(now + RenewalDelay(response));
                break;
            case StunMethod.ChannelBind:
                request.Granted(now + s_channelRenewal);
                break;
            case StunMethod.Connect:
                _connects.Connected(request, response);
                break;
            default:
                request.Granted(now + s_permissionRenewal);
                break;
        }
    }

    private bool TakeAddresses(in StunMessage response)
    {
        WireReader reader = response.Attributes;
        while (StunAttribute.TryRead(ref reader, out StunAttribute attribute))
        {
            if (attribute.Type != StunAttributeType.XorRelayedAddress || !attribute.TryGetXorAddress(response.TransactionId, out TransportAddress relayed)) continue;
            if (RelayedAddress.IsNone) RelayedAddress = relayed;
            else AdditionalRelayedAddress = relayed;
        }
        if (RelayedAddress.IsIPv6 && AdditionalRelayedAddress.IsIPv4) (RelayedAddress, AdditionalRelayedAddress) = (AdditionalRelayedAddress, RelayedAddress);
        if (response.TryGetXorAddress(StunAttributeType.XorMappedAddress, out TransportAddress mapped)) MappedAddress = mapped;
        if (response.TryGetUInt64(StunAttributeType.ReservationToken, out ulong token)) ReservationToken = token;
        if (response.TryGet(StunAttributeType.AddressErrorCode, out StunAttribute why) && why.TryGetAddressError(out _, out StunErrorCode code)) AdditionalErrorCode = code;
        return !RelayedAddress.IsNone;
    }

    // §8: a minute before the lifetime ends, which leaves time for a repetition or two; half of a very short one.
    private TimeSpan RenewalDelay(in StunMessage response)
    {
        TimeSpan lifetime = response.TryGetUInt32(StunAttributeType.Lifetime, out uint seconds)
            ? TimeSpan.FromSeconds(seconds)
            : _options.Lifetime;
        return lifetime > s_minute + s_minute ? lifetime - s_minute : TimeSpan.FromTicks(Math.Max(lifetime.Ticks / 2, TimeSpan.TicksPerSecond));
    }

    private void OnError(TurnRequest request, in StunMessage response)
    {
        StunErrorCode error = response.GetErrorCode();
        bool again = error switch
        {
            StunErrorCode.Unauthenticated or StunErrorCode.StaleNonce => _credentials.TryUpdate(response) && request.TryChallenge(),
            StunErrorCode.TryAlternate when request.Method == StunMethod.Allocate => TryMove(response),
            StunErrorCode.UnknownAttribute when request.Method == StunMethod.Allocate => _writer.TryWithout(response) || _writer.TryOtherFamily(error),
            _ => request.Method == StunMethod.Allocate && _writer.TryOtherFamily(error),
        };
        if (again)
        {
            request.Start(StunTransactionId.Create(_random), _retransmission);
            return;
        }
        request.Refused();
        if (request.Method == StunMethod.Connect) _connects.Failed(request, error);
        // §7.4: 437, 440, 441, 442, 486, 508, ... end the attempt. §10.4, §12.3: 403, 443 and 508 concern one peer; 437 means
        // that the server knows of no allocation, and 441 that it is somebody else's.
        if (ReferenceEquals(request, _allocation) || error is StunErrorCode.AllocationMismatch or StunErrorCode.WrongCredentials) End(error);
    }

    private bool TryMove(in StunMessage response)
    {
        if (!_redirects.TryFollow(response)) return false;
        _credentials.Forget();
        return true;
    }

    private void RequireTcp()
    {
        if (!_options.RequestTcp) throw new InvalidOperationException("Set TurnAllocationOptions.RequestTcp: this allocation relays UDP.");
    }

    // RFC 6062 §4.4
    private bool ReceiveAttempt(in StunMessage stun)
    {
        if (!stun.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress peer) ||
            !stun.TryGetUInt32(StunAttributeType.ConnectionId, out uint connection) || connection == 0) return Drop(TurnDropReason.Malformed);
        if (!_permissions.TryGetValue(peer.WithPort(0), out TurnRequest? permission)) return Drop(TurnDropReason.UnknownPeer);
        permission.IsUsed = true;
        _connects.Attempted(peer, connection);
        return false;
    }

    private void End(StunErrorCode error)
    {
        ErrorCode = error;
        State = State == TurnAllocationState.Closing ? TurnAllocationState.Closed : TurnAllocationState.Failed;
        _connects.Abandon();
        foreach (TurnRequest request in _requests) request.Refused();
    }

    private bool Drop(TurnDropReason reason)
    {
        _drops[(int)reason]++;
        return false;
    }
}
