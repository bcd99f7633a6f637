using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <summary>An ICE agent (RFC 8445), full or lite, with trickle (RFC 8838) and consent freshness (RFC 7675).</summary>
/// <remarks>
/// It owns no socket, clock or thread: datagrams, time and randomness come from the caller, and what is to be sent is polled.
/// After any call, poll <see cref="Transmit"/> until it returns 0, then <see cref="TryReadEvent"/>, then wait until
/// <see cref="NextTimeout"/> or the next datagram. Not thread-safe: one event loop owns it.
/// </remarks>
public sealed partial class IceAgent
{
    /// <summary>The least length of the destination of <see cref="Transmit"/>.</summary>
    public const int MinDatagramSize = 1200;

    internal const ushort DiscardPort = 9;

    private readonly IceContext _context;
    private readonly ResponseQueue _responses;
    private readonly RequestHandler _requests;
    private readonly ConnectivityChecks _checks;
    private readonly RelayGatherer _relays;
    private readonly CandidateGatherer _gatherer;
    private readonly Nominator _nominator;
    private Instant _paceUntil = new(long.MinValue);                      // no new transaction before that (RFC 8445 §14)
    private Instant _nextTimeout = Instant.Never;
    private bool _changed;

    /// <summary>Creates an agent without streams.</summary>
    /// <param name="options">Limits, timers and servers.</param>
    /// <param name="random">Source of credentials and transaction ids: cryptographic, except in simulations.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public IceAgent(IceAgentOptions options, RandomSource random)
    {
        _context = new IceContext(Require.NotNull(options), Require.NotNull(random));
        _responses = new ResponseQueue(_context);
        _requests = new RequestHandler(_context, _responses);
        _checks = new ConnectivityChecks(_context);
        _relays = new RelayGatherer(_context, _checks);
        _gatherer = new CandidateGatherer(_context, _relays);
        _nominator = new Nominator(_context);
    }

    /// <summary>The agent's role. It changes by <see cref="SetRole"/>, or when a conflict is resolved.</summary>
    public IceRole Role => _context.Role;

    /// <summary>The agent's streams.</summary>
    public IReadOnlyList<IceStream> Streams => _context.Streams;

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout
    {
        get
        {
            if (_changed)
            {
                _nextTimeout = ComputeNextTimeout();
                _changed = false;
            }
            return _nextTimeout;
        }
    }

    /// <summary>
    /// Sets the role, as offer and answer decide it (RFC 8445 §6.1.1). A lite agent is controlled whatever is set, unless its
    /// peer is a lite one too.
    /// </summary>
    public void SetRole(IceRole role)
    {
        _context.RoleAmongLite = role;
        if ((_context.Options.IsLite && !_context.IsLiteToLite) || role == _context.Role) return;
        _context.SetRole(role);
        _changed = true;
    }

    /// <summary>Adds a stream.</summary>
    /// <param name="componentCount">1; or 2 for RTP and RTCP on transports of their own.</param>
    /// <param name="local">Credentials that were signalled already; null to draw fresh ones.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="componentCount"/> is neither.</exception>
    /// <exception cref="ArgumentException"><paramref name="local"/> is not as RFC 8839 §5.4 asks for.</exception>
    /// <exception cref="InvalidOperationException">The agent has <see cref="IceAgentOptions.MaxStreams"/> streams.</exception>
    public IceStream AddStream(int componentCount = 1, IceParameters? local = null)
    {
        if (local is not null) IceCredentials.Validate(local);
        Require.InRange(componentCount, 1, 2);
        if (_context.Streams.Count >= _context.Options.MaxStreams)
            throw new InvalidOperationException("The agent has all the streams it may have; raise IceAgentOptions.MaxStreams.");
        IceStream stream = new(_context, componentCount, local);
        _context.Streams.Add(stream);
        return stream;
    }

    /// <summary>Ends a stream and frees what it holds. Without effect on one that was removed already.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public void RemoveStream(IceStream stream)
    {
        if (!_context.Streams.Remove(Require.NotNull(stream))) return;
        _nominator.Forget(stream);
        _gatherer.Forget(stream);
        _relays.Close(stream);
        stream.Close();
        _changed = true;
    }

