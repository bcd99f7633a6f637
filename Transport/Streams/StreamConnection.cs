using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>A TCP or TLS connection that carries messages. One read is under way until bytes arrive; then the owner takes what is whole.</summary>
/// <remarks>
/// <see cref="TryTake"/> is called by one thread at a time, as the owner was told of; <see cref="TrySend"/> and
/// <see cref="Dispose"/> from any. Taking and sending allocate nothing once buffers have grown to what traffic needs.
/// </remarks>
public sealed class StreamConnection : IDisposable
{
    private const int InitialBuffer = 4096, ReadSize = 16_384;

    private readonly Socket _socket;
    private readonly StreamConnectionOptions _options;
    private readonly IStreamOwner _owner;
    private readonly object _gate = new();
    private Stream? _stream;
    private byte[] _inbound = new byte[InitialBuffer];
    private int _start, _end;
    private byte[] _pending = new byte[InitialBuffer], _writing = new byte[InitialBuffer];
    private int _pendingBytes;
    private bool _isWriting, _closed;

    private StreamConnection(Socket socket, StreamConnectionOptions options, IStreamOwner owner, object? tag) =>
        (_socket, _options, _owner, Tag) = (socket, options, owner, tag);

    /// <summary>The connection's addresses; none before it is open.</summary>
    public NetworkPath Path { get; private set; }

    /// <summary>What its owner knows it by.</summary>
    public object? Tag { get; }

    /// <summary>Connects in the background.</summary>
    /// <param name="local">The address to connect from; its port is looked at only if <paramref name="sharesPort"/>. None: the system chooses.</param>
    /// <param name="remote">The server.</param>
    /// <param name="options">Framing, and TLS if wanted.</param>
    /// <param name="owner">Is told when it is open, or why it is not.</param>
    /// <param name="tag">What the owner knows it by.</param>
    /// <param name="sharesPort">Whether to connect from the port of <paramref name="local"/> too, though another socket listens there.</param>
    public static StreamConnection Connect(
        TransportAddress local, TransportAddress remote, StreamConnectionOptions options, IStreamOwner owner, object? tag = null, bool sharesPort = false)
    {
        StreamConnection connection = new(
            new Socket(remote.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp),
            Require.NotNull(options), Require.NotNull(owner), tag);
        _ = Task.Run(() => connection.OpenAsync(async () =>
        {
            if (sharesPort) connection._socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (!local.IsNone) connection._socket.Bind((sharesPort ? local : local.WithPort(0)).ToIPEndPoint());
            await connection._socket.ConnectAsync(remote.ToIPEndPoint()).ConfigureAwait(false);
        }));
        return connection;
    }

    /// <summary>Takes a connection that a listener has accepted; the TLS handshake runs in the background.</summary>
    public static StreamConnection Accept(Socket accepted, StreamConnectionOptions options, IStreamOwner owner, object? tag = null)
    {
        StreamConnection connection = new(Require.NotNull(accepted), Require.NotNull(options), Require.NotNull(owner), tag);
        _ = Task.Run(() => connection.OpenAsync(static () => Task.CompletedTask));
        return connection;
    }

    /// <summary>Takes the next whole message; it is valid until the next call. False when there is none, and reading goes on.</summary>
    public bool TryTake(out Span<byte> message)
    {
        message = default;
        if (_closed) return false;
        Span<byte> arrived = _inbound.AsSpan(_start, _end - _start);
        if (!_options.Framing(arrived, out int length) || length > _options.MaxFrameSize)
        {
            Close("what arrives is not what this connection is for");
            return false;
        }
        if (length > 0 && length <= arrived.Length)
        {
            message = arrived[..length];
            _start += length;
            return true;
        }
        arrived.CopyTo(_inbound);
        (_start, _end) = (0, arrived.Length);
        int wanted = Math.Max(length, Math.Min(ReadSize, 2 * _inbound.Length * (arrived.Length > _inbound.Length / 2 ? 1 : 0)));
        if (_inbound.Length < wanted) Array.Resize(ref _inbound, wanted);
        _ = ReadAsync();
        return false;
    }

    /// <summary>Sends a whole message, in order with the others. Copied.</summary>
    /// <returns>False when it was dropped: the connection is not open, or too much waits already.</returns>
    public bool TrySend(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_closed || _stream is null || _pendingBytes + message.Length > _options.MaxPendingBytes) return false;
            if (_pending.Length < _pendingBytes + message.Length)
                Array.Resize(ref _pending, Math.Max(_pendingBytes + message.Length, Math.Min(2 * _pending.Length, _options.MaxPendingBytes)));
            message.CopyTo(_pending.AsSpan(_pendingBytes));
            _pendingBytes += message.Length;
            if (_isWriting) return true;
            _isWriting = true;
        }
        _ = WriteAsync();
        return true;
    }

    /// <summary>Closes the connection; what waits to be written may be lost.</summary>
    public void Dispose() => Close("closed here");

    private async Task OpenAsync(Func<Task> connect)
    {
        using CancellationTokenSource timeout = new(_options.OpenTimeout);
        using CancellationTokenRegistration expiry = timeout.Token.Register(() => Close("no connection in time"));
        try
        {
            await connect().ConfigureAwait(false);
            _socket.NoDelay = true;
            Stream stream = new NetworkStream(_socket, ownsSocket: true);
            if (_options.TlsHost is not null)
            {
                SslStream tls = new(stream, false, _options.CertificateValidation);
                stream = tls;
                await tls.AuthenticateAsClientAsync(_options.TlsHost).ConfigureAwait(false);
            }
            else if (_options.ServerCertificate is not null)
            {
                SslStream tls = new(stream, false);
                stream = tls;
                await tls.AuthenticateAsServerAsync(_options.ServerCertificate).ConfigureAwait(false);
            }
            Path = new NetworkPath(
                TransportAddress.From((System.Net.IPEndPoint)_socket.LocalEndPoint!), TransportAddress.From((System.Net.IPEndPoint)_socket.RemoteEndPoint!),
                _options.IsSecure ? TransportProtocol.Tls : TransportProtocol.Tcp);
            lock (_gate)
            {
                if (_closed)
                {
                    stream.Dispose();
                    return;
                }
                _stream = stream;
            }
            _owner.StreamOpened(this);
            await ReadAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            Close(exception.Message);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            int count = await _stream!.ReadAsync(_inbound.AsMemory(_end)).ConfigureAwait(false);
            if (count == 0)
            {
                Close("closed by the other end");
                return;
            }
            _end += count;
            TransportMeter.ReceivedBatch(1, count);
            _owner.StreamIsReady(this);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            Close(exception.Message);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                int count;
                lock (_gate)
                {
                    if (_pendingBytes == 0)
                    {
                        _isWriting = false;
                        return;
                    }
                    (_pending, _writing) = (_writing, _pending);
                    (count, _pendingBytes) = (_pendingBytes, 0);
                }
                await _stream!.WriteAsync(_writing.AsMemory(0, count)).ConfigureAwait(false);
                TransportMeter.SentBatch(1, count);
            }
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            Close(exception.Message);
        }
    }

    // What sockets and TLS throw for what networks and peers do.
    private static bool IsExpected(Exception exception) =>
        exception is IOException or SocketException or AuthenticationException or ObjectDisposedException or InvalidOperationException or NotSupportedException;

    private void Close(string reason)
    {
        lock (_gate)
        {
            if (_closed) return;
            _closed = true;
        }
        _socket.Dispose();
        _owner.StreamClosed(this, reason);
    }
}
