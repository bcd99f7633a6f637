using System.Globalization;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>
/// Stands between pairs of connections on loopback and loses, delays and so reorders datagrams: each side is told the relay's port in
/// place of the other's candidate.
/// </summary>
internal sealed class LossyRelay : IUdpReceiver, IDisposable
{
    private static readonly TransportAddress s_loopback = TransportAddress.FromIPv4(0x7F000001, 0);
    private readonly UdpSocketGroup _group = UdpSocketGroup.Create(new UdpSocketGroupOptions { SocketBufferSize = 4 << 20 });
    private readonly PriorityQueue<(UdpGroupSocket From, TransportAddress To, byte[] Datagram), long> _late = new();
    private readonly Queue<Action> _commands = new();
    private readonly Random _random = new(1);
    private readonly double _loss, _reordering;
    private readonly Thread _thread;
    private volatile bool _stopped;

    /// <summary>Starts it.</summary>
    /// <param name="loss">The share of datagrams that are lost.</param>
    /// <param name="reordering">The share that comes 1 to 5 ms late, behind others.</param>
    public LossyRelay(double loss, double reordering)
    {
        (_loss, _reordering) = (loss, reordering);
        _thread = new Thread(Run) { IsBackground = true, Name = "relay" };
        _thread.Start();
    }

    // Where datagrams that come to a socket go: out of another, to an address that is known once its owner has signalled it.
    private sealed class Side
    {
        public UdpGroupSocket Other { get; set; } = null!;

        public TransportAddress Owner { get; set; }
    }

    public long Lost { get; private set; }

    /// <summary>A way between two connections, for their candidates to be sent through.</summary>
    public async Task<Way> OpenAsync()
    {
        TaskCompletionSource<Way> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => opened.SetResult(new Way(this, Open(), Open())));
        return await opened.Task;
    }

    /// <summary>One way: near and far are the ports that the two sides see of each other.</summary>
    internal sealed class Way
    {
        private readonly LossyRelay _relay;
        private readonly UdpGroupSocket _near, _far;

        public Way(LossyRelay relay, UdpGroupSocket near, UdpGroupSocket far)
        {
            (_relay, _near, _far) = (relay, near, far);
            ((Side)near.Tag!).Other = far;
            ((Side)far.Tag!).Other = near;
        }

        /// <summary>The candidate that the other side is told in place of this one.</summary>
        public RTCIceCandidateInit Through(RTCIceCandidate candidate, bool isNear)
        {
            const int PortField = 5;
            if (candidate.Candidate.Length == 0) return candidate.ToJson();       // there are no more
            string[] fields = candidate.Candidate.Split(' ');
            ((Side)(isNear ? _near : _far).Tag!).Owner = s_loopback.WithPort(ushort.Parse(fields[PortField], CultureInfo.InvariantCulture));
            fields[PortField] = (isNear ? _far : _near).Local.Port.ToString(CultureInfo.InvariantCulture);
            return new RTCIceCandidateInit { Candidate = string.Join(' ', fields), SdpMid = candidate.SdpMid, SdpMLineIndex = candidate.SdpMLineIndex };
        }

        public void Close() => _relay.Post(() =>
        {
            _relay._group.Close(_near);
            _relay._group.Close(_far);
        });
    }

    void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote)
    {
        Side from = (Side)socket.Tag!, to = (Side)from.Other.Tag!;
        double draw = _random.NextDouble();
        if (draw < _loss || to.Owner.IsNone) Lost++;
        else if (draw > 1 - _reordering)
            _late.Enqueue((from.Other, to.Owner, buffer.Slice(offset, length).ToArray()), Stopwatch.GetTimestamp() + _random.Next(1, 6) * Stopwatch.Frequency / 1000);
        else _group.Send(from.Other, buffer.Slice(offset, length), to.Owner);
    }

    public void Dispose()
    {
        _stopped = true;
        _group.Wake();
        _thread.Join();
        _group.Dispose();
    }

    private UdpGroupSocket Open()
    {
        if (!_group.TryOpen(s_loopback, PortRange.Any, shared: false, out UdpGroupSocket? socket, out string? error)) throw new InvalidOperationException(error);
        socket.Tag = new Side();
        return socket;
    }

    private void Post(Action command)
    {
        lock (_commands) _commands.Enqueue(command);
        _group.Wake();
    }

    private void Run()
    {
        while (!_stopped)
        {
            _group.Poll(this, _late.Count > 0 ? TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan);
            while (_late.TryPeek(out var next, out long due) && due <= Stopwatch.GetTimestamp())
            {
                _late.Dequeue();
                _group.Send(next.From, next.Datagram, next.To);
            }
            lock (_commands)
            {
                while (_commands.TryDequeue(out Action? command)) command();
            }
            _group.Flush();
        }
    }
}