    /// <summary>Tells of a socket: its host candidate, and what servers see of it, follow as events.</summary>
    /// <param name="stream">The stream that the socket serves.</param>
    /// <param name="component">The component.</param>
    /// <param name="localBase">The socket's address, never the unspecified one: it is <see cref="NetworkPath.Local"/> of every datagram.</param>
    /// <param name="protocol">UDP.</param>
    /// <param name="now">The time.</param>
    /// <param name="localPreference">The base's preference among the others (RFC 8445 §5.1.2.2; see <see cref="LocalPreferences"/>); 0 prefers bases in the order of these calls.</param>
    /// <param name="hostName">A name to signal in place of the address (multicast DNS), or null.</param>
    /// <param name="isShared">Whether other agents or streams send from the same socket. STUN and TURN servers, which know a client by its address, are not asked from there.</param>
    /// <exception cref="ArgumentException">The address is unspecified, the protocol is not UDP, or the component is not the stream's.</exception>
    /// <exception cref="InvalidOperationException">The stream has <see cref="IceAgentOptions.MaxCandidates"/> bases, or is closed.</exception>
    public void AddLocalBase(
        IceStream stream, IceComponent component, TransportAddress localBase, TransportProtocol protocol, Instant now,
        ushort localPreference = 0, string? hostName = null, bool isShared = false)
    {
        if (protocol != TransportProtocol.Udp)
            throw new ArgumentException("A base is a UDP socket; tell of TCP ones with AddTcpBase.", nameof(protocol));
        AddBase(stream, component, localBase, protocol, IceTcpType.None, localPreference, hostName, now, isShared);
    }

    /// <summary>Tells of a TCP port (RFC 6544): its host candidate follows as an event.</summary>
    /// <remarks>
    /// What is sent and received over its connections are whole messages; their framing (RFC 4571) is the caller's. A message
    /// to send along a path whose connection is not there opens that: an active base's <see cref="NetworkPath.Local"/> has port 9
    /// instead of a socket's port, so that path names the connection. Say with <see cref="ConnectionLost"/> when there is none.
    /// </remarks>
    /// <param name="stream">The stream that the port serves.</param>
    /// <param name="component">The component.</param>
    /// <param name="localBase">The address and, except for an active base, the port that connections are accepted on.</param>
    /// <param name="type">Who opens connections.</param>
    /// <param name="now">The time.</param>
    /// <param name="localPreference">As for <see cref="AddLocalBase"/>.</param>
    /// <param name="hostName">A name to signal in place of the address (multicast DNS), or null.</param>
    /// <exception cref="ArgumentException">The address is unspecified, the type is none, or the component is not the stream's.</exception>
    /// <exception cref="InvalidOperationException">The stream has <see cref="IceAgentOptions.MaxCandidates"/> bases, or is closed.</exception>
    public void AddTcpBase(
        IceStream stream, IceComponent component, TransportAddress localBase, IceTcpType type, Instant now,
        ushort localPreference = 0, string? hostName = null)
    {
        if (type is not (IceTcpType.Active or IceTcpType.Passive or IceTcpType.SimultaneousOpen))
            throw new ArgumentException("A TCP base is active, passive or simultaneous-open.", nameof(type));
        // RFC 6544 §4.5: the port of an active candidate is that of the discard service.
        AddBase(stream, component, type == IceTcpType.Active ? localBase.WithPort(DiscardPort) : localBase, TransportProtocol.Tcp, type,
            localPreference, hostName, now);
    }

    /// <summary>Says that a socket is gone, with its interface perhaps: its candidates and pairs go too. Without effect when it is not known.</summary>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    public void RemoveLocalBase(IceStream stream, TransportAddress localBase, TransportProtocol protocol, Instant now)
    {
        RequireOpen(stream);
        LocalBase? removed = stream.Bases.Find(b => b.Address == localBase && b.Protocol == protocol && b.Relay is null);
        if (removed is null) return;
        foreach (LocalBase relayed in stream.Bases.FindAll(b => ReferenceEquals(b.Socket, removed))) stream.Remove(relayed, now);
        _relays.Close(removed);
        _gatherer.Forget(removed);
        stream.Remove(removed, now);
        _gatherer.UpdateState(stream, now);
        Changed(stream, now);
    }

