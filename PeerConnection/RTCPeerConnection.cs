using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack;

/// <summary>A connection to a peer (webrtc-pc §4.4).</summary>
/// <remarks>
/// All members may be called from any thread. Events are raised in order, one at a time for a connection, away from the event
/// loop: a handler may block without harm to other connections, but not on a Task of its own connection, whose end comes
/// after the handler's.
/// </remarks>
public sealed partial class RTCPeerConnection : IAsyncDisposable, IDisposable
{
    private readonly ConnectionContext _context;
    private readonly Negotiator _negotiator;
    private readonly RemoteCandidates _candidates;

    /// <summary>Creates a connection with the default configuration.</summary>
    public RTCPeerConnection() : this(new RTCConfiguration()) { }

    /// <summary>Creates a connection.</summary>
    /// <param name="configuration">What W3C defines.</param>
    /// <param name="options">What W3C leaves to the browser; null for defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="configuration"/> is null.</exception>
    /// <exception cref="DOMException">SyntaxError or InvalidAccessError: an ICE server is not valid. InvalidAccessError: a certificate has expired.</exception>
    public RTCPeerConnection(RTCConfiguration configuration, WebRtcOptions? options = null)
    {
        options ??= new WebRtcOptions();
        RequireValid(Require.NotNull(configuration), options);
        _context = new ConnectionContext(this, configuration, options);
        _negotiator = new Negotiator(_context);
        _candidates = new RemoteCandidates(_context);
        lock (_context.Gate) _context.Transports.Pool();
    }

    /// <summary>The state of offer and answer.</summary>
    public RTCSignalingState SignalingState => Read(() => _context.Negotiation.State);

    /// <summary>Whether candidates are being gathered.</summary>
    public RTCIceGatheringState IceGatheringState => Read(() => _context.States.Gathering);

    /// <summary>The state of ICE over all transports.</summary>
    public RTCIceConnectionState IceConnectionState => Read(() => _context.States.Ice);

    /// <summary>The state of the connection over all transports.</summary>
    public RTCPeerConnectionState ConnectionState => Read(() => _context.States.Connection);

    /// <summary>Whether the peer takes candidates one by one; null before there is a remote description.</summary>
    public bool? CanTrickleIceCandidates => Read(() => _context.Negotiation.Remote is { } remote
        ? remote.Sdp.Attributes.All("ice-options").Concat(remote.Sdp.Media.SelectMany(section => section.Attributes.All("ice-options")))
            .Any(options => options.Split(' ').Contains("trickle"))
        : (bool?)null);

    /// <summary>The local description under way, or else the one in force; null before there is one. It grows by the candidates that are found.</summary>
    public RTCSessionDescription? LocalDescription => Read(() => _context.Negotiation.Local?.ToPublic());

    /// <summary>The local description in force, or null.</summary>
    public RTCSessionDescription? CurrentLocalDescription => Read(() => _context.Negotiation.CurrentLocal?.ToPublic());

    /// <summary>The local description under way, or null.</summary>
    public RTCSessionDescription? PendingLocalDescription => Read(() => _context.Negotiation.PendingLocal?.ToPublic());

    /// <summary>The remote description under way, or else the one in force; null before there is one.</summary>
    public RTCSessionDescription? RemoteDescription => Read(() => _context.Negotiation.Remote?.ToPublic());

    /// <summary>The remote description in force, or null.</summary>
    public RTCSessionDescription? CurrentRemoteDescription => Read(() => _context.Negotiation.CurrentRemote?.ToPublic());

    /// <summary>The remote description under way, or null.</summary>
    public RTCSessionDescription? PendingRemoteDescription => Read(() => _context.Negotiation.PendingRemote?.ToPublic());

    /// <summary>The SCTP transport of data channels; null before it is negotiated.</summary>
    public RTCSctpTransport? Sctp => Read(() => _context.Channels.Sctp);

    /// <summary>The configuration.</summary>
    public RTCConfiguration GetConfiguration() => Read(() => _context.Configuration);

    /// <summary>Changes the configuration (webrtc-pc §4.4.1.5). Servers and policy are used from the next gathering on: restart ICE for that.</summary>
    /// <exception cref="DOMException">
    /// InvalidStateError: closed. InvalidModificationError: certificates and the policies of bundles, mux and header encryption stay as they are, the pool's size once
    /// SetLocalDescriptionAsync was called. SyntaxError, InvalidAccessError: an ICE server is not valid.
    /// </exception>
    public void SetConfiguration(RTCConfiguration configuration)
    {
        Require.NotNull(configuration);
        lock (_context.Gate)
        {
            _context.RequireOpen();
            RTCConfiguration current = _context.Configuration;
            if (!configuration.Certificates.SequenceEqual(current.Certificates))
                throw DOMException.InvalidModification("Certificates cannot change: pass those of GetConfiguration().");
            if (configuration.BundlePolicy != current.BundlePolicy) throw DOMException.InvalidModification("The bundle policy cannot change.");
            if (configuration.RtcpMuxPolicy != current.RtcpMuxPolicy) throw DOMException.InvalidModification("The RTCP mux policy cannot change.");
            if (configuration.RtpHeaderEncryptionPolicy != current.RtpHeaderEncryptionPolicy) throw DOMException.InvalidModification("The header encryption policy cannot change.");
            if (_isLocalSet && configuration.IceCandidatePoolSize != current.IceCandidatePoolSize)
                throw DOMException.InvalidModification("The candidate pool's size cannot change once SetLocalDescriptionAsync was called.");
            IceServerRules.Validate(configuration.IceServers);
            _context.Configuration = configuration;
            bool areServersNew = !configuration.IceServers.SequenceEqual(current.IceServers);
            if (areServersNew) _context.Transports.ChangeCredentials();
            bool isPoolStale = areServersNew || configuration.IceCandidatePoolSize != current.IceCandidatePoolSize ||
                configuration.IceTransportPolicy != current.IceTransportPolicy;
            if (!_isLocalSet && isPoolStale) _context.Transports.Pool();
        }
    }

    /// <summary>Ends the connection: the peer is told, all transports and channels close, no event follows (webrtc-pc §4.4.2, close).</summary>
    public void Close() => CloseNow();

    /// <inheritdoc/>
    public void Dispose() => CloseNow();

    /// <summary>Ends the connection; ends itself when all its sockets are closed.</summary>
    public ValueTask DisposeAsync()
    {
        CloseNow();
        return new ValueTask(_context.Transports.Peer.Released);
    }

    internal void CloseAfterFault()
    {
        if (!_context.IsClosed) End();
    }

    private void CloseNow()
    {
        lock (_context.Gate)
        {
            if (!_context.IsClosed) End();
        }
    }

    private void End()
    {
        _context.IsClosed = true;
        _context.Negotiation.Close();
        _context.States.Close();
        foreach (RTCRtpTransceiver transceiver in _context.Transceivers.All) transceiver.ConnectionClosed();
        _context.Channels.ConnectionClosed();
        _context.Transports.Close();
    }

    private T Read<T>(Func<T> property)
    {
        lock (_context.Gate) return property();
    }

    private static void RequireValid(RTCConfiguration configuration, WebRtcOptions options)
    {
        long now = options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        if (configuration.Certificates.Any(certificate => certificate.Expires <= now)) throw DOMException.InvalidAccess("A certificate has expired; generate a new one.");
        IceServerRules.Validate(configuration.IceServers);
    }
}
