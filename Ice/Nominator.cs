using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>Regular nomination by the controlling agent (RFC 8445 §8.1.1).</summary>
/// <remarks>
/// A pair is nominated at once when no better one is left to check; else when <see cref="IceAgentOptions.NominationDelay"/> has
/// passed since the first success. Data already flows over the best pair that works, so that waiting costs nothing.
/// </remarks>
internal sealed class Nominator(IceContext context)
{
    private readonly Dictionary<(IceGeneration, IceComponent), Instant> _deadlines = [];

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Instant deadline in _deadlines.Values) next = Instant.Min(next, deadline);
            return next;
        }
    }

    /// <summary>Nominates what is ripe. Called after anything that changes pairs, and when <see cref="NextTimeout"/> has come.</summary>
    public void Consider(Instant now)
    {
        if (context.Role != IceRole.Controlling)
        {
            _deadlines.Clear();
            return;
        }
        foreach (IceStream stream in context.Streams)
        {
            for (int c = 1; c <= stream.ComponentCount; c++) Consider(stream.Current, (IceComponent)c, now);
        }
    }

    public void Forget(IceStream stream)
    {
        for (int c = 1; c <= stream.ComponentCount; c++) _deadlines.Remove((stream.Current, (IceComponent)c));
    }

    private void Consider(IceGeneration generation, IceComponent component, Instant now)
    {
        IceCandidatePair? best = generation.GetSelected(component);
        if (best is null || best.IsNominated || IsNominating(generation, component))
        {
            _deadlines.Remove((generation, component));
            return;
        }
        if (!_deadlines.TryGetValue((generation, component), out Instant deadline))
            _deadlines[(generation, component)] = deadline = now + context.Options.NominationDelay;
        if (now < deadline && generation.CheckList.HasBetterPending(best)) return;
        _deadlines.Remove((generation, component));
        best.NominateOnSuccess = true;
        generation.CheckList.Trigger(best);
    }

    private static bool IsNominating(IceGeneration generation, IceComponent component)
    {
        foreach (IceCandidatePair pair in generation.CheckList.Pairs)
        {
            if (pair.NominateOnSuccess && pair.Component == component) return true;
        }
        return false;
    }
}