    /// <summary>
    /// Says that RTCP shares RTP's transport after all, which the peer has agreed to (RFC 8445 §4, RFC 5761 §5.1.3): the second
    /// component goes with its candidates and pairs. Without effect when the stream has one component.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    public void RemoveRtcpComponent(IceStream stream, Instant now)
    {
        RequireOpen(stream);
        if (stream.ComponentCount == 1) return;
        foreach (LocalBase localBase in stream.Bases.FindAll(b => b.Component == IceComponent.Rtcp))
        {
            _relays.Close(localBase);
            _gatherer.Forget(localBase);
            stream.Remove(localBase, now);
        }
        stream.RemoveRtcpComponent(now);
        _gatherer.UpdateState(stream, now);
        Changed(stream, now);
    }

    /// <summary>Says that there is no TCP connection along a path: it could not be opened, or has ended.</summary>
    public void ConnectionLost(in NetworkPath path, Instant now)
    {
        _checks.ConnectionLost(path, now);
        _nominator.Consider(now);
        _changed = true;
    }

    /// <summary>
    /// Changes the credentials of a server: allocations that it is asked for take them, and so do those that there are if the user
    /// stays the same (RFC 8656 §5). What is gathered from here on is up to <see cref="SetServers"/>.
    /// </summary>
    /// <param name="server">The server, by its address and protocol, with its new credentials.</param>
    /// <exception cref="ArgumentNullException"><paramref name="server"/> is null.</exception>
    public void ChangeCredentials(IceTurnServer server) => _relays.ChangeCredentials(Require.NotNull(server));

    /// <summary>Whether bases told from here on are asked for what servers see of them, or lend them, over UDP.</summary>
    public bool AsksServersOverUdp =>
        !_context.Options.IsLite && (_context.Options.StunServers.Count > 0 || _context.Options.TurnServers.Any(server => server.Protocol == TransportProtocol.Udp));

    /// <summary>Sets what bases told from here on, and restarts, gather: servers may be known only once their names are resolved.</summary>
    /// <param name="policy">Which candidates to gather.</param>
    /// <param name="stunServers">In place of <see cref="IceAgentOptions.StunServers"/>.</param>
    /// <param name="turnServers">In place of <see cref="IceAgentOptions.TurnServers"/>.</param>
    /// <exception cref="ArgumentNullException">A list is null.</exception>
    public void SetServers(IceGatheringPolicy policy, IReadOnlyList<TransportAddress> stunServers, IReadOnlyList<IceTurnServer> turnServers) =>
        _context.Options = _context.Options with { GatheringPolicy = policy, StunServers = stunServers, TurnServers = turnServers };

    /// <summary>Says that all sockets were told: gathering is complete once the servers have answered or given up.</summary>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    public void EndLocalBases(IceStream stream, Instant now)
    {
        RequireOpen(stream);
        stream.BasesEnded = true;
        stream.EnterGathering(stream.GatheringState == IceGatheringState.New ? IceGatheringState.Gathering : stream.GatheringState);
        _gatherer.UpdateState(stream, now);
        Changed(stream, now);
    }

    /// <summary>Sets the peer's credentials: checks may start. The same ones again have no effect.</summary>
    /// <exception cref="ArgumentException">The fragment or the password has characters or a length that RFC 8839 §5.4 forbids.</exception>
    /// <exception cref="InvalidOperationException">Other parameters are set already and <see cref="Restart"/> was not called, or the stream is closed.</exception>
    public void SetRemoteParameters(IceStream stream, IceParameters parameters, Instant now)
    {
        RequireOpen(stream);
        IceCredentials.Validate(parameters);
        if (stream.Current.Remote is { } known)
        {
            if (known.UsernameFragment == parameters.UsernameFragment && known.Password == parameters.Password) return;
            throw new InvalidOperationException("The peer restarts ICE: call Restart on the stream before setting the new parameters.");
        }
        if (_context.Options.IsLite) DecideRoleOfLite(parameters.IsLite);
        else if (parameters.IsLite) SetRole(IceRole.Controlling);         // RFC 8445 §6.1.1: the full agent controls
        stream.Current.SetRemote(parameters, now);
        Changed(stream, now);
    }

