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
        foreach (NetworkInterface candidate in interfaces)
        {
            if (candidate.OperationalStatus is OperationalStatus.Down or OperationalStatus.NotPresent or OperationalStatus.LowerLayerDown) continue;
            foreach (UnicastIPAddressInformation unicast in candidate.GetIPProperties().UnicastAddresses)
            {
                if (unicast.Address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)) continue;
                addresses.Add(new LocalInterfaceAddress(candidate.Name, TransportAddress.From(unicast.Address, 0)));
            }
        }
        return addresses;
    }
}
