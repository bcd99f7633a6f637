using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>Regular nomination by the controlling agent (RFC 8445 §8.1.1).</summary>
/// <remarks>
/// A pair is nominated at once when no better one is left to check; else when <see cref="IceAgentOptions.NominationDelay"/> has
/// passed since the first success, or for a relayed one <see cref="IceAgentOptions.RelayNominationDelay"/>. Data already flows
/// over the best pair that works, so that waiting costs nothing. What was nominated stays: the criterion does not flap.
/// </remarks>
internal sealed class Nominator(IceContext context)
{
    private readonly Dictionary<(IceGeneration Generation, IceComponent Component), Instant> _since = [];      // the first success

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (KeyValuePair<(IceGeneration Generation, IceComponent Component), Instant> each in _since)
            {
                if (each.Key.Generation.GetSelected(each.Key.Component) is { } best) next = Instant.Min(next, each.Value + Delay(best));
            }
            return next;
        }
    }

    /// <summary>Nominates what is ripe. Called after anything that changes pairs, and when <see cref="NextTimeout"/> has come.</summary>
    public void Consider(Instant now)
    {
        if (context.Role != IceRole.Controlling)
        {
            _since.Clear();
            return;
        }
        foreach (IceStream stream in context.Streams)
        {
            for (int c = 1; c <= stream.ComponentCount; c++) Consider(stream.Current, (IceComponent)c, now);
        }
    }

    public void Forget(IceStream stream)
    {
        for (int c = 1; c <= stream.ComponentCount; c++) _since.Remove((stream.Current, (IceComponent)c));
    }

    private void Consider(IceGeneration generation, IceComponent component, Instant now)
    {
        IceCandidatePair? best = generation.GetSelected(component);
        if (best is null || best.IsNominated || IsNominating(generation, component))
        {
            _since.Remove((generation, component));
            return;
        }
        if (!_since.TryGetValue((generation, component), out Instant since)) _since[(generation, component)] = since = now;
        if (now < since + Delay(best) && MayBecomeBetter(generation, best)) return;
        _since.Remove((generation, component));
        best.NominateOnSuccess = true;
        generation.CheckList.Trigger(best);
    }

    private TimeSpan Delay(IceCandidatePair best) => IsIndirect(best) && context.Options.RelayNominationDelay > context.Options.NominationDelay
        ? context.Options.RelayNominationDelay
        : context.Options.NominationDelay;

    // Better candidates may still come while either side gathers; direct ones are found first, and are not waited for.
    private static bool MayBecomeBetter(IceGeneration generation, IceCandidatePair best) =>
        generation.CheckList.HasBetterPending(best) ||
        (IsIndirect(best) && (!generation.RemoteEnded || generation.Stream.GatheringState != IceGatheringState.Complete));

    private static bool IsIndirect(IceCandidatePair pair) =>
        pair.Local.Type == IceCandidateType.Relayed || pair.Remote.Type == IceCandidateType.Relayed || pair.Path.Protocol != Core.TransportProtocol.Udp;

    private static bool IsNominating(IceGeneration generation, IceComponent component)
    {
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            if (pair.NominateOnSuccess && pair.Component == component) return true;
        }
        return false;
    }
}
