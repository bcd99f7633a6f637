#if NET
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>One socket of a <see cref="LinuxUdpSocketGroup"/>, and the trains of datagrams that wait to leave by it.</summary>
internal sealed class LinuxSocket : UdpGroupSocket
{
    public LinuxSocket(Socket socket) =>
        (Socket, Local, Descriptor) = (socket, TransportAddress.From((System.Net.IPEndPoint)socket.LocalEndPoint!), (int)socket.Handle);

    internal override Socket Socket { get; }

    public int Descriptor { get; }

    /// <summary>Its place in the group.</summary>
    public int Index { get; set; }

    public int FirstTrain { get; set; } = -1;

    public int LastTrain { get; set; } = -1;

    /// <summary>Whether the kernel cuts trains into datagrams for it (UDP_SEGMENT). Taken back when it fails to.</summary>
    public bool CutsTrains { get; set; }

    /// <summary>Whether errors of earlier datagrams are kept for it, and told in place of the next datagram that is sent.</summary>
    public bool ReportsErrors { get; set; }

    /// <summary>What its send buffer had no room for, which leaves before anything else does; null when there is none.</summary>
    public KeptDatagrams? Kept { get; set; }

    /// <summary>Has the group watch for room in the send buffer, or no more.</summary>
    public required Action<LinuxSocket, bool> WatchRoom { get; init; }

    public bool IsClosed { get; private set; }

    /// <summary>Closes it; what is kept is lost, and counted.</summary>
    public void Close()
    {
        IsClosed = true;
        Socket.Dispose();                                     // which takes it out of epoll
        if (Kept is not { } kept) return;
        TransportMeter.Dropped(SendDropReason.SocketClosed, kept.Count);
        kept.Dispose();
        Kept = null;
    }
}
#endif
