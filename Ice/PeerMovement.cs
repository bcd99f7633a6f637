using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>
/// Follows a peer whose NAT has given it another address in mid-connection. To the peer its pair is what it was, and it has
/// nothing to nominate; here another pair appears, and the one in use falls silent.
/// </summary>
internal static class PeerMovement
{
    private static readonly TimeSpan s_leastSilence = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_consentSpread = TimeSpan.FromSeconds(0.5);

    /// <summary>Notes that something has come over a pair, and moves to it if the one in use is dead.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="isData">Whether it was the application's data.</param>
    /// <param name="options">The agent's options.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether the nomination has moved.</returns>
    public static bool Heard(IceCandidatePair pair, bool isData, IceAgentOptions options, Instant now)
    {
        pair.LastHeard = now;
        if (!pair.IsLateDiscovery || pair.IsNominated || pair.State != IceCandidatePairState.Succeeded) return false;
        IceCandidatePair? selected = pair.Generation.GetSelected(pair.Component);
        if (selected is not { IsNominated: true } || !ReferenceEquals(selected.Base, pair.Base)) return false;
        // A peer that is still there checks consent: silence of one interval and its spread is the end. Where it sends data
        // along the new way, it does not along the old one, and what was on that has arrived within a round trip.
        TimeSpan silence = isData ? TimeSpan.FromTicks(Math.Max(pair.CurrentRoundTripTime.Ticks, s_leastSilence.Ticks)) : TimeSpan.FromTicks((long)(options.ConsentInterval.Ticks * 1.2)) + s_consentSpread;
        if (now - selected.LastHeard < silence) return false;
        (selected.IsNominated, pair.IsNominated) = (false, true);
        return true;
    }
}
