using WebRtcStack.Core;

namespace WebRtcStack.TurnHost;

/// <summary>One of a host's relay addresses: where sockets are opened, what peers reach them by, and the ports that are free.</summary>
internal sealed record RelayAddress(TransportAddress Local, TransportAddress External, RelayPorts Udp, RelayPorts Tcp);

/// <summary>The relay addresses of a host; its workers share them.</summary>
internal sealed class RelayAddresses
{
    private readonly RelayAddress[] _all;

    public RelayAddresses(TurnHostOptions options)
    {
        _all = new RelayAddress[options.RelayAddresses.Count];
        for (int i = 0; i < _all.Length; i++)
        {
            TransportAddress local = options.RelayAddresses[i];
            _all[i] = new RelayAddress(
                local, i < options.ExternalAddresses.Count ? options.ExternalAddresses[i] : local, new RelayPorts(options.RelayPorts), new RelayPorts(options.RelayPorts));
        }
    }

    /// <summary>The one of a family; null where there is none.</summary>
    public RelayAddress? Find(bool ipv6) => Array.Find(_all, each => each.Local.IsIPv6 == ipv6);

    /// <summary>Whether an address is one that peers reach a relayed address by, whatever its port.</summary>
    public bool Contains(TransportAddress address)
    {
        foreach (RelayAddress each in _all)
        {
            if (address.HasSameAddressAs(each.External)) return true;
        }
        return false;
    }
}
