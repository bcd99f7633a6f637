using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Makes UDP sockets.</summary>
internal static class UdpSockets
{
    private const int SocketLevelLinux = 1, ReusePortLinux = 15;

    /// <summary>Binds a socket to a port out of a range.</summary>
    public static bool TryBind(
        TransportAddress local, PortRange ports, int bufferSize, bool shared, [NotNullWhen(true)] out Socket? socket, [NotNullWhen(false)] out string? error)
    {
        // A random first port spreads connections over the range; the others follow in turn.
        int count = ports.Last - ports.First + 1, first = ports.First == 0 ? 0 : RandomSource.Cryptographic.Next(count);
        string reason = "no address was given";
        for (int i = 0; i < count; i++)
        {
            ushort number = (ushort)(ports.First + (first + i) % count);
            if (!TryBind(local.WithPort(number), bufferSize, shared, out socket, out reason)) continue;
            error = null;
            return true;
        }
        socket = null;
        error = $"No UDP socket on {local.WithPort(0)}, ports {ports.First} to {ports.Last}: {reason}";
        return false;
    }

    /// <summary>Opens a socket that has joined a multicast group (RFC 1112) and shares its port with other programs.</summary>
    public static bool TryJoin(
        TransportAddress group, IReadOnlyList<TransportAddress> interfaces, int bufferSize,
        [NotNullWhen(true)] out Socket? socket, [NotNullWhen(false)] out string? error)
    {
        (socket, error) = (null, "there is no interface to join on");
        if (!group.IsIPv4 || interfaces.Count == 0) return false;
        Socket joined = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            joined.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            joined.ReceiveBufferSize = bufferSize;
            joined.Blocking = false;
            joined.Bind(new IPEndPoint(IPAddress.Any, group.Port));
            foreach (TransportAddress each in interfaces)
                joined.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(group.ToIPAddress(), each.ToIPAddress()));
            joined.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, interfaces[0].ToIPAddress().GetAddressBytes());
            joined.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, 255);       // RFC 6762 §11
            joined.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastLoopback, true);
            (socket, error) = (joined, null);
            return true;
        }
        catch (SocketException exception)
        {
            joined.Dispose();
            error = exception.SocketErrorCode.ToString();
            return false;
        }
    }

    private static bool TryBind(TransportAddress local, int bufferSize, bool shared, [NotNullWhen(true)] out Socket? socket, out string reason)
    {
        Socket bound = new(local.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            bound.ReceiveBufferSize = bufferSize;
            bound.SendBufferSize = bufferSize;
            bound.Blocking = false;
            if (local.IsIPv6) bound.DualMode = false;
            if (shared) SharePort(bound);
            bound.Bind(local.ToIPEndPoint());
            (socket, reason) = (bound, "");
            return true;
        }
        catch (SocketException exception)
        {
            bound.Dispose();
            (socket, reason) = (null, exception.SocketErrorCode.ToString());
            return false;
        }
    }

    // SO_REUSEPORT has no name in .NET; elsewhere than on Linux it would not spread datagrams.
    private static void SharePort(Socket socket)
    {
#if NET
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(SocketLevelLinux, ReusePortLinux, BitConverter.GetBytes(1));
#else
        _ = (socket, SocketLevelLinux, ReusePortLinux);
#endif
    }
}
