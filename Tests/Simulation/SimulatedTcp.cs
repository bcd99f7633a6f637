using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Tests.Simulation;

/// <summary>
/// A host's TCP, as far as messages over it go: connections that are opened, deliver reliably and in order over paths that lose
/// and reorder (one segment for each message, cumulative acknowledgements, go-back-N), and are reset or given up.
/// </summary>
public sealed class SimulatedTcp(SimulatedHost host)
{
    private readonly Dictionary<TransportAddress, Action<SimulatedTcpConnection>> _listeners = [];
    private readonly Dictionary<(TransportAddress Local, TransportAddress Remote), SimulatedTcpConnection> _connections = [];

    public int OpenConnections => _connections.Count;

    /// <summary>Accepts connections; port 0 takes the next that is free.</summary>
    public bool TryListen(TransportAddress local, Action<SimulatedTcpConnection> accepted, out TransportAddress bound)
    {
        bound = local.Port == 0 ? local.WithPort(host.NextPort()) : local;
        return host.Has(local) && _listeners.TryAdd(bound, accepted);
    }

    public void Close(TransportAddress bound) => _listeners.Remove(bound);

    /// <summary>Opens a connection; what is sent before it is there waits.</summary>
    public SimulatedTcpConnection Connect(TransportAddress local, TransportAddress remote)
    {
        if (local.Port == 0) local = local.WithPort(host.NextPort());
        SimulatedTcpConnection connection = Add(local, remote);
        connection.Open();
        return connection;
    }

    internal void Send(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> segment) => host.Send(from, to, segment, TransportProtocol.Tcp);

    internal void Remove(SimulatedTcpConnection connection) => _connections.Remove((connection.Local, connection.Remote));

    internal void Arrived(TransportAddress from, TransportAddress to, byte[] segment)
    {
        TcpSegment kind = (TcpSegment)segment[0];
        if (!_connections.TryGetValue((to, from), out SimulatedTcpConnection? connection))
        {
            if (kind == TcpSegment.Syn && _listeners.TryGetValue(to, out Action<SimulatedTcpConnection>? accepted))
            {
                connection = Add(to, from);
                accepted(connection);
            }
            else
            {
                if (kind != TcpSegment.Reset) Send(to, from, [(byte)TcpSegment.Reset, 0, 0, 0, 0]);      // connection refused
                return;
            }
        }
        connection.Arrived(kind, BinaryPrimitives.ReadInt32BigEndian(segment.AsSpan(1)), segment[5..]);
    }

    private SimulatedTcpConnection Add(TransportAddress local, TransportAddress remote)
    {
        SimulatedTcpConnection connection = new(this, host.Time, local, remote);
        _connections[(local, remote)] = connection;
        return connection;
    }
}

internal enum TcpSegment : byte
{
    Syn,
    SynAck,
    Data,
    Ack,
    Reset,
}

/// <summary>One end of a simulated TCP connection.</summary>
public sealed class SimulatedTcpConnection
{
    private static readonly TimeSpan s_retransmit = TimeSpan.FromMilliseconds(300);
    private const int GiveUpAfter = 40;                 // 12 s without progress
    private readonly SimulatedTcp _tcp;
    private readonly VirtualTime _time;
    private readonly List<byte[]> _unacknowledged = [];
    private int _firstUnacknowledged, _expected, _attempts;
    private bool _isOpen, _isTimerSet, _isClosed;

    internal SimulatedTcpConnection(SimulatedTcp tcp, VirtualTime time, TransportAddress local, TransportAddress remote) =>
        (_tcp, _time, Local, Remote) = (tcp, time, local, remote);

    public TransportAddress Local { get; }

    public TransportAddress Remote { get; }

    public Action<byte[]>? Received { get; set; }

    /// <summary>The peer has accepted.</summary>
    public Action? Opened { get; set; }

    /// <summary>The connection was refused, reset, or given up.</summary>
    public Action? Lost { get; set; }

    public void Send(ReadOnlySpan<byte> message)
    {
        if (_isClosed) return;
        _unacknowledged.Add(message.ToArray());
        if (_isOpen) Write(TcpSegment.Data, _firstUnacknowledged + _unacknowledged.Count - 1, message);
        SetTimer();
    }

    /// <summary>Ends the connection; the peer's end is lost.</summary>
    public void Close()
    {
        if (_isClosed) return;
        Write(TcpSegment.Reset, 0, default);
        End();
    }

    internal void Open()
    {
        Write(TcpSegment.Syn, 0, default);
        SetTimer();
    }

    internal void Arrived(TcpSegment kind, int number, byte[] payload)
    {
        if (_isClosed) return;
        switch (kind)
        {
            case TcpSegment.Syn:
                BecomeOpen();
                Write(TcpSegment.SynAck, 0, default);
                break;
            case TcpSegment.SynAck:
                BecomeOpen();
                break;
            case TcpSegment.Data:
                BecomeOpen();                               // the handshake's last acknowledgement may be lost
                bool isNext = number == _expected;
                if (isNext) _expected++;
                Write(TcpSegment.Ack, _expected, default);
                if (isNext) Received?.Invoke(payload);
                break;
            case TcpSegment.Ack when number > _firstUnacknowledged:
                _unacknowledged.RemoveRange(0, Math.Min(number - _firstUnacknowledged, _unacknowledged.Count));
                (_firstUnacknowledged, _attempts) = (number, 0);
                break;
            case TcpSegment.Reset:
                End();
                Lost?.Invoke();
                break;
            default:
                break;
        }
    }

    private void BecomeOpen()
    {
        if (_isOpen) return;
        (_isOpen, _attempts) = (true, 0);
        Opened?.Invoke();
        WriteAll();
    }

    private void WriteAll()
    {
        for (int i = 0; i < _unacknowledged.Count; i++) Write(TcpSegment.Data, _firstUnacknowledged + i, _unacknowledged[i]);
    }

    private void SetTimer()
    {
        if (_isTimerSet) return;
        _isTimerSet = true;
        _time.Schedule(s_retransmit, () =>
        {
            _isTimerSet = false;
            if (_isClosed || (_isOpen && _unacknowledged.Count == 0)) return;
            if (++_attempts > GiveUpAfter)
            {
                End();
                Lost?.Invoke();
                return;
            }
            if (_isOpen) WriteAll();
            else Write(TcpSegment.Syn, 0, default);
            SetTimer();
        });
    }

    private void End()
    {
        _isClosed = true;
        _tcp.Remove(this);
    }

    private void Write(TcpSegment kind, int number, ReadOnlySpan<byte> payload)
    {
        byte[] segment = new byte[5 + payload.Length];
        segment[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(segment.AsSpan(1), number);
        payload.CopyTo(segment.AsSpan(5));
        _tcp.Send(Local, Remote, segment);
    }
}
