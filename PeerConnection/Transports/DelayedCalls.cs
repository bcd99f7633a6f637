using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Calls that a connection's loop makes at a given time; few at once.</summary>
internal sealed class DelayedCalls
{
    private readonly List<(Instant At, Action Call)> _waiting = [];

    public Instant NextTimeout { get; private set; } = Instant.Never;

    public void Add(Instant at, Action call)
    {
        _waiting.Add((at, call));
        NextTimeout = Instant.Min(NextTimeout, at);
    }

    public void AdvanceTo(Instant now)
    {
        if (now < NextTimeout) return;
        NextTimeout = Instant.Never;
        for (int i = 0; i < _waiting.Count;)
        {
            (Instant at, Action call) = _waiting[i];
            if (now < at)
            {
                NextTimeout = Instant.Min(NextTimeout, at);
                i++;
                continue;
            }
            _waiting.RemoveAt(i);
            call();
        }
    }
}
