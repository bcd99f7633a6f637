using System.IO;
using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack;

// What .NET has for what W3C does with events: tasks, asynchronous sequences and streams.
public sealed partial class RTCDataChannel
{
    private readonly TaskCompletionSource<bool> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<bool>? _room;
    private MessageReader? _reader;

    internal MessageReader? Reader => Volatile.Read(ref _reader);

    /// <summary>Ends when the channel is open.</summary>
    /// <exception cref="DOMException">InvalidStateError, or the <see cref="RTCError"/> that has ended it: the channel was closed before.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the channel goes on.</exception>
    public Task WaitForOpenAsync(CancellationToken cancellationToken = default) => Cancellable.WaitAsync(_opened.Task, cancellationToken);

    /// <summary>Sends a binary message as soon as there is room for it (<see cref="Sctp.SctpOptions.MaxSendBuffer"/>): it waits until <see cref="BufferedAmount"/> has fallen to <see cref="BufferedAmountLowThreshold"/>.</summary>
    /// <remarks>Calls that overlap are sent in the order in which room is found for them: await one before the next.</remarks>
    /// <exception cref="DOMException">InvalidStateError: the channel is not open.</exception>
    /// <exception cref="ArgumentException">The message is larger than the peer takes (a WebIDL TypeError).</exception>
    /// <exception cref="OperationCanceledException">Cancelled: the message was not sent.</exception>
    public Task SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) => SendAsync(data, isBinary: true, cancellationToken);

    /// <summary>Sends a text message as soon as there is room for it.</summary>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public Task SendAsync(string text, CancellationToken cancellationToken = default) =>
        SendAsync(Encoding.UTF8.GetBytes(Require.NotNull(text)), isBinary: false, cancellationToken);

    /// <summary>
    /// The messages from now on as a sequence, which ends with the channel. <see cref="OnMessage"/> is not raised for them. They wait
    /// for the reader like those of a slow handler: when many do, the peer has to wait. Call it when the channel is created or
    /// announced, so that none is missed, and enumerate it once.
    /// </summary>
    /// <exception cref="DOMException">InvalidStateError: the channel has a reader already, this one or a <see cref="Stream"/>.</exception>
    public IAsyncEnumerable<MessageEvent> ReadAllAsync(CancellationToken cancellationToken = default) => Attach().ReadAllAsync(cancellationToken);

    /// <summary>
    /// The channel as a stream: what is written goes as binary messages of up to 16 KiB, what is read are the messages' bytes one after
    /// the other. Disposing it closes the channel. Wait for the channel to be open before writing.
    /// </summary>
    /// <exception cref="DOMException">InvalidStateError: the channel has a reader already.</exception>
    public Stream AsStream() => new DataChannelStream(this, Attach());

    internal int ChunkSize(int wanted) => (int)Math.Min(wanted, _context.Channels.MaxMessageSize);

    internal void Detach(MessageReader reader) => Interlocked.CompareExchange(ref _reader, null, reader);

    private MessageReader Attach()
    {
        MessageReader reader = new(this, _context.Channels);
        if (Interlocked.CompareExchange(ref _reader, reader, null) is not null)
            throw DOMException.InvalidState("The channel has a reader already; its messages can be read once.");
        if (_state == RTCDataChannelState.Closed) reader.End(null);
        return reader;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> data, bool isBinary, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task room = Room();                          // before the look at the buffer, so that no signal is missed
            if (_state != RTCDataChannelState.Open || BufferedAmount == 0 || data.Length + BufferedAmount <= _context.Options.Sctp.MaxSendBuffer) break;
            await Cancellable.WaitAsync(room, cancellationToken).ConfigureAwait(false);
        }
        Send(data.Span, isBinary);
    }

    private Task<bool> Room()
    {
        TaskCompletionSource<bool> fresh = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _room, fresh, null) ?? fresh).Task;
    }

    private void SignalRoom() => Interlocked.Exchange(ref _room, null)?.TrySetResult(true);

    private void EndViews(RTCError? error)
    {
        if (_opened.TrySetException(error ?? DOMException.InvalidState("The channel was closed before it was open."))) _ = _opened.Task.Exception;
        SignalRoom();
        Reader?.End(error);
    }
}
