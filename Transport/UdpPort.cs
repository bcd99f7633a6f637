using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>One UDP socket of a loop. One receive is always under way; when it completes, the loop takes what has arrived.</summary>
internal sealed class UdpPort : IDisposable
{
    private const int DatagramsPerTurn = 64;            // then other sockets get their turn
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly byte[] _buffer = new byte[EventLoop.MaxDatagramSize];
    private readonly RemoteAddress _sendTo;
    private Action<UdpPort>? _ready;
    private int _taken;
    private bool _hasDatagram;
    private volatile bool _disposed;

    public UdpPort(Socket socket)
    {
        (_socket, Local) = (socket, TransportAddress.From((IPEndPoint)socket.LocalEndPoint!));
        _sendTo = new RemoteAddress(socket.AddressFamily);
        _receive.SetBuffer(_buffer, 0, _buffer.Length);
        _receive.RemoteEndPoint = new IPEndPoint(Local.IsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        _receive.Completed += (_, _) => _ready!(this);
    }

    public Socket Socket => _socket;

    public TransportAddress Local { get; }

    /// <summary>What its datagrams are for.</summary>
    public object? Owner { get; private set; }

    public void Start(object? owner, Action<UdpPort> ready)
    {
        (Owner, _ready) = (owner, ready);
        Arm();
    }

    /// <summary>Takes the next datagram that has arrived; it is valid until the next call. False when there is none, and the next to arrive will be announced.</summary>
    public bool TryTake(out Span<byte> datagram, out TransportAddress remote)
    {
        datagram = default;
        remote = default;
        if (_disposed) return false;
        if (_hasDatagram)                               // the one handed out before is done with: receive the next
        {
            _hasDatagram = false;
            if (++_taken >= DatagramsPerTurn)
            {
                _taken = 0;
                Arm();
                return false;
            }
            if (IsPending()) return false;
        }
        while (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0)
        {
            // ECONNREFUSED and its like tell of an earlier send; the socket lives on. An empty datagram is nobody's.
            TransportMeter.ReceiveFailed();
            if (_disposed || IsPending()) return false;
        }
        _hasDatagram = true;
        datagram = _buffer.AsSpan(0, _receive.BytesTransferred);
        remote = TransportAddress.From((IPEndPoint)_receive.RemoteEndPoint!);
        return true;
    }

    /// <summary>Sends a datagram.</summary>
    /// <returns>Why it was not sent, or null.</returns>
    public SendDropReason? Send(ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        if (remote.IsIPv6 != Local.IsIPv6) return SendDropReason.AddressFamily;
        try
        {
            _sendTo.Send(_socket, datagram, remote);
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable => SendDropReason.BufferFull,
                SocketError.MessageSize => SendDropReason.TooLarge,
                SocketError.ConnectionRefused or SocketError.ConnectionReset => SendDropReason.Refused,
                _ => SendDropReason.Unreachable,
            };
        }
        catch (ObjectDisposedException)
        {
            return SendDropReason.SocketClosed;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _socket.Dispose();
        _receive.Dispose();
    }

    private void Arm()
    {
        if (!IsPending() && !_disposed) _ready!(this);
    }

    private bool IsPending()
    {
        try
        {
            return _socket.ReceiveFromAsync(_receive);
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        catch (SocketException)                         // the interface is gone; its candidates fail by themselves
        {
            TransportMeter.ReceiveFailed();
            return true;
        }
    }
}
