using System.Globalization;
using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>
/// Foundations of local candidates: one number for each combination of type, base address, protocol and server (RFC 8445 §5.1.1.3).
/// </summary>
/// <remarks>Numbers and no hashes: a hash would tell the address that a host name is to hide.</remarks>
internal sealed class FoundationTable
{
    private readonly Dictionary<(IceCandidateType Type, TransportAddress Base, TransportProtocol Protocol, TransportAddress Server), string> _known = [];

    public string For(IceCandidateType type, TransportAddress localBase, TransportProtocol protocol, TransportAddress server)
    {
        // Addresses without ports: candidates of different sockets on one interface share a foundation.
        var key = (type, localBase.WithPort(0), protocol, server.WithPort(0));
        if (!_known.TryGetValue(key, out string? foundation))
        {
            foundation = (_known.Count + 1).ToString(CultureInfo.InvariantCulture);
            _known.Add(key, foundation);
        }
        return foundation;
    }
}