    /// <summary>Adds a candidate of the peer, whenever it comes (RFC 8838). One of another generation is ignored.</summary>
    /// <remarks>One that has a <see cref="IceCandidate.HostName"/> and no address comes back as <see cref="IceEventKind.ResolveName"/>.</remarks>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    public void AddRemoteCandidate(IceStream stream, IceCandidate candidate, Instant now)
    {
        RequireOpen(stream);
        Require.NotNull(candidate);
        IceGeneration generation = stream.Current;
        if (!generation.Accepts(candidate) || (int)candidate.Component > stream.ComponentCount) return;
        if (candidate.Address.IsNone)
        {
            if (candidate.HostName is not null)
                _context.Raise(new IceEvent { Kind = IceEventKind.ResolveName, Stream = stream, Component = candidate.Component, Candidate = candidate });
            return;
        }
        int index = generation.RemoteCandidates.FindIndex(c =>
            c.Address == candidate.Address && c.Component == candidate.Component && c.Protocol == candidate.Protocol);
        if (index >= 0 && generation.RemoteCandidates[index].Type != IceCandidateType.PeerReflexive) return;
        if (_context.Options.RemoteCandidateFilter?.Invoke(candidate) == false)
        {
            _context.Drop(IceDropReason.CandidateFiltered);
            return;
        }
        if (index >= 0)
        {
            generation.RemoteCandidates[index] = candidate;               // the peer now signals what a check had discovered
        }
        else if (generation.RemoteCandidates.Count < _context.Options.MaxCandidates)
        {
            generation.RemoteCandidates.Add(candidate);
        }
        else
        {
            _context.Drop(IceDropReason.LimitReached);
            return;
        }
        if (generation.Remote is not null) generation.CheckList.AddRemote(candidate);
        Changed(stream, now);
    }

    /// <summary>Says that the peer has no more candidates (RFC 8838 §14).</summary>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    public void EndRemoteCandidates(IceStream stream, Instant now)
    {
        RequireOpen(stream);
        stream.Current.RemoteEnded = true;
        Changed(stream, now);
    }

    /// <summary>
    /// Restarts a stream: fresh credentials, and candidates gathered anew from the bases that are there (RFC 8445 §9). Data
    /// goes on over the old pair until the new generation has one.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="now">The time.</param>
    /// <param name="local">Credentials that were signalled already; null to draw fresh ones.</param>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    /// <exception cref="ArgumentException"><paramref name="local"/> is not as RFC 8839 §5.4 asks for.</exception>
    public void Restart(IceStream stream, Instant now, IceParameters? local = null)
    {
        if (local is not null) IceCredentials.Validate(local);
        RequireOpen(stream);
        _nominator.Forget(stream);
        stream.Restart(now, local);
        _gatherer.Restart(stream);
        foreach (LocalBase localBase in stream.Bases) _gatherer.AddBase(stream, localBase);
        _gatherer.UpdateState(stream, now);
        Changed(stream, now);
    }

    /// <summary>Takes a datagram.</summary>
    /// <param name="datagram">The datagram, which stays the caller's.</param>
    /// <param name="path">The socket that received it, and where it came from.</param>
    /// <param name="now">The time.</param>
    /// <param name="offset">Where the application's data starts in <paramref name="datagram"/>.</param>
    /// <param name="length">Bytes of application data.</param>
    /// <param name="stream">The stream it belongs to.</param>
    /// <param name="component">The component it belongs to.</param>
    /// <returns>True when the datagram carries application data (DTLS, SRTP, …) for a connected stream, or over a known path; what ICE itself needs is consumed.</returns>
    public bool Receive(
        Span<byte> datagram, in NetworkPath path, Instant now, out int offset, out int length,
        [NotNullWhen(true)] out IceStream? stream, out IceComponent component)
    {
        (offset, length, stream, component) = (0, 0, null, default);
        NetworkPath inner = path;
        if (_relays.TryReceive(datagram, ref inner, now, _gatherer, out int from, out int size))
        {
            _changed = true;
            if (size == 0) return false;
            datagram = datagram.Slice(from, size);
        }
        if (datagram.Length > 0 && datagram[0] < 4)                       // RFC 7983 §7
        {
            ReceiveStun(datagram, inner, now);
            return false;
        }
        if (datagram.IsEmpty) return false;
        if (!_context.Paths.TryGetValue(inner, out IceCandidatePair? pair))
        {
            if (!TryReceiveFromElsewhere(inner, out stream, out component)) return false;
            (offset, length) = (from, size);
            return true;
        }
        pair.PacketsReceived++;
        pair.BytesReceived += size;
        pair.LastPacketReceived = now;
        if (PeerMovement.Heard(pair, isData: true, _context.Options, now)) Changed(pair.Generation.Stream, now);
        (offset, length, stream, component) = (from, size, pair.Generation.Stream, pair.Component);
        return true;
    }

