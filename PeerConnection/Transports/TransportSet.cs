using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>The transports of a connection: negotiation decides here, the loop carries it out.</summary>
internal sealed class TransportSet
{
    private const int Unreachable = TurnStreams.Unreachable;
    private const ulong NtpUnixEpoch = 2_208_988_800;    // seconds from 1900 to 1970
    private readonly ConnectionContext _context;
    private readonly List<BundleTransport> _all = [];

    public TransportSet(ConnectionContext context)
    {
        _context = context;
        IceAgent ice = new(context.Options.Ice with { Role = IceRole.Controlling }, context.Options.Random);
        Peer = new PeerTransport(new TransportObserver(context), ice, context.Options);
        Peer.Start(context.Loop);
    }

    public PeerTransport Peer { get; }

    public IReadOnlyList<BundleTransport> All => _all;

    /// <summary>Those that a description uses; the others wait for one.</summary>
    public IReadOnlyList<BundleTransport> InUse => _all.FindAll(transport => transport.HasStartedGathering || transport.Remote is not null);

    /// <summary>Whether an ICE restart was asked for and no description has brought it yet.</summary>
    public bool RestartRequested { get; set; }

    /// <summary>The transport that everything is offered on.</summary>
    public BundleTransport Primary => _all.Count > 0 ? _all[0] : Create();

    /// <summary>The transport of a section: that of its bundle, or its own (RFC 9143 §7.3).</summary>
    /// <param name="mid">The section.</param>
    /// <param name="bundle">The first section of its bundle, or null when it is in none.</param>
    public BundleTransport For(string? mid, string? bundle)
    {
        string key = bundle ?? mid ?? "";
        if (_all.Find(transport => transport.Mid == key) is { } known) return known;
        BundleTransport found = _all.Find(transport => transport.Mid.Length == 0) ?? Create();
        found.Mid = key;
        return found;
    }

    public BundleTransport Create()
    {
        BundleTransport transport = new(_context, IceParameters.Generate(_context.Options.Random));
        _all.Add(transport);
        WebRtcOptions options = _context.Options;
        IceParameters local = transport.Local;
        string cname = _context.Cname;
        _context.Post((peer, now) =>
        {
            RtpSessionOptions session = new() { Cname = cname, NtpTimeAtOrigin = NtpTime(options.TimeProvider.GetUtcNow()) - Seconds(now) };
            transport.Stack = new TransportStack(transport, peer.Ice, peer.Ice.AddStream(1, local), new RtpSession(session, options.Random), options);
            peer.Add(transport.Stack);
        });
        return transport;
    }

    /// <summary>The transport is of no use any more: bundled away, or its section was rejected.</summary>
    public void Remove(BundleTransport transport)
    {
        if (!_all.Remove(transport)) return;
        transport.Ice.TrySet(RTCIceTransportState.Closed);
        transport.Dtls.TrySet(RTCDtlsTransportState.Closed);
        _context.Post((peer, _) =>
        {
            if (transport.Stack is { } stack) peer.Remove(stack);
        });
    }

    public void SetRole(IceRole role)
    {
        foreach (BundleTransport transport in _all) transport.Ice.Role = role == IceRole.Controlling ? RTCIceRole.Controlling : RTCIceRole.Controlled;
        _context.Post((peer, _) => peer.Ice.SetRole(role));
    }

    /// <summary>Opens sockets and gathers (RFC 8829 §4.1.17: with the local description), once per generation.</summary>
    public void StartGathering(BundleTransport transport)
    {
        if (transport.Restart is { } restart)
        {
            (transport.Local, transport.Restart) = (restart, null);
            transport.Ice.ForgetLocal();
            _context.Post((peer, now) =>
            {
                if (transport.Stack is not { } stack) return;
                peer.Ice.Restart(stack.Stream, now, restart);
                CandidateSockets.AddKeys(peer, stack, _context.Options);
            });
        }
        if (transport.HasStartedGathering) return;
        transport.HasStartedGathering = true;
        if (transport.TakePooled() is { } found)
        {
            foreach (Action task in found) _context.QueueTask(task);
            return;
        }
        Gather(transport);
    }

    /// <summary>
    /// Fills the candidate pool (RFC 8829 §3.5.4): transports that gather before a description asks for them, and whose
    /// candidates are not told before. What was pooled under another configuration goes.
    /// </summary>
    public void Pool()
    {
        foreach (BundleTransport pooled in _all.FindAll(transport => transport.IsPooled)) Remove(pooled);
        RTCConfiguration configuration = _context.Configuration;
        for (int i = _all.Count; i < configuration.IceCandidatePoolSize; i++)
        {
            BundleTransport transport = Create();
            transport.Pool();
            Gather(transport);
        }
    }

    private void Gather(BundleTransport transport)
    {
        WebRtcOptions options = _context.Options;
        RTCConfiguration configuration = _context.Configuration;
        _context.Post((peer, _) => IceServerResolution.Start(peer.Registration.Loop, configuration.IceServers, servers =>
        {
            if (transport.Stack is not { } stack || peer.Registration.IsDetached) return;
            peer.Ice.SetServers(Policy(configuration.IceTransportPolicy), servers.StunServers, servers.TurnServers);
            peer.ServerUrls.Add(servers);
            CandidateSockets.Open(peer, stack, options, peer.Registration.Loop.Now);
            stack.TurnStreams = new TurnStreams(peer, stack, (url, code, reason) => Report(transport, url, code, reason));
            StunStreams.Open(peer, stack, servers.StunServers, stack.TurnStreams.Wait);
            stack.TurnStreams.Open(servers.TurnStreams);
            peer.Registration.Touch();
            foreach ((string url, string reason) in servers.Failed) Report(transport, url, Unreachable, reason);
        }));
    }

