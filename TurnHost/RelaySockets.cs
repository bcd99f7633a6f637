using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>What a relay's socket is known by to clients and peers, and whose port it has.</summary>
internal sealed record RelaySocket(TransportAddress Told, RelayPorts Ports);

/// <summary>Opens the sockets of relayed addresses.</summary>
internal sealed class RelaySockets(RelayAddresses addresses, UdpSocketGroup group)
{
    public bool TryOpen(
        in TurnServerEvent e, [NotNullWhen(true)] out UdpGroupSocket? relay, out UdpGroupSocket? next, [NotNullWhen(false)] out string? error)
    {
        (relay, next) = (null, null);
        if (addresses.Find(e.IsIPv6) is not { } address)
        {
            error = "no address of that family";
            return false;
        }
        Opening opening = new(address, group, pair: e.NeedsNextPort);
        bool isOpen = e.NeedsEvenPort ? address.Udp.TryTakeEven(opening.TryOpen) : address.Udp.TryTake(opening.TryOpen);
        (relay, next, error) = (opening.Socket, opening.Next, opening.Error);
        if (!isOpen || relay is null) return false;
        if (e.DontFragment) group.SetDontFragment(relay);
        return true;
    }

    public void Close(UdpGroupSocket socket)
    {
        group.Close(socket);
        if (socket.Tag is RelaySocket relay) relay.Ports.Return(socket.Local.Port);
    }

    /// <summary>A port is tried until a socket is open, and the one above it too if a pair is wanted (RFC 8656 §7.2).</summary>
    private sealed class Opening(RelayAddress address, UdpSocketGroup group, bool pair)
    {
        public UdpGroupSocket? Socket { get; private set; }

        public UdpGroupSocket? Next { get; private set; }

        public string Error { get; private set; } = "no port is free";

        public bool TryOpen(ushort port)
        {
            if (!TryBind(port, out UdpGroupSocket? socket)) return false;
            UdpGroupSocket? next = null;
            if (pair && (port == ushort.MaxValue || !address.Udp.TryTake((ushort)(port + 1), above => TryBind(above, out next))))
            {
                group.Close(socket);
                return false;
            }
            (Socket, Next) = (socket, next);
            return true;
        }

        private bool TryBind(ushort port, [NotNullWhen(true)] out UdpGroupSocket? socket)
        {
            if (!group.TryOpen(address.Local, new PortRange(port, port), shared: false, out socket, out string? error))
            {
                Error = error;
                return false;
            }
            socket.Tag = new RelaySocket(address.External.WithPort(socket.Local.Port), address.Udp);
            return true;
        }
    }
}
