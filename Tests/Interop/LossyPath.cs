using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Tests.Interop;

/// <summary>A way between a real peer and us that loses RTP: the peer is given its address in place of ours, each of the peer's goes on by a socket of its own.</summary>
internal sealed class LossyPath(double loss, ulong seed, bool isLoopback) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<IPEndPoint, Socket> _inner = [];
    private readonly List<Task> _pumps = [];
    private readonly RandomSource _random = RandomSource.Seeded(seed);
    private readonly object _gate = new();
    private Socket? _outer;
    private IPEndPoint? _ours;

    /// <summary>RTP packets that were lost.</summary>
    public int Lost { get; private set; }

    /// <summary>The part of RTP packets that is lost on the way from the peer to us.</summary>
    public double LossToUs { get; set; } = loss;

    /// <summary>The part of RTP packets that is lost on the way from us to the peer.</summary>
    public double LossToPeer { get; set; } = loss;

    /// <summary>The call goes this way, and no other.</summary>
    public void Join(PeerCall call) => (call.RedirectToPeer, call.TakesCandidates, call.TamperToPeer, call.TamperFromPeer) = (Redirect, false, Strip, Strip);

    /// <summary>Our first UDP candidate becomes that of the path; there are no others.</summary>
    private RTCIceCandidate? Redirect(RTCIceCandidate candidate)
    {
        string[] fields = candidate.Candidate.Split(' ');
        if (_outer is not null || fields.Length < 6 || !fields[2].Equals("udp", StringComparison.OrdinalIgnoreCase) ||
            !IPAddress.TryParse(fields[4], out IPAddress? address) || address.AddressFamily != AddressFamily.InterNetwork ||
            IPAddress.IsLoopback(address) != isLoopback) return null;
        _ours = new IPEndPoint(address, int.Parse(fields[5], System.Globalization.CultureInfo.InvariantCulture));
        _outer = Bind(address);
        fields[5] = ((IPEndPoint)_outer.LocalEndPoint!).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _pumps.Add(PumpOuterAsync(_outer));
        return new RTCIceCandidate(new RTCIceCandidateInit
        {
            Candidate = string.Join(" ", fields), SdpMid = candidate.SdpMid, SdpMLineIndex = candidate.SdpMLineIndex, UsernameFragment = candidate.UsernameFragment,
        });
    }

    /// <summary>A description without candidates, and without their end.</summary>
    private static RTCSessionDescription Strip(RTCSessionDescription description) => new(
        description.Type, string.Concat(description.Sdp.Split("\r\n").Where(line => line.Length > 0 && !line.StartsWith("a=candidate:", StringComparison.Ordinal) && line != "a=end-of-candidates").Select(line => line + "\r\n")));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _outer?.Dispose();
        foreach (Socket socket in _inner.Values) socket.Dispose();
        await Task.WhenAll(_pumps);
        _stop.Dispose();
    }

    private static Socket Bind(IPAddress address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private async Task PumpOuterAsync(Socket outer)
    {
        byte[] buffer = new byte[2048];
        while (await ReceiveAsync(outer, buffer) is var (length, from) && from is not null)
        {
            if (!_inner.TryGetValue(from, out Socket? inner))
            {
                inner = Bind(_ours!.Address);
                _inner.Add(from, inner);
                _pumps.Add(PumpInnerAsync(inner, from));
            }
            if (!IsLost(buffer, length, LossToUs)) await SendAsync(inner, buffer.AsMemory(0, length), _ours!);
        }
    }

    private async Task PumpInnerAsync(Socket inner, IPEndPoint peer)
    {
        byte[] buffer = new byte[2048];
        while (await ReceiveAsync(inner, buffer) is var (length, from) && from is not null)
        {
            if (!IsLost(buffer, length, LossToPeer)) await SendAsync(_outer!, buffer.AsMemory(0, length), peer);
        }
    }

    // RFC 7983: 128 to 191 is RTP or RTCP; RFC 5761: packet types from 192 to 223 are RTCP's.
    private bool IsLost(byte[] datagram, int length, double loss)
    {
        if (length < 2 || datagram[0] is < 128 or > 191 || datagram[1] is >= 192 and <= 223) return false;
        lock (_gate)
        {
            if (_random.NextDouble() >= loss) return false;
            Lost++;
            return true;
        }
    }

    private async Task<(int Length, IPEndPoint? From)> ReceiveAsync(Socket socket, byte[] buffer)
    {
        while (true)
        {
            try
            {
                SocketReceiveFromResult result = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                return (result.ReceivedBytes, (IPEndPoint)result.RemoteEndPoint);
            }
            catch (SocketException) when (!_stop.IsCancellationRequested) { }      // a port that is closed
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return default;
            }
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> datagram, IPEndPoint to)
    {
        try
        {
            await socket.SendToAsync(datagram, SocketFlags.None, to);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException) { }
    }
}