    /// <summary>Gives running allocations the credentials of a new configuration.</summary>
    public void ChangeCredentials()
    {
        RTCConfiguration configuration = _context.Configuration;
        _context.Post((peer, _) => IceServerResolution.Start(peer.Registration.Loop, configuration.IceServers, servers =>
        {
            if (peer.Registration.IsDetached) return;
            foreach (IceTurnServer server in servers.TurnServers) peer.Ice.ChangeCredentials(server);
            peer.Registration.Touch();
        }));
    }

#pragma warning disable CS0618   // the obsolete value is honoured where it is used
    private static IceGatheringPolicy Policy(RTCIceTransportPolicy policy) => policy switch
    {
        RTCIceTransportPolicy.Relay => IceGatheringPolicy.Relay,
        RTCIceTransportPolicy.Public => IceGatheringPolicy.Public,
        _ => IceGatheringPolicy.All,
    };
#pragma warning restore CS0618

    private void Report(BundleTransport transport, string url, int code, string reason) => _context.QueueTask(() => transport.WhenInUse(() =>
    {
        RTCPeerConnectionIceErrorEvent e = new() { Url = url, ErrorCode = code, ErrorText = reason };
        _context.Fire(() => _context.Owner.RaiseIceCandidateError(e));
    }));

    /// <summary>Fresh credentials for the next description.</summary>
    public void PrepareRestart()
    {
        foreach (BundleTransport transport in _all) transport.Restart ??= IceParameters.Generate(_context.Options.Random);
    }

    public void SetRemote(BundleTransport transport, IceParameters remote)
    {
        if (transport.Remote == remote) return;
        transport.Remote = remote;
        transport.Ice.ForgetRemote();
        _context.Post((peer, now) =>
        {
            if (transport.Stack is { } stack) peer.Ice.SetRemoteParameters(stack.Stream, remote, now);
        });
    }

    public void AddRemoteCandidate(BundleTransport transport, IceCandidate candidate) => _context.Post((peer, now) =>
    {
        if (transport.Stack is { } stack && IsUsable(candidate)) peer.Ice.AddRemoteCandidate(stack.Stream, candidate, now);
    });

    /// <summary>Candidates that were signalled before the peer's credentials took effect.</summary>
    public void FlushRemoteCandidates(BundleTransport transport)
    {
        foreach (IceCandidate? candidate in transport.WaitingCandidates)
        {
            if (candidate is null) EndRemoteCandidates(transport);
            else AddRemoteCandidate(transport, candidate);
        }
        transport.WaitingCandidates.Clear();
    }

    public void EndRemoteCandidates(BundleTransport transport) => _context.Post((peer, now) =>
    {
        if (transport.Stack is { } stack) peer.Ice.EndRemoteCandidates(stack.Stream, now);
    });

    /// <summary>Starts DTLS in the role that was negotiated (RFC 8842 §5), to a peer that has one of these certificates.</summary>
    public void StartDtls(BundleTransport transport, bool isClient, IReadOnlyList<SdpFingerprint> fingerprints)
    {
        if (transport.IsDtlsClient is not null) return;                 // the association lives on (RFC 8842 §5.5)
        (transport.IsDtlsClient, transport.RemoteFingerprints) = (isClient, fingerprints);
        List<DtlsFingerprint> expected = [.. fingerprints.Select(fingerprint => new DtlsFingerprint(fingerprint.Algorithm, fingerprint.Value))];
        WebRtcOptions options = _context.Options;
        DtlsCertificate certificate = _context.Certificate;
        DtlsRole role = isClient ? DtlsRole.Client : DtlsRole.Server;
        _context.Post((_, now) =>
        {
            if (transport.Stack is not { } stack) return;
            DtlsOptions dtls = new() { Certificate = certificate, Role = role, PathMtu = options.Mtu };
            if (options.ConfigureDtls is { } configure) dtls = configure(dtls) with { Certificate = certificate, Role = role, PathMtu = options.Mtu };
            DtlsConnection connection = new(dtls, options.Random);
            connection.SetRemoteFingerprints(expected);
            stack.PrepareDtls(connection, role, now);
        });
    }

    /// <summary>Both sides have said that they take Cryptex (RFC 9335 §4): what is sent from now on has it.</summary>
    public void UseCryptex(BundleTransport transport) => _context.Post((_, _) => transport.Stack?.UseCryptex());

    public void Close()
    {
        foreach (BundleTransport transport in _all)
        {
            transport.Ice.TrySet(RTCIceTransportState.Closed);
            transport.Dtls.TrySet(RTCDtlsTransportState.Closed);
        }
        _context.Post((peer, now) => peer.Close(now));
    }

    private bool IsUsable(IceCandidate candidate) => candidate.Component == IceComponent.Rtp &&
        (candidate.Protocol == TransportProtocol.Udp || _context.Options.TcpCandidates != TcpCandidates.None);

    private static ulong NtpTime(DateTimeOffset time) =>
        ((ulong)time.ToUnixTimeSeconds() + NtpUnixEpoch << 32) + (ulong)(time.Millisecond / 1000.0 * 4294967296.0);

    private static ulong Seconds(Instant now) => (ulong)(now.Ticks / (double)TimeSpan.TicksPerSecond * 4294967296.0);
}
