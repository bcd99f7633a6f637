using System.Net;
using System.Net.NetworkInformation;

namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>Finds a TCP port that nobody listens on.</summary>
internal static class FreePort
{
    public static int From(int first)
    {
        HashSet<int> taken = [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port)];
        for (int port = first; port <= IPEndPoint.MaxPort; port++)
        {
            if (!taken.Contains(port)) return port;
        }
        throw new InvalidOperationException($"No TCP port from {first} on is free; choose one with --urls.");
    }
}
