using System.Runtime.CompilerServices;
using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Messages of a channel that wait to be read. They count as the connection's backlog, so that a slow reader closes SCTP's window.</summary>
internal sealed class MessageReader(RTCDataChannel channel, DataChannelSet channels)
{
    private readonly Queue<(bool IsBinary, MessageLease Payload)> _queue = new();
    private TaskCompletionSource<bool>? _arrived;
    private Exception? _error;
    private bool _isEnded, _isDetached;

    /// <summary>Takes a message over, unless nobody reads any more.</summary>
    public bool TryAdd(bool isBinary, MessageLease payload)
    {
        TaskCompletionSource<bool>? arrived;
        lock (_queue)
        {
            if (_isEnded || _isDetached) return false;
            _queue.Enqueue((isBinary, payload));
            arrived = TakeSignal();
        }
        arrived?.TrySetResult(true);
        return true;
    }

    /// <summary>No message follows those that wait.</summary>
    public void End(Exception? error)
    {
        TaskCompletionSource<bool>? arrived;
        lock (_queue)
        {
            (_isEnded, _error) = (true, error);
            arrived = TakeSignal();
        }
        arrived?.TrySetResult(true);
    }

    /// <summary>The next message, whose bytes are the caller's; null at the end.</summary>
    public async Task<MessageEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task arrived;
            lock (_queue)
            {
                if (_queue.Count > 0) return Take();
                if (_isDetached) return null;
                if (_isEnded) return _error is null ? null : throw _error;
                arrived = (_arrived ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await Cancellable.WaitAsync(arrived, cancellationToken).ConfigureAwait(false);
        }
    }

    public async IAsyncEnumerable<MessageEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (await ReadAsync(cancellationToken).ConfigureAwait(false) is { } message) yield return message;
        }
        finally
        {
            Detach();
        }
    }

    /// <summary>Nobody reads any more: what waits is given back, later messages are the handler's again.</summary>
    public void Detach()
    {
        TaskCompletionSource<bool>? arrived;
        lock (_queue)
        {
            _isDetached = true;
            while (_queue.Count > 0) Take();
            arrived = TakeSignal();
        }
        arrived?.TrySetResult(true);
        channel.Detach(this);
    }

    private MessageEvent Take()
    {
        (bool isBinary, MessageLease payload) = _queue.Dequeue();
        MessageEvent message = new MessageEvent().With(payload.Span.ToArray(), isBinary);
        payload.Dispose();
        channels.Consumed(message.Data.Length);
        return message;
    }

    private TaskCompletionSource<bool>? TakeSignal()
    {
        TaskCompletionSource<bool>? signal = _arrived;
        _arrived = null;
        return signal;
    }
}
