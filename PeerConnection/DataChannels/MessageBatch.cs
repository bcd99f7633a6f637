using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Messages of one pass of the loop on their way to the application; used again and again, so that messages cost no garbage.</summary>
internal sealed class MessageBatch
{
    private const int MaxKept = 8;
    private int _next;

    private MessageBatch(Action<MessageBatch> deliver) => Deliver = () => deliver(this);

    public List<(RTCDataChannel Channel, bool IsBinary, MessageLease Payload)> Messages { get; } = [];

    /// <summary>Delivers the messages; a callback.</summary>
    public Action Deliver { get; }

    /// <summary>Takes the next message; false when there are no more.</summary>
    public bool TryTake(out (RTCDataChannel Channel, bool IsBinary, MessageLease Payload) message)
    {
        bool any = _next < Messages.Count;
        message = any ? Messages[_next++] : default;
        return any;
    }

    /// <summary>Batches that are not in use; from any thread.</summary>
    internal sealed class Pool(Action<MessageBatch> deliver)
    {
        private readonly Stack<MessageBatch> _free = new();

        public MessageBatch Take()
        {
            lock (_free) return _free.Count > 0 ? _free.Pop() : new MessageBatch(deliver);
        }

        public void Return(MessageBatch batch)
        {
            batch.Messages.Clear();
            batch._next = 0;
            lock (_free)
            {
                if (_free.Count < MaxKept) _free.Push(batch);
            }
        }
    }
}
