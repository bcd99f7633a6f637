using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>Local preferences of a dual-stack host's addresses (RFC 8421 §4): IPv6 first, with IPv4 mixed in early.</summary>
public static class LocalPreferences
{
    /// <summary>Gives each base a preference for <see cref="IceAgent.AddLocalBase"/>.</summary>
    /// <param name="addresses">The bases' addresses; within a family those that come first are preferred.</param>
    /// <returns>A preference for each, in the same order, all different.</returns>
    /// <remarks>
    /// Where one family is broken, its checks do not hold the other ones up for long: of N4 IPv4 and N6 IPv6 addresses, Hi =
    /// (N4 + N6) / N4 IPv6 ones come first, then an IPv4 one, and so on.
    /// </remarks>
    public static ushort[] Assign(IReadOnlyList<TransportAddress> addresses)
    {
        Require.NotNull(addresses);
        Queue<int> four = new(), six = new();
        for (int i = 0; i < addresses.Count; i++) (addresses[i].IsIPv4 ? four : six).Enqueue(i);
        ushort[] preferences = new ushort[addresses.Count];
        int headStart = four.Count == 0 ? int.MaxValue : addresses.Count / four.Count, run = 0;
        for (int place = 0; place < addresses.Count; place++)
        {
            bool isFour = six.Count == 0 || (run == headStart && four.Count > 0);
            run = isFour ? 0 : run + 1;
            preferences[(isFour ? four : six).Dequeue()] = (ushort)(ushort.MaxValue - place);
        }
        return preferences;
    }
}
