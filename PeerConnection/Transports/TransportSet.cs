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

    /// <summary>The user fragments that an ICE restart is to replace, until an exchange has done so: [[LocalIceCredentialsToReplace]] (webrtc-pc §4.4.1.1).</summary>
    public HashSet<string> FragmentsToReplace { get; } = [];

    /// <summary>The transports that no section has, in the order in which sections are to get them; pooled ones come first.</summary>
    /// <param name="index">Which of them; there are as many as are asked for.</param>
    public BundleTransport Free(int index)
    {
        foreach (BundleTransport transport in _all)
        {
            if (!_context.Sections.IsAssigned(transport) && index-- == 0) return transport;
        }
        BundleTransport created = Create();
        for (; index > 0; index--) created = Create();
        return created;
    }

    public BundleTransport Create()
    {
        bool hasRtcp = _context.Configuration.RtcpMuxPolicy == RTCRtcpMuxPolicy.Negotiate;
        // Deviation, RFC 9429 §5.2.1: transports share their credentials, as browsers' do. Firefox takes other ones in a section than
        // it had before it was bundled for a restart that nobody asked for. Sockets tell the streams apart, except where they are shared.
        IceParameters credentials = _all.Count > 0 && !_context.Options.SharePorts ? _all[0].Local : IceParameters.Generate(_context.Options.Random);
        BundleTransport transport = new(_context, credentials, hasRtcp);
        _all.Add(transport);
        WebRtcOptions options = _context.Options;
        IceParameters local = transport.Local;
        string cname = _context.Cname;
        bool takesCryptex = _context.TakesCryptex;
        _context.Post((peer, now) =>
        {
            RtpSessionOptions session = options.Rtp with { Cname = cname, NtpTimeAtOrigin = NtpTime(options.TimeProvider.GetUtcNow()) - Seconds(now) };
            IceStream stream = peer.Ice.AddStream(hasRtcp ? 2 : 1, local);
            RtpSession rtp = new(session, options.Random) { CongestionController = options.CreateCongestionController?.Invoke() };
            transport.Stack = new TransportStack(transport, peer.Ice, stream, IceComponent.Rtp, rtp, options, takesCryptex);
            peer.Add(transport.Stack);
            if (!hasRtcp) return;
            transport.RtcpStack = new TransportStack(transport, peer.Ice, stream, IceComponent.Rtcp, rtp, options, takesCryptex);
            transport.Stack.RtcpStack = transport.RtcpStack;
            peer.Add(transport.RtcpStack);
        });
        return transport;
    }

    /// <summary>RTP and RTCP share the transport (RFC 5761 §5.1.3), or there is no RTP on it.</summary>
    public void EndRtcp(BundleTransport transport)
    {
        if (transport.RtcpDtls is null) return;
        transport.EndRtcp();
        transport.Ice.ForgetLocalRtcp();
        _context.Post((peer, now) =>
        {
            if (transport.Stack is { } stack) peer.RemoveRtcp(stack, now);
            transport.RtcpStack = null;
        });
    }

    /// <summary>The transport is of no use any more: bundled away, or its section was rejected.</summary>
    public void Remove(BundleTransport transport)
    {
        if (!_all.Remove(transport)) return;
        transport.Close();
        _context.Post((peer, _) =>
        {
            if (transport.Stack is { } stack) peer.Remove(stack);
        });
    }

    /// <summary>The role that the first offer gives (webrtc-pc §4.4.1.4, step 4.11.2.14.6); what is negotiated decides.</summary>
    public void AnnounceRole(RTCIceRole role)
    {
        foreach (BundleTransport transport in _all)
        {
            if (transport.Ice.Role == RTCIceRole.Unknown) transport.Ice.Role = role;
        }
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
            transport.ReplacedLocal ??= transport.Local;
            transport.Restart = null;
            transport.FragmentToldBefore = transport.Ice.GatheringState == RTCIceGathererState.Complete ? transport.Local.UsernameFragment : null;
            StartGeneration(transport, restart);
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

    // A new generation gathers from the sockets that there are.
    private void StartGeneration(BundleTransport transport, IceParameters local)
    {
        (transport.Local, transport.IsRemoteCurrent) = (local, false);
        transport.Ice.ForgetLocal();
        _context.Post((peer, now) =>
        {
            if (transport.Stack is not { } stack) return;
            peer.Ice.Restart(stack.Stream, now, local);
            CandidateSockets.AddKeys(peer, stack, _context.Options);
        });
    }

    /// <summary>An offer is taken back, and with it the restart that it may have asked for: the credentials before are in force again.</summary>
    public void RollBack(BundleTransport transport)
    {
        (transport.Restart, transport.NextTlsId) = (null, null);
        if (transport.ReplacedLocal is not { } before) return;
        transport.ReplacedLocal = null;
        StartGeneration(transport, before);
        if (transport.Remote is not { } remote) return;
        GiveRemote(transport, remote);
        foreach (RTCIceCandidate candidate in transport.Ice.GetRemoteCandidates())
        {
            if (IceCandidate.TryParse(candidate.Candidate, out IceCandidate? parsed, out _)) AddRemoteCandidate(transport, parsed);
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
            peer.WatchLocalAddresses();
            CandidateSockets.Open(peer, stack, options, peer.Registration.Loop.Now);
            stack.TurnStreams = new TurnStreams(peer, stack, (url, code, reason) => Report(transport, url, code, reason));
            if (stack.RtcpStack is { } rtcp)
            {
                CandidateSockets.Open(peer, rtcp, options, peer.Registration.Loop.Now);
                rtcp.TurnStreams = new TurnStreams(peer, rtcp, (url, code, reason) => Report(transport, url, code, reason), stack.TurnStreams.Wait());
                StunStreams.Open(peer, rtcp, servers.StunServers, stack.TurnStreams.Wait);
                rtcp.TurnStreams.Open(servers.TurnStreams, options.AsksForTcpRelays);
            }
            StunStreams.Open(peer, stack, servers.StunServers, stack.TurnStreams.Wait);
            stack.TurnStreams.Open(servers.TurnStreams, options.AsksForTcpRelays);
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

    /// <summary>Asks for other credentials than the descriptions have (webrtc-pc §4.4.2, restartIce).</summary>
    public void RequestRestart()
    {
        FragmentsToReplace.Clear();
        foreach (AppliedDescription? description in new[] { _context.Negotiation.CurrentLocal, _context.Negotiation.PendingLocal })
        {
            if (description is not null) FragmentsToReplace.UnionWith(Fragments(description.Sdp));
        }
    }

    /// <summary>Fresh credentials for the next offer, where they are asked for.</summary>
    /// <param name="ofAll">Whether they are, for every transport.</param>
    public void PrepareRestart(bool ofAll)
    {
        foreach (BundleTransport transport in _all)
        {
            if (transport.HasStartedGathering && (ofAll || FragmentsToReplace.Contains(transport.Local.UsernameFragment))) PrepareRestart(transport);
        }
    }

    /// <summary>Fresh credentials for a transport, which are those of the others that restart with it unless these share ports.</summary>
    public void PrepareRestart(BundleTransport transport) =>
        transport.Restart ??= (_context.Options.SharePorts ? null : _all.Find(other => other.Restart is not null)?.Restart) ?? IceParameters.Generate(_context.Options.Random);

    /// <summary>An exchange has ended: what it has replaced need not be asked for again (webrtc-pc §4.4.1.4, step 10.1.2).</summary>
    public void RestartsAreDone(SdpDescription? local)
    {
        if (local is null || !FragmentsToReplace.Overlaps(Fragments(local))) FragmentsToReplace.Clear();
    }

    private static IEnumerable<string> Fragments(SdpDescription description) => description.Media.SelectMany(section => section.Attributes.All("ice-ufrag"));

    /// <summary>The peer's credentials take effect. Other ones than before are of a new generation, even if ours stay as they are (RFC 8445 §9).</summary>
    public void SetRemote(BundleTransport transport, IceParameters remote)
    {
        if (transport.Remote == remote && transport.IsRemoteCurrent) return;
        if (transport.IsRemoteCurrent) StartGeneration(transport, transport.Local);
        if (transport.Remote != remote) transport.Ice.ForgetRemote();
        GiveRemote(transport, remote);
    }

    private void GiveRemote(BundleTransport transport, IceParameters remote)
    {
        (transport.Remote, transport.IsRemoteCurrent) = (remote, true);
        _context.Post((peer, now) =>
        {
            if (transport.Stack is { } stack) peer.Ice.SetRemoteParameters(stack.Stream, remote, now);
        });
    }

    public void AddRemoteCandidate(BundleTransport transport, IceCandidate candidate) => _context.Post((peer, now) =>
    {
        if (transport.Stack is { } stack && IsUsable(candidate)) peer.Ice.AddRemoteCandidate(stack.Stream, candidate, now);
    });

    public void EndRemoteCandidates(BundleTransport transport) => _context.Post((peer, now) =>
    {
        if (transport.Stack is { } stack) peer.Ice.EndRemoteCandidates(stack.Stream, now);
    });

    /// <summary>
    /// Starts DTLS in the role that was negotiated (RFC 8842 §5), to a peer that has one of these certificates; with RTCP's own
    /// where it has a component. Where there is an association, this one takes its place (§3.1).
    /// </summary>
    public void StartDtls(BundleTransport transport, bool isClient, IReadOnlyList<SdpFingerprint> fingerprints)
    {
        bool isFirst = transport.IsDtlsClient is null;
        if (!isFirst) transport.RenewDtls();
        (transport.IsDtlsClient, transport.RemoteFingerprints) = (isClient, fingerprints);
        List<DtlsFingerprint> expected = [.. fingerprints.Select(fingerprint => new DtlsFingerprint(fingerprint.Algorithm, fingerprint.Value))];
        WebRtcOptions options = _context.Options;
        DtlsCertificate certificate = _context.Certificate;
        DtlsRole role = isClient ? DtlsRole.Client : DtlsRole.Server;
        _context.Post((_, now) =>
        {
            transport.Stack?.PrepareDtls(Create(), role, now);
            transport.RtcpStack?.PrepareDtls(Create(), role, now);
        });

        DtlsConnection Create()
        {
            DtlsOptions dtls = new() { Certificate = certificate, Role = role, PathMtu = options.Mtu };
            if (options.ConfigureDtls is { } configure) dtls = configure(dtls) with { Certificate = certificate, Role = role, PathMtu = options.Mtu };
            DtlsConnection connection = new(dtls, options.Random);
            connection.SetRemoteFingerprints(expected);
            return connection;
        }
    }

    /// <summary>Both sides have said that they take Cryptex (RFC 9335 §4): what is sent from now on has it.</summary>
    public void UseCryptex(BundleTransport transport) => _context.Post((_, _) => transport.Stack?.UseCryptex());

    public void Close()
    {
        foreach (BundleTransport transport in _all)
        {
            transport.Ice.TrySet(RTCIceTransportState.Closed);
            foreach (RTCDtlsTransport dtls in transport.AllDtls) dtls.TrySet(RTCDtlsTransportState.Closed);
        }
        _context.Post((peer, now) => peer.Close(now));
    }

    // The agent passes over components that a stream does not have.
    private bool IsUsable(IceCandidate candidate) =>
        (candidate.Protocol == TransportProtocol.Udp || _context.Options.TcpCandidates != TcpCandidates.None);

    private static ulong NtpTime(DateTimeOffset time) =>
        ((ulong)time.ToUnixTimeSeconds() + NtpUnixEpoch << 32) + (ulong)(time.Millisecond / 1000.0 * 4294967296.0);

    private static ulong Seconds(Instant now) => (ulong)(now.Ticks / (double)TimeSpan.TicksPerSecond * 4294967296.0);
}
