using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>Priorities of candidates (RFC 8445 §5.1.2.1, RFC 6544 §4.2).</summary>
internal static class CandidatePriority
{
    private const int OtherPreferenceBits = 13;

    public static uint Compute(IceCandidateType type, LocalBase localBase) => Compute(type, localBase, localBase.TcpType);

    public static uint Compute(IceCandidateType type, LocalBase localBase, IceTcpType tcpType) =>
        (TypePreference(type, localBase.Protocol) << 24) + (LocalPreference(type, localBase, tcpType) << 8) + (256u - (uint)localBase.Component);

    // RFC 8445 §5.1.2.2. TCP comes behind every direct way over UDP (RFC 6544 §4.2), and before a relay.
    private static uint TypePreference(IceCandidateType type, TransportProtocol protocol) => (type, protocol) switch
    {
        (IceCandidateType.Relayed, _) => 0,
        (IceCandidateType.Host, TransportProtocol.Udp) => 126,
        (IceCandidateType.PeerReflexive, TransportProtocol.Udp) => 110,
        (IceCandidateType.ServerReflexive, TransportProtocol.Udp) => 100,
        (IceCandidateType.Host, _) => 90,
        (IceCandidateType.PeerReflexive, _) => 80,
        _ => 70,
    };

    // RFC 6544 §4.2: local preference = (2^13) * direction-pref + other-pref.
    private static uint LocalPreference(IceCandidateType type, LocalBase localBase, IceTcpType tcpType)
    {
        if (tcpType == IceTcpType.None) return localBase.LocalPreference;
        bool isHost = type is IceCandidateType.Host or IceCandidateType.Relayed;
        uint direction = tcpType switch
        {
            IceTcpType.Active => isHost ? 6u : 4,
            IceTcpType.Passive => isHost ? 4u : 2,
            _ => isHost ? 2u : 6,
        };
        return (direction << OtherPreferenceBits) + ((uint)localBase.LocalPreference >> 16 - OtherPreferenceBits);
    }
}
