namespace WebRtcStack.Ice;

/// <summary>Priorities of candidates (RFC 8445 §5.1.2.1, with the type preferences of §5.1.2.2).</summary>
internal static class CandidatePriority
{
    public static uint Compute(IceCandidateType type, ushort localPreference, IceComponent component)
    {
        uint typePreference = type switch
        {
            IceCandidateType.Host => 126,
            IceCandidateType.PeerReflexive => 110,
            IceCandidateType.ServerReflexive => 100,
            _ => 0,
        };
        return (typePreference << 24) + ((uint)localPreference << 8) + (256u - (uint)component);
    }
}
