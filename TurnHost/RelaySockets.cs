using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>What a relay's socket is known by to clients and peers.</summary>
internal sealed record RelaySocket(TransportAddress Told);

/// <summary>Opens the sockets of relayed addresses.</summary>
internal sealed class RelaySockets(TurnHostOptions options, UdpSocketGroup group)
{
    private const int PairTries = 64;

    public bool TryOpen(
        in TurnServerEvent e, [NotNullWhen(true)] out UdpGroupSocket? relay, out UdpGroupSocket? next, [NotNullWhen(false)] out string? error)
    {
        (relay, next) = (null, null);
        error = "no address of that family";
        for (int i = 0; i < options.RelayAddresses.Count; i++)
        {
            if (options.RelayAddresses[i].IsIPv6 != e.IsIPv6) continue;
            TransportAddress address = options.RelayAddresses[i];
            TransportAddress external = i < options.ExternalAddresses.Count ? options.ExternalAddresses[i] : address;
            bool isOpen = e.NeedsEvenPort
                ? TryOpenEven(address, external, e.NeedsNextPort, out relay, out next, out error)
                : TryOpen(address, external, options.RelayPorts, out relay, out error);
            if (isOpen && e.DontFragment) group.SetDontFragment(relay!);
            return isOpen;
        }
        return false;
    }

    // RFC 8656 §7.2: an even port, and the one above it if wanted. Drawn at random until both are free.
    private bool TryOpenEven(
        TransportAddress address, TransportAddress external, bool pair,
        [NotNullWhen(true)] out UdpGroupSocket? relay, out UdpGroupSocket? next, [NotNullWhen(false)] out string? error)
    {
        (relay, next) = (null, null);
        error = "no even port is free";
        int first = (options.RelayPorts.First + 1) & ~1, count = (options.RelayPorts.Last - first + 1) / 2;
        for (int tries = 0; tries < PairTries && count > 0; tries++)
        {
            ushort port = (ushort)(first + 2 * RandomSource.Cryptographic.Next(count));
            if (!TryOpen(address, external, new PortRange(port, port), out relay, out error)) continue;
            if (!pair) return true;
            ushort above = (ushort)(port + 1);
            if (TryOpen(address, external, new PortRange(above, above), out next, out error)) return true;
            group.Close(relay);
            relay = null;
        }
        return false;
    }

    private bool TryOpen(
        TransportAddress address, TransportAddress external, PortRange ports, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error)
    {
        if (!group.TryOpen(address, ports, shared: false, out socket, out error)) return false;
        socket.Tag = new RelaySocket(external.WithPort(socket.Local.Port));
        return true;
    }
}
