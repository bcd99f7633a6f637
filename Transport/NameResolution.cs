using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Resolves names through the system, on the thread pool.</summary>
internal static class NameResolution
{
    public static async void Start(string host, Action<IReadOnlyList<TransportAddress>> resolved)
    {
        IReadOnlyList<TransportAddress> addresses = [];
        try
        {
            IPAddress[] found = await Dns.GetHostAddressesAsync(host).ConfigureAwait(false);
            addresses = Array.ConvertAll(found, address => TransportAddress.From(address, 0));
        }
        catch (SocketException) { }                         // no such name: the list stays empty
        catch (ArgumentException) { }                       // no name at all
        resolved(addresses);
    }
}
