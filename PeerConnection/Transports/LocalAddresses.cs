using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>Which of the machine's addresses candidates are gathered on (RFC 8445 §5.1.1.1).</summary>
internal static class LocalAddresses
{
    public static IReadOnlyList<LocalInterfaceAddress> Select(IReadOnlyList<LocalInterfaceAddress> all, WebRtcOptions options)
    {
        List<LocalInterfaceAddress> allowed = [.. all.Where(local => IsAllowed(local, options))];
        List<LocalInterfaceAddress> reachable = [.. allowed.Where(local => !local.Address.IsLoopback)];
        return options.IncludeLoopback || reachable.Count == 0 ? allowed : reachable;
    }

    // §5.1.1.1: no deprecated IPv4-mapped or site-local addresses; link-local IPv6 only reaches who knows the interface.
    private static bool IsAllowed(LocalInterfaceAddress local, WebRtcOptions options) =>
        !local.Address.IsUnspecified && !local.Address.IsMulticast && !local.Address.IsIPv4MappedToIPv6 &&
        !(local.Address.IsIPv6 && local.Address.IsLinkLocal) && (options.AddressFilter?.Invoke(local) ?? true);
}
