using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack;

/// <summary>A channel of messages to and from the peer (webrtc-pc §6.2).</summary>
/// <remarks>All members may be called from any thread. Events come in order, one at a time per connection.</remarks>
public sealed partial class RTCDataChannel
{
    private readonly ConnectionContext _context;
    private readonly Queue<(MessageLease Message, bool IsBinary)> _outbox = new();
    private readonly MessageEvent _message = new();      // of the message that is being raised: one at a time
    private long _outboxBytes;                           // counted here until the transport counts them
    private long _bufferedAmountLowThreshold;
    private DataChannel? _channel;
    private volatile RTCDataChannelState _state = RTCDataChannelState.Connecting;
    private bool _isOutboxRegistered, _isOpenUnheard;
    private EventHandler? _onOpen;                       // under the lock of _opened
    private Action? _raiseBufferedAmountLow;

    internal RTCDataChannel(ConnectionContext context, in DataChannelParameters parameters)
    {
        _context = context;
        (Label, Protocol, Ordered, Negotiated) = (parameters.Label, parameters.Protocol, parameters.Ordered, parameters.Negotiated);
        (MaxPacketLifeTime, MaxRetransmits) = ((ushort?)parameters.MaxPacketLifeTime, (ushort?)parameters.MaxRetransmits);
        Id = parameters.Id;
        Parameters = parameters;
        StatisticsNumber = context.NextStatisticsNumber();
    }

    /// <summary>The label.</summary>
    public string Label { get; }

    /// <summary>Whether messages arrive in order.</summary>
    public bool Ordered { get; }

    /// <summary>Milliseconds for which a message is sent again, or null for no limit.</summary>
    public ushort? MaxPacketLifeTime { get; }

    /// <summary>How often a message is sent again, or null for no limit.</summary>
    public ushort? MaxRetransmits { get; }

    /// <summary>The subprotocol.</summary>
    public string Protocol { get; }

    /// <summary>Whether both applications have created the channel.</summary>
    public bool Negotiated { get; }

    /// <summary>The id, or null before it is known.</summary>
    public ushort? Id { get; private set; }

    /// <summary>How far the channel has come.</summary>
    public RTCDataChannelState ReadyState => _state;

    /// <summary>Bytes of messages that <see cref="Send(ReadOnlySpan{byte})"/> has taken and that were not handed to the network yet.</summary>
    public long BufferedAmount => Interlocked.Read(ref _outboxBytes) + (Volatile.Read(ref _channel)?.BufferedAmount ?? 0);

    /// <summary>When <see cref="BufferedAmount"/> falls to this many bytes, <see cref="OnBufferedAmountLow"/> is raised. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long BufferedAmountLowThreshold
    {
        get => Interlocked.Read(ref _bufferedAmountLowThreshold);
        set
        {
            Interlocked.Exchange(ref _bufferedAmountLowThreshold, Require.InRange(value, 0, long.MaxValue));
            if (Volatile.Read(ref _channel) is { } channel) channel.BufferedAmountLowThreshold = value;
        }
    }

    /// <summary>
    /// The channel can be used. When nobody has heard of it, the first handler does all the same: on a connection that is up, the
    /// channel may open before the thread that has made it gets to attaching one.
    /// </summary>
    public event EventHandler? OnOpen
    {
        add
        {
            lock (_opened)
            {
                _onOpen += value;
                if (!_isOpenUnheard) return;
                _isOpenUnheard = false;
            }
            _context.QueueTask(() => _context.Fire(RaiseOpen));
        }
        remove
        {
            lock (_opened) _onOpen -= value;
        }
    }

    /// <summary><see cref="BufferedAmount"/> has fallen to <see cref="BufferedAmountLowThreshold"/>.</summary>
    public event EventHandler? OnBufferedAmountLow;

    /// <summary>The channel has failed; <see cref="OnClose"/> follows.</summary>
    public event EventHandler<RTCErrorEvent>? OnError;

    /// <summary>The channel is being closed: nothing can be sent any more.</summary>
    public event EventHandler? OnClosing;

    /// <summary>The channel is closed.</summary>
    public event EventHandler? OnClose;

    /// <summary>A message has arrived.</summary>
    public event EventHandler<MessageEvent>? OnMessage;

    internal DataChannelParameters Parameters { get; private set; }

    /// <summary>Whether it has been open.</summary>
    internal bool WasOpen { get; private set; }

    internal int StatisticsNumber { get; }

    internal DataChannel? Channel => Volatile.Read(ref _channel);

