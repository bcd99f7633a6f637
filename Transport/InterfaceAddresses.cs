using System.Net.NetworkInformation;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Lists the addresses of this machine.</summary>
public static class InterfaceAddresses
{
    /// <summary>Those of interfaces that are up; an empty list where a sandbox hides them.</summary>
    public static IReadOnlyList<LocalInterfaceAddress> Enumerate()
    {
        List<LocalInterfaceAddress> addresses = [];
        NetworkInterface[] interfaces;
        try
        {
            interfaces = NetworkInterface.GetAllNetworkInterfaces();
        }
        catch (NetworkInformationException)
        {
            return addresses;                               // a sandbox that hides its interfaces: there is nothing to gather on
        }
        Dictionary<TransportAddress, IPv6Flags> flags = IPv6AddressFlags.Read();
        foreach (NetworkInterface candidate in interfaces)
        {
            if (candidate.OperationalStatus is OperationalStatus.Down or OperationalStatus.NotPresent or OperationalStatus.LowerLayerDown) continue;
            foreach (UnicastIPAddressInformation unicast in candidate.GetIPProperties().UnicastAddresses)
            {
                if (unicast.Address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)) continue;
                TransportAddress address = TransportAddress.From(unicast.Address, 0);
                flags.TryGetValue(address, out IPv6Flags of);
                if ((of & (IPv6Flags.Tentative | IPv6Flags.DuplicateFound)) != 0) continue;       // RFC 4862 §5.4: not to be used
                addresses.Add(new LocalInterfaceAddress(
                    candidate.Name, address, (of & IPv6Flags.Temporary) != 0, (of & IPv6Flags.Deprecated) != 0));
            }
        }
        return addresses;
    }
}
