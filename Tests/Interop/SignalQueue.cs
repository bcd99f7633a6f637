namespace WebRtcStack.Tests.Interop;

/// <summary>One direction of signalling: in order, and candidates wait while the description that they belong to is under way.</summary>
/// <param name="deliver">Gives a candidate to the other side.</param>
internal sealed class SignalQueue<T>(Func<T, Task> deliver)
{
    private readonly object _gate = new();
    private readonly Queue<T> _held = new();
    private bool _isHolding = true;
    private Task _last = Task.CompletedTask;

    public Task PostAsync(T candidate)
    {
        lock (_gate)
        {
            if (!_isHolding) return _last = DeliverAfterAsync(_last, candidate);
            _held.Enqueue(candidate);
            return Task.CompletedTask;
        }
    }

    /// <summary>A description is being made: its candidates wait.</summary>
    public void Hold()
    {
        lock (_gate) _isHolding = true;
    }

    /// <summary>The description was applied: its candidates follow.</summary>
    public Task ReleaseAsync()
    {
        lock (_gate)
        {
            _isHolding = false;
            while (_held.Count > 0) _last = DeliverAfterAsync(_last, _held.Dequeue());
            return _last;
        }
    }

    private async Task DeliverAfterAsync(Task previous, T candidate)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await deliver(candidate);
    }
}