    /// <summary>Sends a text message.</summary>
    /// <exception cref="DOMException">InvalidStateError: the channel is not open. OperationError: too much waits already.</exception>
    /// <exception cref="ArgumentException">The message is larger than the peer takes (a WebIDL TypeError).</exception>
    public void Send(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Require.NotNull(text));
        Send(bytes, isBinary: false);
    }

    /// <summary>Sends a binary message, which is copied.</summary>
    /// <exception cref="DOMException">InvalidStateError: the channel is not open. OperationError: too much waits already; go on after <see cref="OnBufferedAmountLow"/>.</exception>
    /// <exception cref="ArgumentException">The message is larger than the peer takes (a WebIDL TypeError).</exception>
    public void Send(ReadOnlySpan<byte> data) => Send(data, isBinary: true);

    /// <summary>Sends a binary message, which is copied.</summary>
    /// <inheritdoc cref="Send(ReadOnlySpan{byte})"/>
    public void Send(byte[] data) => Send(Require.NotNull(data), isBinary: true);

    /// <summary>Closes the channel. What was sent before is delivered first.</summary>
    public void Close()
    {
        lock (_context.Gate)
        {
            if (_state is RTCDataChannelState.Closing or RTCDataChannelState.Closed) return;
            _state = RTCDataChannelState.Closing;
        }
        _context.Channels.Close(this);
    }

    /// <summary>On the loop: hands what waits to the transport. False while there is no room for it.</summary>
    internal bool DrainOutbox(DataChannelTransport transport, Instant now)
    {
        lock (_outbox)
        {
            while (_outbox.Count > 0)
            {
                (MessageLease message, bool isBinary) = _outbox.Peek();
                SctpSendResult result = _channel is { State: DataChannelState.Open } channel
                    ? transport.Send(channel, message, isBinary, now)
                    : SctpSendResult.NotEstablished;
                if (result == SctpSendResult.BufferFull) return false;
                _outbox.Dequeue();
                if (result == SctpSendResult.Queued) Interlocked.Add(ref _outboxBytes, -message.Length);
                else message.Dispose();                  // the channel ended while the message waited: it stays counted as unsent
            }
            _isOutboxRegistered = false;
            return true;
        }
    }

    // Under the gate: the DTLS role is negotiated (webrtc-pc §4.4.1.4, step 4.10.2).
    internal void Identify(ushort id)
    {
        Id = id;
        Parameters = Parameters with { Id = id };
    }

    internal void Attach(DataChannel channel)
    {
        channel.BufferedAmountLowThreshold = BufferedAmountLowThreshold;
        Volatile.Write(ref _channel, channel);
    }

    /// <summary>On the loop: whether the application has closed the channel while messages still wait for room in the transport.</summary>
    internal bool ClosesWhenDrained { get; set; }

    /// <summary>On the loop: whether messages wait for the transport.</summary>
    internal bool HasOutbox
    {
        get
        {
            lock (_outbox) return _outbox.Count > 0;
        }
    }

    internal void DropOutbox()
    {
        lock (_outbox)
        {
            while (_outbox.Count > 0) _outbox.Dequeue().Message.Dispose();       // webrtc-pc §6.2: bufferedAmount is not reset by closing
        }
    }

    // Under the gate: announce the data channel as open (webrtc-pc §6.2).
    internal void Open()
    {
        if (_state != RTCDataChannelState.Connecting) return;
        WasOpen = true;
        _state = RTCDataChannelState.Open;
        _opened.TrySetResult(true);
        _context.Fire(RaiseOpen);
    }

    internal void PeerCloses()
    {
        if (_state is RTCDataChannelState.Closing or RTCDataChannelState.Closed) return;
        _state = RTCDataChannelState.Closing;
        _context.Fire(() => OnClosing?.Invoke(this, EventArgs.Empty));
    }

    internal void Closed(RTCError? error)
    {
        if (_state == RTCDataChannelState.Closed) return;
        _state = RTCDataChannelState.Closed;
        DropOutbox();
        EndViews(error);
        if (error is not null) _context.Fire(() => OnError?.Invoke(this, new RTCErrorEvent(error)));
        _context.Fire(() => OnClose?.Invoke(this, EventArgs.Empty));
    }

    /// <summary>The connection was closed: the state changes, no event follows (webrtc-pc §4.4.1.1, close).</summary>
    internal void ConnectionClosed()
    {
        _state = RTCDataChannelState.Closed;
        DropOutbox();
        EndViews(null);
    }

    // The handler of datachannel may have closed the channel by now (§6.2.2, step 3).
    private void RaiseOpen()
    {
        if (_state != RTCDataChannelState.Open) return;
        EventHandler? heard;
        lock (_opened)
        {
            heard = _onOpen;
            _isOpenUnheard = heard is null;
        }
        heard?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>On the loop: the buffered amount has fallen to its threshold. It does so with each message of a conversation, so that nothing is queued for nobody.</summary>
    internal void BufferedAmountIsLow()
    {
        SignalRoom();
        if (OnBufferedAmountLow is not null) _context.Callbacks.PostDelivery(_raiseBufferedAmountLow ??= RaiseBufferedAmountLow);
    }

    internal void RaiseMessage(bool isBinary, in MessageLease payload)
    {
        if (_state == RTCDataChannelState.Open) OnMessage?.Invoke(this, _message.With(payload.Memory, isBinary));
    }

    private void RaiseBufferedAmountLow()
    {
        if (!_context.IsClosed) OnBufferedAmountLow?.Invoke(this, EventArgs.Empty);
    }

    // webrtc-pc §6.2, send()
    private void Send(ReadOnlySpan<byte> data, bool isBinary)
    {
        if (_state != RTCDataChannelState.Open) throw DOMException.InvalidState($"The channel is {_state.ToW3CString()}; wait for OnOpen.");
        if (data.Length > _context.Channels.MaxMessageSize)
            throw new ArgumentException($"Messages have up to {_context.Channels.MaxMessageSize} bytes (RTCSctpTransport.MaxMessageSize); this one has {data.Length}.", nameof(data));
        if (data.Length + BufferedAmount > _context.Options.Sctp.MaxSendBuffer)
            throw DOMException.Operation($"{BufferedAmount} bytes wait to be sent already; go on after OnBufferedAmountLow.");
        lock (_outbox)
        {
            _outbox.Enqueue((MessageLease.CopyOf(data), isBinary));
            Interlocked.Add(ref _outboxBytes, data.Length);
            if (_isOutboxRegistered) return;
            _isOutboxRegistered = true;
        }
        _context.Channels.MessagesWait(this);
    }
}