    /// <summary>Writes the next datagram that ICE itself owes: checks, responses, consent, gathering. Call until it returns 0.</summary>
    /// <param name="destination">Takes the datagram; at least <see cref="MinDatagramSize"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <param name="path">The socket to send from, and where to.</param>
    /// <returns>Bytes written; 0 when nothing is owed now.</returns>
    public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
    {
        Debug.Assert(destination.Length >= MinDatagramSize, "the destination takes any message of ours");
        if (_responses.Transmit(destination, out path) is > 0 and int response) return response;
        int length = _relays.TransmitDue(destination, now, out path);        // permissions go before the checks that need them
        if (length == 0) length = _checks.TransmitDue(destination, now, out path);
        if (length == 0) length = _gatherer.TransmitDue(destination, now, out path);
        if (length == 0 && now >= _paceUntil)
        {
            length = _checks.TransmitNew(destination, now, out path);
            if (length == 0) length = _gatherer.TransmitNew(destination, now, out path);
            if (length == 0) length = _relays.TransmitNew(destination, now, out path);
            if (length > 0) _paceUntil = now + _context.Options.Ta;
        }
        _changed |= length > 0;
        return length;
    }

    /// <summary>The pair that carries a component's data now: the nominated one, or before that the best that works.</summary>
    public bool TryGetSelectedPair(IceStream stream, IceComponent component, [NotNullWhen(true)] out IceCandidatePair? pair)
    {
        if (!Require.NotNull(stream).BelongsTo(_context)) throw new ArgumentException("The stream belongs to another agent.", nameof(stream));
        Require.InRange((int)component, 1, stream.ComponentCount, nameof(component));
        pair = stream.IsClosed ? null : stream.GetActive(component);
        return pair is not null;
    }

    /// <summary>
    /// Where in <paramref name="destination"/> an application packet has to be written, so that <see cref="Wrap"/> can put a
    /// relay's header in front of it. No other call may come between the two.
    /// </summary>
    /// <returns>The area; empty when nothing can be sent now.</returns>
    public Span<byte> PayloadArea(IceStream stream, IceComponent component, Span<byte> destination) =>
        TryGetSelectedPair(stream, component, out IceCandidatePair? pair)
            ? pair.Base.PayloadArea(destination, pair.Path.Remote)
            : default;

    /// <summary>Completes a datagram whose payload is in <see cref="PayloadArea"/>.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="component">The component.</param>
    /// <param name="destination">The same span as was given to <see cref="PayloadArea"/>.</param>
    /// <param name="payloadLength">Bytes of payload in the area.</param>
    /// <param name="now">The time.</param>
    /// <param name="path">The socket to send from, and where to.</param>
    /// <returns>Bytes of the datagram, from the front of <paramref name="destination"/>; 0 when there is no pair that works, or consent is lost.</returns>
    public int Wrap(
        IceStream stream, IceComponent component, Span<byte> destination, int payloadLength, Instant now, out NetworkPath path)
    {
        Require.InRange(payloadLength, 0, destination.Length);
        path = default;
        if (!TryGetSelectedPair(stream, component, out IceCandidatePair? pair) || !pair.IsUsable(now)) return 0;
        pair.PacketsSent++;
        pair.BytesSent += payloadLength;
        pair.LastPacketSent = now;
        return pair.Base.Complete(destination, payloadLength, pair.Path.Remote, out path);
    }

