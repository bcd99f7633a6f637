using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>Which of the machine's addresses candidates are gathered on (RFC 8445 §5.1.1.1, RFC 8835 §3.2).</summary>
internal static class LocalAddresses
{
    public static IReadOnlyList<LocalInterfaceAddress> Select(IReadOnlyList<LocalInterfaceAddress> all, WebRtcOptions options)
    {
        List<LocalInterfaceAddress> allowed = [.. all.Where(local => IsAllowed(local, options))];
        // RFC 8835 §3.2: a permanent address is not told where a temporary one of the same scope will do.
        allowed.RemoveAll(local => IsPermanent(local) && allowed.Exists(other =>
            other.IsTemporary && other.InterfaceName == local.InterfaceName && other.Address.IsPrivate == local.Address.IsPrivate));
        List<LocalInterfaceAddress> reachable = [.. allowed.Where(local => !local.Address.IsLoopback)];
        return options.IncludeLoopback || reachable.Count == 0 ? allowed : reachable;
    }

    // RFC 8445 §5.1.1.1: no IPv4-mapped or deprecated addresses; link-local IPv6 only reaches who is on the link.
    private static bool IsAllowed(LocalInterfaceAddress local, WebRtcOptions options) =>
        !local.Address.IsUnspecified && !local.Address.IsMulticast && !local.Address.IsIPv4MappedToIPv6 && !local.IsDeprecated &&
        (options.IncludeLinkLocal || !IsLinkLocalIPv6(local)) && !options.ExcludedInterfaces.Any(pattern => Matches(pattern, local.InterfaceName)) &&
        (options.AddressFilter?.Invoke(local) ?? true);

    private static bool IsLinkLocalIPv6(LocalInterfaceAddress local) => local.Address.IsIPv6 && local.Address.IsLinkLocal;

    private static bool IsPermanent(LocalInterfaceAddress local) =>
        local.Address.IsIPv6 && !local.IsTemporary && !local.Address.IsLinkLocal && !local.Address.IsLoopback;

    private static bool Matches(string pattern, string name) => pattern is [.., '*']
        ? name.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : name == pattern;
}
