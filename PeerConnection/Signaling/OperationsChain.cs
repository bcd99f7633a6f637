namespace WebRtcStack;

/// <summary>The operations chain (webrtc-pc §4.4.1.2): negotiation operations run one after the other, in the order of their calls.</summary>
internal sealed class OperationsChain(ConnectionContext context)
{
    private int _pending;

    public bool IsEmpty => _pending == 0;

    /// <summary>Chains an operation. The task ends after the events that the operation has fired.</summary>
    public Task<T> Chain<T>(Func<T> operation)
    {
        TaskCompletionSource<T> promise = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (context.Gate)
        {
            if (context.IsClosed)
            {
                promise.SetException(DOMException.InvalidState("The connection is closed; create a new one."));
                return promise.Task;
            }
            _pending++;
        }
        context.QueueTask(() => Run(operation, promise));
        return promise.Task;
    }

    /// <summary>Chains an operation without a result.</summary>
    public Task Chain(Action operation) => Chain<object?>(() =>
    {
        operation();
        return null;
    });

    private void Run<T>(Func<T> operation, TaskCompletionSource<T> promise)
    {
        try
        {
            context.RequireOpen();                       // W3C leaves such promises open for ever; a Task that never ends helps nobody
            T result = operation();
            context.Fire(() => promise.SetResult(result));
        }
        catch (Exception exception)                          // whatever it is, the Task ends and the chain goes on
        {
            context.Fire(() => promise.SetException(exception));
        }
        _pending--;
        if (_pending == 0) context.Needed.ChainIsEmpty();
    }
}