    /// <summary>Does what is due by <paramref name="now"/>. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        if (now < NextTimeout) return;
        _checks.AdvanceTo(now);
        _gatherer.AdvanceTo(now);
        _relays.AdvanceTo(now, _gatherer);
        foreach (IceStream stream in _context.Streams) stream.AdvanceTo(now);
        _nominator.Consider(now);
        _changed = true;
    }

    /// <summary>Reads the next event.</summary>
    public bool TryReadEvent(out IceEvent e) => _context.TryReadEvent(out e);

    /// <summary>How many inbound datagrams were discarded for a reason.</summary>
    public long GetDropped(IceDropReason reason) => _context.GetDropped(reason);

    // RFC 8445 §12.2: data is taken on every candidate that was signalled. Once connected, one whose peer's NAT has given it
    // another port loses nothing until a check comes from there; who sent it, the layers above can tell. Strangers' data is not
    // passed on to them.
    private bool TryReceiveFromElsewhere(in NetworkPath path, [NotNullWhen(true)] out IceStream? stream, out IceComponent component)
    {
        foreach (IceStream each in _context.Streams)
        {
            if (each.FindBase(path) is not { } localBase || each.GetActive(localBase.Component) is not { } active) continue;
            if (!ReferenceEquals(active.Base, localBase) || !active.Path.Remote.HasSameAddressAs(path.Remote)) break;
            _requests.DiscoverByData(active, path.Remote);
            _changed = true;
            (stream, component) = (each, localBase.Component);
            return true;
        }
        (stream, component) = (null, default);
        _context.Drop(IceDropReason.UnknownPath);
        return false;
    }

    private void ReceiveStun(ReadOnlySpan<byte> datagram, in NetworkPath path, Instant now)
    {
        if (!StunMessage.TryParse(datagram, out StunMessage message) || (message.HasFingerprint && !message.VerifyFingerprint()))
        {
            _context.Drop(IceDropReason.MalformedStun);
            return;
        }
        switch (message.Class, message.Method)
        {
            case (StunClass.Request, StunMethod.Binding):
                _requests.Receive(message, path, now);
                break;
            case (StunClass.SuccessResponse or StunClass.ErrorResponse, StunMethod.Binding):
                if (!_gatherer.TryReceive(message, path, now)) _checks.Receive(message, path, now);
                break;
            case (StunClass.Indication, StunMethod.Binding):              // a keepalive (RFC 8445 §11)
                break;
            default:
                _context.Drop(IceDropReason.UnexpectedStun);
                break;
        }
        _nominator.Consider(now);
        _changed = true;
    }

    private void AddBase(
        IceStream stream, IceComponent component, TransportAddress address, TransportProtocol protocol, IceTcpType tcpType,
        ushort localPreference, string? hostName, Instant now, bool isShared = false)
    {
        RequireOpen(stream);
        Require.InRange((int)component, 1, stream.ComponentCount, nameof(component));
        if (address.IsNone || address.IsUnspecified || address.Port == 0)
            throw new ArgumentException("A base is the address and port that a socket is bound to, not a wildcard.", nameof(address));
        // Active TCP bases of an address have one port (RFC 6544 §4.5), whichever component they are of.
        if (stream.Bases.Exists(b => b.Address == address && b.Protocol == protocol && (tcpType != IceTcpType.Active || b.Component == component))) return;
        if (stream.Bases.Count >= _context.Options.MaxCandidates)
            throw new InvalidOperationException("The stream has all the bases it may have; raise IceAgentOptions.MaxCandidates.");
        if (localPreference == 0) localPreference = (ushort)(ushort.MaxValue - stream.Bases.FindAll(b => b.Component == component).Count);
        LocalBase added = new(component, address, protocol, localPreference, hostName, tcpType) { IsShared = isShared };
        stream.Bases.Add(added);
        stream.BasesEnded = false;
        _gatherer.AddBase(stream, added);
        _gatherer.AddRelays(stream, added);
        Changed(stream, now);
    }

    // RFC 8445 §6.1.1: controlled by a full peer; between two lite ones, who started controls.
    private void DecideRoleOfLite(bool isPeerLite)
    {
        _context.IsLiteToLite = isPeerLite;
        IceRole role = isPeerLite ? _context.RoleAmongLite : IceRole.Controlled;
        if (role != _context.Role) _context.SetRole(role);
    }

    private Instant ComputeNextTimeout()
    {
        Instant next = Instant.Min(Instant.Min(_checks.NextTimeout, _gatherer.NextTimeout),
            Instant.Min(_relays.NextTimeout, _nominator.NextTimeout));
        foreach (IceStream stream in _context.Streams) next = Instant.Min(next, stream.NextTimeout);
        if (_checks.HasNew() || _gatherer.HasNew() || _relays.HasNew()) next = Instant.Min(next, _paceUntil);
        return next;
    }

    private void Changed(IceStream stream, Instant now)
    {
        stream.Update(now);
        _nominator.Consider(now);
        _changed = true;
    }

    private void RequireOpen(IceStream stream)
    {
        if (!_context.Streams.Contains(Require.NotNull(stream)))
            throw new InvalidOperationException("The stream was removed from its agent, or belongs to another one.");
    }
}
