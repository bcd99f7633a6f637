using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>One TCP connection of a loop that carries framed messages. Completions only announce it; the loop then does the work.</summary>
internal sealed class TcpChannel : IDisposable
{
    private const int ReadSize = 16 * 1024;
    private readonly Socket _socket;
    private readonly Action<TcpChannel> _ready;
    private readonly int _maxQueuedBytes;
    private readonly SocketAsyncEventArgs _receive = new(), _send = new();
    private readonly MessageDeframer _deframer = new(EventLoop.MaxDatagramSize);
    private readonly byte[] _buffer = new byte[ReadSize];
    private byte[] _queued = new byte[4096], _sending = new byte[4096];
    private int _queuedLength, _sendingLength, _sentLength, _unread;
    private int _receiveDone, _sendDone;              // 1 when a completion waits for the loop
    private bool _isConnected, _isSending, _hasArrived, _isDisposed;

    private TcpChannel(Socket socket, LoopRegistration registration, NetworkPath path, SocketTransportOptions options, Action<TcpChannel> ready)
    {
        (_socket, Registration, Path, _ready, _maxQueuedBytes) = (socket, registration, path, ready, options.MaxTcpQueuedBytes);
        socket.NoDelay = true;
        _receive.SetBuffer(_buffer, 0, _buffer.Length);
        _receive.Completed += (_, _) => Announce(ref _receiveDone);
        _send.Completed += (_, _) => Announce(ref _sendDone);
    }

    public LoopRegistration Registration { get; }

    /// <summary>What the connection is known by: an active base's own port is not in it.</summary>
    public NetworkPath Path { get; }

    /// <summary>Whether the connection could not be opened, was closed by the peer, or broke the framing.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Takes a connection that was accepted.</summary>
    public static TcpChannel Accept(Socket socket, LoopRegistration registration, NetworkPath path, SocketTransportOptions options, Action<TcpChannel> ready)
    {
        TcpChannel channel = new(socket, registration, path, options, ready) { _isConnected = true };
        channel.Receive();
        return channel;
    }

    /// <summary>Opens a connection; messages may be sent at once, and leave when it is there.</summary>
    /// <param name="registration">Whose it is.</param>
    /// <param name="path">The path it will be known by.</param>
    /// <param name="local">The address and port to connect from; port 0 for any.</param>
    /// <param name="options">Limits.</param>
    /// <param name="ready">Announces, from any thread, that the loop is to call <see cref="Progress"/>.</param>
    public static TcpChannel Connect(LoopRegistration registration, NetworkPath path, TransportAddress local, SocketTransportOptions options, Action<TcpChannel> ready)
    {
        Socket socket = new(local.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        TcpChannel channel = new(socket, registration, path, options, ready);
        try
        {
            if (local.Port != 0) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(local.ToIPEndPoint());
            channel._send.RemoteEndPoint = path.Remote.ToIPEndPoint();
            channel._isSending = true;
            if (!socket.ConnectAsync(channel._send)) channel.Announce(ref channel._sendDone);
        }
        catch (SocketException)
        {
            channel.IsLost = true;
            channel.Announce(ref channel._sendDone);
        }
        return channel;
    }

    /// <summary>Queues a message. False when the connection takes no more for now, or is lost.</summary>
    public bool Send(ReadOnlySpan<byte> message)
    {
        int needed = _queuedLength + MessageFraming.HeaderLength + message.Length;
        if (IsLost || needed > _maxQueuedBytes) return false;
        if (needed > _queued.Length) Array.Resize(ref _queued, Math.Min(Math.Max(needed, _queued.Length * 2), _maxQueuedBytes));
        _queuedLength += MessageFraming.Write(_queued.AsSpan(_queuedLength), message);
        if (!_isSending) SendQueued();
        return true;
    }

    /// <summary>Takes what another connection to the same peer had to send, and never could.</summary>
    public void TakeOver(TcpChannel other)
    {
        if (other._isConnected) return;
        (_queued, other._queued) = (other._queued, _queued);
        (_queuedLength, other._queuedLength) = (other._queuedLength, 0);
        if (!_isSending) SendQueued();
    }

    /// <summary>Acts on completions; on the loop, after <c>ready</c>.</summary>
    public void Progress()
    {
        if (_isDisposed) return;
        if (Interlocked.Exchange(ref _sendDone, 0) != 0) SendCompleted();
        if (Interlocked.Exchange(ref _receiveDone, 0) != 0) ReceiveCompleted();
    }

    /// <summary>Takes the next message that has arrived; it is valid until the next call. False when there is none, and the next to arrive will be announced.</summary>
    public bool TryTake(out Span<byte> message)
    {
        message = default;
        if (!_hasArrived || _isDisposed) return false;
        bool found = _deframer.TryRead(_buffer.AsSpan(_receive.BytesTransferred - _unread, _unread), out int consumed);
        _unread -= consumed;
        if (found)
        {
            message = _deframer.Message;
            return true;
        }
        _hasArrived = false;
        if (_deframer.IsBroken) IsLost = true;
        else Receive();
        return false;
    }

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _socket.Dispose();
        _receive.Dispose();
        _send.Dispose();
    }

    private void SendCompleted()
    {
        // RFC 6544 §6.2: the peer has opened this very connection already; what waits goes over that, once it is accepted.
        if (!_isConnected && Path.Local.Port != LoopRegistration.ActiveTcpPort &&
            _send.SocketError is SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse) return;
        _isSending = false;
        if (_send.SocketError != SocketError.Success) IsLost = true;
        if (IsLost) return;
        if (!_isConnected)
        {
            _isConnected = true;
            Receive();
        }
        else
        {
            _sentLength += _send.BytesTransferred;
        }
        SendQueued();
    }

    private void ReceiveCompleted()
    {
        if (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0) IsLost = true;      // 0: the peer has closed
        else (_hasArrived, _unread) = (true, _receive.BytesTransferred);
    }

    // One send at a time: what is queued meanwhile goes with the next.
    private void SendQueued()
    {
        while (!_isSending && !IsLost)
        {
            if (_sentLength == _sendingLength)
            {
                if (_queuedLength == 0) return;
                (_sending, _queued) = (_queued, _sending);
                (_sendingLength, _sentLength, _queuedLength) = (_queuedLength, 0, 0);
            }
            _send.SetBuffer(_sending, _sentLength, _sendingLength - _sentLength);
            if (IsPending(_socket.SendAsync, _send)) _isSending = true;
            else if (_send.SocketError != SocketError.Success) IsLost = true;
            else _sentLength += _send.BytesTransferred;
        }
        if (IsLost) Announce(ref _sendDone);
    }

    private void Receive()
    {
        if (!IsPending(_socket.ReceiveAsync, _receive)) Announce(ref _receiveDone);
    }

    private static bool IsPending(Func<SocketAsyncEventArgs, bool> start, SocketAsyncEventArgs args)
    {
        try
        {
            return start(args);
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private void Announce(ref int flag)
    {
        Volatile.Write(ref flag, 1);
        _ready(this);
    }
}
