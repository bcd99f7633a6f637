using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Where a socket sends to, written into one socket address again and again, so that sending does not allocate.</summary>
internal sealed class RemoteAddress
{
#if NET
    // struct sockaddr_in and sockaddr_in6 lay port, address and scope at the same places on every system we run on.
    private const int PortOffset = 2, IPv4Offset = 4, IPv6Offset = 8, ScopeOffset = 24;
    private readonly SocketAddress _address;

    public RemoteAddress(AddressFamily family) =>
        _address = new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0).Serialize();

    public void Send(Socket socket, ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        Span<byte> bytes = _address.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[PortOffset..], remote.Port);
        remote.WriteAddress(bytes[(remote.IsIPv6 ? IPv6Offset : IPv4Offset)..]);
        if (remote.IsIPv6) BinaryPrimitives.WriteUInt32LittleEndian(bytes[ScopeOffset..], remote.ScopeId);
        socket.SendTo(datagram, SocketFlags.None, _address);
    }
#else
    private readonly byte[] _buffer = new byte[EventLoop.MaxDatagramSize];
    private TransportAddress _last;
    private IPEndPoint? _endPoint;

    public RemoteAddress(AddressFamily family) => _ = family;

    public void Send(Socket socket, ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        if (_endPoint is null || remote != _last) (_last, _endPoint) = (remote, remote.ToIPEndPoint());
        datagram.CopyTo(_buffer);
        socket.SendTo(_buffer, 0, datagram.Length, SocketFlags.None, _endPoint);
    }
#endif
}
