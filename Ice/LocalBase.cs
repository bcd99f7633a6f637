using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>Where a component's packets leave from: a socket (RFC 8445 §4, "base").</summary>
internal sealed class LocalBase(
    IceComponent component, TransportAddress address, TransportProtocol protocol, ushort localPreference, string? hostName)
{
    public IceComponent Component { get; } = component;

    public TransportAddress Address { get; } = address;

    public TransportProtocol Protocol { get; } = protocol;

    /// <summary>The local preference of all candidates of this base (RFC 8445 §5.1.2.2).</summary>
    public ushort LocalPreference { get; } = localPreference;

    /// <summary>The name that is signalled in place of the address, or null.</summary>
    public string? HostName { get; } = hostName;

    /// <summary>Whether it receives what was sent along <paramref name="path"/>.</summary>
    public bool Receives(in NetworkPath path) => Address == path.Local && Protocol == path.Protocol;
}
