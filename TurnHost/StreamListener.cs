using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.TurnHost;

/// <summary>Accepts TCP connections, with TLS or without, and deals them out to the workers.</summary>
internal sealed class StreamListener : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamConnectionOptions _options;
    private readonly TurnWorker[] _workers;
    private readonly bool _keepsTogether;
    private int _next;
    private volatile bool _disposed;

    /// <param name="address">Where to listen.</param>
    /// <param name="options">Of the connections.</param>
    /// <param name="workers">Whom they are for.</param>
    /// <param name="keepsTogether">Whether all from one address go to one worker, as streams that are to be joined there have to.</param>
    public StreamListener(TransportAddress address, StreamConnectionOptions options, TurnWorker[] workers, bool keepsTogether)
    {
        (_options, _workers, _keepsTogether) = (options, workers, keepsTogether);
        _socket = new Socket(address.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _socket.Bind(address.ToIPEndPoint());
            _socket.Listen(1024);
        }
        catch (SocketException exception)
        {
            _socket.Dispose();
            throw new InvalidOperationException(
                $"Cannot listen on {address}: {exception.SocketErrorCode}. Choose an address of this machine and a port that is free.", exception);
        }
        Local = TransportAddress.From((IPEndPoint)_socket.LocalEndPoint!);
    }

    public TransportAddress Local { get; }

    public void Start() => _ = Task.Run(AcceptAsync);

    public void Dispose()
    {
        _disposed = true;
        _socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_disposed)
        {
            try
            {
                Socket accepted = await _socket.AcceptAsync().ConfigureAwait(false);
                int worker = _keepsTogether ? TransportAddress.From((IPEndPoint)accepted.RemoteEndPoint!).WithPort(0).GetHashCode() : _next++;
                StreamConnection.Accept(accepted, _options, _workers[(uint)worker % (uint)_workers.Length]);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // One client has gone before it was accepted, or file descriptors have run out for a moment.
                if (!_disposed) await Task.Delay(10).ConfigureAwait(false);
            }
        }
    }
}
