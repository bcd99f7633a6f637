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

    private static readonly TimeSpan s_hangUpTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly StreamConnectionOptions _options;
    private readonly IStreamOwner _owner;
    private readonly object _gate = new();
    private Stream? _stream;
    private byte[] _inbound = new byte[InitialBuffer];
    private int _start, _end;
    private byte[] _pending = new byte[InitialBuffer], _writing = new byte[InitialBuffer];
    private int _pendingBytes;
    private bool _isReading, _isWriting, _closed, _closesWhenWritten;
    private StreamConnection? _other;
    private Func<int, TimeSpan>? _pace;
    private TaskCompletionSource<bool>? _room;

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
        if (_closed || _other is not null) return false;
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

    /// <summary>
    /// Joins two open connections: from now on what arrives on one is written to the other as it is, no faster than that takes it, and
    /// when one ends the other does, once all is written. The owners are not asked any more, but are told of both ends.
    /// </summary>
    /// <remarks>To be called by whoever takes messages from both. What arrived before and was not taken comes first.</remarks>
    /// <param name="other">The other one.</param>
    /// <param name="pace">Is asked before bytes are passed on, how long to wait; null: not at all. Called from any thread.</param>
    public void Join(StreamConnection other, Func<int, TimeSpan>? pace = null)
    {
        Require.NotNull(other);
        PassTo(other, pace);
        other.PassTo(this, pace);
    }

    /// <summary>Sends a whole message, in order with the others. Copied.</summary>
    /// <returns>False when it was dropped: the connection is not open, or too much waits already.</returns>
    public bool TrySend(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_closed || _closesWhenWritten || _stream is null || _pendingBytes + message.Length > _options.MaxPendingBytes) return false;
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

    /// <summary>Closes the connection once all that waits is written and the other end has closed it as well, after 5 s in any case.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            if (_closed || _closesWhenWritten) return;
            _closesWhenWritten = true;
            if (_isWriting) return;
        }
        _ = HangUpAsync();
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
                (_stream, _isReading) = (stream, true);           // before the owner knows of it, who may join it
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
        _isReading = true;
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
            bool isJoined;
            lock (_gate) (isJoined, _isReading) = (_other is not null, false);
            if (isJoined) await PassAsync().ConfigureAwait(false);
            else _owner.StreamIsReady(this);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            Close(exception.Message);
        }
    }

    private void PassTo(StreamConnection other, Func<int, TimeSpan>? pace)
    {
        bool isIdle, isClosed;
        lock (_gate)
        {
            Debug.Assert(_other is null, "a connection is joined once");
            (_pace, _other) = (pace, other);
            (isIdle, isClosed) = (!_isReading, _closed);
        }
        if (isClosed) other.Finish();
        else if (isIdle) _ = Task.Run(PassAsync);                 // else the read that is under way goes on with it
    }

    private async Task PassAsync()
    {
        try
        {
            if (_inbound.Length < ReadSize) Array.Resize(ref _inbound, ReadSize);
            while (true)
            {
                int size = Math.Min(ReadSize, _end - _start);
                if (size > 0)
                {
                    TimeSpan wait = _pace?.Invoke(size) ?? TimeSpan.Zero;
                    if (wait > TimeSpan.Zero) await Task.Delay(wait).ConfigureAwait(false);
                    while (!_other!.TrySend(_inbound.AsSpan(_start, size)))
                    {
                        if (await _other.HasRoomAsync(size).ConfigureAwait(false)) continue;
                        Close("the connection that it was joined with has ended");
                        return;
                    }
                    _start += size;
                    continue;
                }
                _start = 0;
                _end = await _stream!.ReadAsync(_inbound.AsMemory()).ConfigureAwait(false);
                if (_end == 0)
                {
                    Close("closed by the other end");
                    return;
                }
                TransportMeter.ReceivedBatch(1, _end);
            }
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            Close(exception.Message);
        }
    }

    // False when there will not be any: it is closed, or is about to be.
    private Task<bool> HasRoomAsync(int bytes)
    {
        lock (_gate)
        {
            if (_closed || _closesWhenWritten) return Task.FromResult(false);
            if (_pendingBytes + bytes <= _options.MaxPendingBytes) return Task.FromResult(true);
            _room ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    // A socket that is closed while a read is under way resets the connection, and the other end may lose what it has not read. So
    // we say that nothing more comes, and the other end's answer to that ends the read.
    private async Task HangUpAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            await Task.Delay(s_hangUpTimeout).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception)) { }      // it is not open, or not any more
        Close("closed here");
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                int count;
                TaskCompletionSource<bool>? room;
                lock (_gate)
                {
                    if (_pendingBytes == 0)
                    {
                        _isWriting = false;
                        break;
                    }
                    (_pending, _writing) = (_writing, _pending);
                    (count, _pendingBytes) = (_pendingBytes, 0);
                    (room, _room) = (_room, null);
                }
                room?.TrySetResult(true);
                await _stream!.WriteAsync(_writing.AsMemory(0, count)).ConfigureAwait(false);
                TransportMeter.SentBatch(1, count);
            }
            if (_closesWhenWritten) await HangUpAsync().ConfigureAwait(false);
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
        TaskCompletionSource<bool>? room;
        StreamConnection? other;
        lock (_gate)
        {
            if (_closed) return;
            _closed = true;
            (room, _room, other) = (_room, null, _other);
        }
        _socket.Dispose();
        room?.TrySetResult(false);
        _owner.StreamClosed(this, reason);
        other?.Finish();
    }
}
