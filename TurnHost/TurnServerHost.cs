using Microsoft.Extensions.Logging;
using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>A TURN and STUN server with sockets (RFC 8656, RFC 8489): it listens from its creation until it is disposed.</summary>
/// <remarks>All members may be used from any thread. Its instruments are on the meter "WebRtcStack.Turn".</remarks>
public sealed class TurnServerHost : IDisposable
{
    private readonly TurnWorker[] _workers;
    private readonly List<StreamListener> _streamListeners = [];
    private readonly List<TurnListener> _listeners = [];
    private readonly TurnHostMeter _meter;
    private int _disposed;

    /// <summary>Opens the listeners and starts the workers.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentException">There is a TLS listener and no certificate, or no relay address.</exception>
    /// <exception cref="InvalidOperationException">A listener cannot be opened; the message says which and why.</exception>
    public TurnServerHost(TurnHostOptions options)
    {
        Require.NotNull(options);
        if (options.RelayAddresses.Count == 0) throw new ArgumentException("Name at least one address to relay from.", nameof(options));
        TurnServerOptions server = options.Server with
        {
            RelaysIPv4 = options.RelayAddresses.Any(static each => each.IsIPv4),
            RelaysIPv6 = options.RelayAddresses.Any(static each => each.IsIPv6),
            AsksForUsers = options.Authentication is not null,
        };
        ILogger logger = options.LoggerFactory.CreateLogger<TurnServerHost>();
        TurnAccounts accounts = new();                        // a user's quotas hold for all workers together
        RelayAddresses addresses = new(options);
        _workers = new TurnWorker[options.Workers];
        for (int i = 0; i < _workers.Length; i++) _workers[i] = new TurnWorker(options, server, accounts, addresses, i);
        try
        {
            foreach (TurnListener each in options.Listeners)
            {
                TurnListener opened = each with { Address = Open(each, options) };
                _listeners.Add(opened);
                Log.Listening(logger, opened.Address, opened.Protocol);
            }
        }
        catch
        {
            foreach (StreamListener each in _streamListeners) each.Dispose();
            foreach (TurnWorker each in _workers) each.Dispose();
            throw;
        }
        foreach (TurnWorker each in _workers) each.Start();
        foreach (StreamListener each in _streamListeners) each.Start();
        _meter = new TurnHostMeter(this);
    }

    /// <summary>Where it listens, with the ports that were taken.</summary>
    public IReadOnlyList<TurnListener> Listeners => _listeners;

    /// <summary>What each worker's server has done; read while it goes on.</summary>
    public IReadOnlyList<TurnServerCounters> Counters => [.. _workers.Select(static each => each.Counters)];

    /// <summary>How the sockets are served, for logs.</summary>
    public string SocketsName => _workers[0].SocketsName;

    /// <summary>Allocations that there are.</summary>
    public int Allocations => _workers.Sum(static each => each.Counters.Allocations);

    /// <summary>Sends new allocations to other servers, or refuses them, while those that there are go on.</summary>
    public void Drain(params TurnAlternate[] alternates)
    {
        Require.NotNull(alternates);
        foreach (TurnWorker each in _workers) each.Post((server, _) => server.Drain(alternates));
    }

    /// <summary>Drains, and ends when the last allocation has, or when <paramref name="cancellation"/> says so.</summary>
    public async Task DrainAsync(TurnAlternate[] alternates, CancellationToken cancellation)
    {
        Drain(alternates);
        while (Allocations > 0 && !cancellation.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(100, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) { }                // waiting ends either way
        }
    }

    /// <summary>Closes all sockets. Clients are told nothing: drain before, if they should be.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _meter.Dispose();
        foreach (StreamListener each in _streamListeners) each.Dispose();
        foreach (TurnWorker each in _workers) each.Dispose();
    }

    private TransportAddress Open(TurnListener listener, TurnHostOptions options)
    {
        if (listener.Protocol == TransportProtocol.Udp)
        {
            TransportAddress bound = listener.Address;
            foreach (TurnWorker each in _workers) bound = each.Listen(bound, shared: _workers.Length > 1);
            return bound;
        }
        bool secure = listener.Protocol == TransportProtocol.Tls;
        if (secure && options.Certificate is null) throw new ArgumentException("A TLS listener needs TurnHostOptions.Certificate.", nameof(options));
        StreamListener opened = new(
            listener.Address, new StreamConnectionOptions { Framing = ChannelData.TryGetFrameLength, ServerCertificate = secure ? options.Certificate : null }, _workers,
            keepsTogether: options.Server.RelaysTcp);
        _streamListeners.Add(opened);
        return opened.Local;
    }
}
