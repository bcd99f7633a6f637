using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>Opens a transport's sockets on the machine's addresses and tells the agent of them. On the loop.</summary>
internal static class CandidateSockets
{
    // A socket of one's own beside a shared one is for what servers see of it and lend: its host candidates rank behind those of all shared ones.
    private const int BehindShared = 0x4000;

    public static void Open(PeerTransport peer, TransportStack stack, WebRtcOptions options, Instant now)
    {
        IReadOnlyList<LocalInterfaceAddress> addresses = LocalAddresses.Select(peer.Registration.Loop.GetLocalAddresses(), options);
        ushort[] preferences = LocalPreferences.Assign([.. addresses.Select(local => local.Address)]);
        for (int i = 0; i < addresses.Count; i++) Open(peer, stack, options, addresses[i].Address, preferences[i], now);
    }

    /// <summary>Opens sockets on addresses that the machine has got since; they rank behind those that were there.</summary>
    public static void OpenAppeared(PeerTransport peer, TransportStack stack, WebRtcOptions options, Instant now)
    {
        if (!options.GatherContinually || stack.Bases.Count == 0) return;
        bool any = false;
        foreach (LocalInterfaceAddress local in LocalAddresses.Select(peer.Registration.Loop.GetLocalAddresses(), options))
        {
            if (stack.Bases.Exists(each => each.Bound.HasSameAddressAs(local.Address))) continue;
            Open(peer, stack, options, local.Address, (ushort)(ushort.MaxValue / 2 - stack.AddressesAppeared++), now);
            any = true;
        }
        if (any) peer.Ice.EndLocalBases(stack.Stream, now);
    }

    private static void Open(PeerTransport peer, TransportStack stack, WebRtcOptions options, TransportAddress address, ushort preference, Instant now)
    {
        string? name = peer.HostNameFor(address);
        bool sharesPort = TryShareUdp(peer, stack, options, address, out TransportAddress shared);
        if (sharesPort) Add(shared, preference, isShared: true);
        bool needsOwn = !sharesPort || peer.Ice.AsksServersOverUdp;
        if (needsOwn && peer.Registration.TryOpenUdp(address, options.PortRange, out TransportAddress own, out _))
            Add(own, sharesPort ? (ushort)(preference - BehindShared) : preference, isShared: false);
        OpenTcp(peer, stack, options, address, preference, name, now);

        void Add(TransportAddress bound, ushort rank, bool isShared)
        {
            peer.Ice.AddLocalBase(stack.Stream, stack.Component, bound, TransportProtocol.Udp, now, rank, name, isShared);
            stack.Bases.Add((bound, TransportProtocol.Udp));
        }
    }

    /// <summary>A restart has given the stack another user name: shared sockets get to know it.</summary>
    public static void AddKeys(PeerTransport peer, TransportStack stack, WebRtcOptions options)
    {
        if (!options.SharePorts || stack.Component != IceComponent.Rtp) return;
        foreach ((TransportAddress bound, TransportProtocol protocol) in stack.Bases)
        {
            if (protocol == TransportProtocol.Udp) TryShare(peer, stack, options, bound, out _);
        }
    }

    // RTCP's own component has the user name of RTP's, which tells connections on a shared port apart: it takes a port of its own.
    private static bool TryShareUdp(PeerTransport peer, TransportStack stack, WebRtcOptions options, TransportAddress address, out TransportAddress bound)
    {
        bound = default;
        return options.SharePorts && stack.Component == IceComponent.Rtp && TryShare(peer, stack, options, address, out bound);
    }

    private static bool TryShare(PeerTransport peer, TransportStack stack, WebRtcOptions options, TransportAddress address, out TransportAddress bound) =>
        peer.Registration.TryShareUdp(address, options.PortRange, UsernameReader.TryRead, stack.Stream.LocalParameters.UsernameFragment, out bound, out _);

    private static void OpenTcp(
        PeerTransport peer, TransportStack stack, WebRtcOptions options, TransportAddress address, ushort preference, string? name, Instant now)
    {
        if (options.TcpCandidates == TcpCandidates.None) return;
        peer.Ice.AddTcpBase(stack.Stream, stack.Component, address, IceTcpType.Active, now, preference, name);
        stack.Bases.Add((address.WithPort(LoopRegistration.ActiveTcpPort), TransportProtocol.Tcp));
        if (options.TcpCandidates >= TcpCandidates.ActiveAndPassive) Listen(IceTcpType.Passive);
        if (options.TcpCandidates == TcpCandidates.All) Listen(IceTcpType.SimultaneousOpen);

        void Listen(IceTcpType type)
        {
            if (!peer.Registration.TryListenTcp(address, options.PortRange, out TransportAddress bound, out _)) return;
            peer.Ice.AddTcpBase(stack.Stream, stack.Component, bound, type, now, preference, name);
            stack.Bases.Add((bound, TransportProtocol.Tcp));
        }
    }

    public static void Close(PeerTransport peer, TransportAddress bound, TransportProtocol protocol)
    {
        if (protocol == TransportProtocol.Udp) peer.Registration.CloseUdp(bound);
        else peer.Registration.CloseTcp(bound);
    }

    /// <summary>Closes the sockets whose addresses the machine has no longer: their candidates and pairs go, and another pair carries on.</summary>
    public static void CloseVanished(PeerTransport peer, TransportStack stack, Instant now)
    {
        IReadOnlyList<LocalInterfaceAddress> present = peer.Registration.Loop.GetLocalAddresses();
        foreach ((TransportAddress bound, TransportProtocol protocol) in stack.Bases.ToArray())
        {
            if (present.Any(local => local.Address.HasSameAddressAs(bound))) continue;
            stack.Bases.Remove((bound, protocol));
            peer.Ice.RemoveLocalBase(stack.Stream, bound, protocol, now);
            Close(peer, bound, protocol);
        }
    }
}
