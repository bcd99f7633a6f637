using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>An address of one of this machine's network interfaces.</summary>
/// <param name="InterfaceName">The system's name of the interface, such as "eth0".</param>
/// <param name="Address">The address; its port is 0.</param>
/// <param name="IsTemporary">Whether it is a temporary IPv6 address (RFC 8981).</param>
/// <param name="IsDeprecated">Whether it is a deprecated IPv6 address: one that new communication is not to use (RFC 4862 §5.5.4).</param>
public sealed record LocalInterfaceAddress(string InterfaceName, TransportAddress Address, bool IsTemporary = false, bool IsDeprecated = false);
