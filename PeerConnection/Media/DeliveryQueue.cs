using System.Runtime.CompilerServices;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>What waits between a connection's loop and the application: bounded, the oldest is dropped when it is full.</summary>
internal sealed class DeliveryQueue<T>(int limit) where T : struct, IDisposable
{
    private readonly Queue<T> _waiting = new();
    private TaskCompletionSource<bool>? _reader;
    private bool _isComplete;
    private long _dropped;

    /// <summary>Items that were dropped because the application was too slow.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public bool IsEmpty
    {
        get
        {
            lock (_waiting) return _waiting.Count == 0;
        }
    }

    /// <summary>Adds an item, which it takes over.</summary>
    public void Add(T item)
    {
        TaskCompletionSource<bool>? reader;
        lock (_waiting)
        {
            if (_isComplete)
            {
                item.Dispose();
                return;
            }
            if (_waiting.Count >= limit)
            {
                _waiting.Dequeue().Dispose();
                Interlocked.Increment(ref _dropped);
            }
            _waiting.Enqueue(item);
            (reader, _reader) = (_reader, null);
        }
        reader?.TrySetResult(true);
    }

    public bool TryTake(out T item)
    {
        lock (_waiting) return _waiting.TryDequeue(out item);
    }

    /// <summary>No more items come; those that wait can be taken.</summary>
    public void Complete()
    {
        TaskCompletionSource<bool>? reader;
        lock (_waiting)
        {
            _isComplete = true;
            (reader, _reader) = (_reader, null);
        }
        reader?.TrySetResult(false);
    }

    /// <summary>The items as they come, for one reader.</summary>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            while (TryTake(out T item)) yield return item;
            TaskCompletionSource<bool> reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_waiting)
            {
                if (_waiting.Count > 0) continue;
                if (_isComplete) yield break;
                _reader = reader;
            }
            using CancellationTokenRegistration registration = cancellation.Register(() => reader.TrySetCanceled(cancellation));
            await reader.Task;
        }
    }

    /// <summary>No more items come, and those that wait are given back.</summary>
    public void Discard()
    {
        Complete();
        while (TryTake(out T item)) item.Dispose();
    }
}

/// <summary>Raises an event for each item that arrives on the loop, in the connection's order.</summary>
internal sealed class EventDelivery<T>(CallbackQueue callbacks, int limit, Action<T> raise) where T : struct, IDisposable
{
    private readonly DeliveryQueue<T> _queue = new(limit);
    private Action? _run;
    private int _scheduled;                                      // 1 from when a run is asked for until it has found nothing more

    public long Dropped => _queue.Dropped;

    public void Add(T item)
    {
        _queue.Add(item);
        if (Interlocked.Exchange(ref _scheduled, 1) == 0) callbacks.PostDelivery(_run ??= Run);
    }

    private void Run()
    {
        do
        {
            while (_queue.TryTake(out T item))
            {
                using T taken = item;
                bool returned = false;
                try
                {
                    raise(taken);
                    returned = true;
                }
                finally
                {
                    if (!returned) callbacks.Post(_run!);        // a handler that throws loses its own item and no other
                }
            }
            Volatile.Write(ref _scheduled, 0);
            Interlocked.MemoryBarrier();                         // either we see the item, or its writer sees us at rest
        }
        while (!_queue.IsEmpty && Interlocked.Exchange(ref _scheduled, 1) == 0);
    }
}
