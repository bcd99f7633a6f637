using Microsoft.Extensions.Logging;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>
/// What the parts of a connection share. W3C's algorithms run as tasks of one queue under one lock (their "main thread");
/// what the wire needs runs on the event loop. The two talk by posting to each other.
/// </summary>
internal sealed class ConnectionContext
{
    private readonly Queue<(Action Raise, bool IsEvent)> _events = new();
    private readonly List<Action> _commands = [];        // of the task that runs: the loop is woken for all of them together
    private readonly ILogger _logger;
    private int _statisticsNumbers;
    private bool _isInTask;
    private volatile bool _isClosed;                     // read between events, without the lock

    public ConnectionContext(RTCPeerConnection owner, RTCConfiguration configuration, WebRtcOptions options)
    {
        (Owner, Configuration, Options) = (owner, configuration, options);
        _logger = options.LoggerFactory.CreateLogger<RTCPeerConnection>();
        Loop = (options.Transport ?? SocketTransport.Shared).NextLoop();
        Callbacks = Loop.CreateCallbackQueue();
        OwnsCertificate = configuration.Certificates.Count == 0;
        Certificate = !OwnsCertificate
            ? configuration.Certificates[0].Certificate
            : DtlsCertificate.Create(new DtlsCertificateOptions(), options.TimeProvider.GetUtcNow(), options.Random);
        Cname = RandomText.Create(options.Random, 16);
        Transceivers = new TransceiverSet(this);
        Sections = new SectionTransports(this);
        Transports = new TransportSet(this);
        Channels = new DataChannelSet(this);
        Negotiation = new NegotiationState(this);
        Needed = new NegotiationNeeded(this);
        States = new ConnectionStates(this);
        Streams = new StreamSet(this);
    }

    public RTCPeerConnection Owner { get; }

    public WebRtcOptions Options { get; }

    /// <summary>Whether we say that we take Cryptex (RFC 9335 §4).</summary>
    public bool TakesCryptex => Options.Cryptex || Configuration.RtpHeaderEncryptionPolicy == RTCRtpHeaderEncryptionPolicy.Require;

    public RTCConfiguration Configuration { get; set; }

    public EventLoop Loop { get; }

    public CallbackQueue Callbacks { get; }

    public DtlsCertificate Certificate { get; }

    /// <summary>Whether the certificate is this connection's alone, made for it.</summary>
    public bool OwnsCertificate { get; }

    /// <summary>RFC 8834 §4.9, RFC 7022 §4.2: one random name for all our sources.</summary>
    public string Cname { get; }

    public TransceiverSet Transceivers { get; }

    public TransportSet Transports { get; }

    public SectionTransports Sections { get; }

    public DataChannelSet Channels { get; }

    public NegotiationState Negotiation { get; }

    public NegotiationNeeded Needed { get; }

    public ConnectionStates States { get; }

    public StreamSet Streams { get; }

    /// <summary>The loop's.</summary>
    public FrameRates FrameRates { get; } = new();

    /// <summary>[[IsClosed]] (webrtc-pc §4.4.1).</summary>
    public bool IsClosed { get => _isClosed; set => _isClosed = value; }

    /// <summary>Guards all of this; held for moments, never while user code runs.</summary>
    public object Gate { get; } = new();

    /// <summary>A number that names one thing in all statistics of the connection; from any thread.</summary>
    public int NextStatisticsNumber() => Interlocked.Increment(ref _statisticsNumbers);

    /// <summary>Queues a task (webrtc-pc: "queue a task"): it runs under the lock, and the events it fires follow before the next task.</summary>
    public void QueueTask(Action task) => Callbacks.Post(() => RunTask(task));

    /// <summary>Fires an event when the task that is running ends; none once the connection was closed, be it by the event before (webrtc-pc §4.4.2, close).</summary>
    public void Fire(Action raise) => _events.Enqueue((raise, true));

    /// <summary>Settles a promise, in its order among the events, also when the connection was closed meanwhile.</summary>
    public void Settle(Action settle) => _events.Enqueue((settle, false));

    /// <summary>Runs a command on the loop, when the task that posts it has ended; the loop then drains the connection.</summary>
    public void Post(Action<PeerTransport, Instant> command)
    {
        Action run = () =>
        {
            PeerTransport peer = Transports.Peer;
            if (peer.Registration.IsDetached) return;
            command(peer, Loop.Now);
            peer.Registration.Touch();
        };
        if (Monitor.IsEntered(Gate) && _isInTask) _commands.Add(run);
        else Loop.Post(run);
    }

    /// <summary>Throws if the connection was closed.</summary>
    /// <exception cref="DOMException">InvalidStateError.</exception>
    public void RequireOpen()
    {
        if (IsClosed) throw DOMException.InvalidState("The connection is closed; create a new one.");
    }

    private void RunTask(Action task)
    {
        (Action Raise, bool IsEvent)[] raised;
        lock (Gate)
        {
            _isInTask = true;
            try
            {
                task();
            }
            finally
            {
                _isInTask = false;
                foreach (Action command in _commands) Loop.Post(command);
                _commands.Clear();
            }
            raised = [.. _events];
            _events.Clear();
        }
        foreach ((Action raise, bool isEvent) in raised)
        {
            try
            {
                if (!isEvent || !IsClosed) raise();
            }
            catch (Exception exception) when (Reported(exception)) { }
        }
    }

    // A handler of the application may throw anything; the next handler is called all the same.
    private bool Reported(Exception exception)
    {
        try
        {
            Log.HandlerThrew(_logger, exception);
        }
        catch (Exception fromLog) when (fromLog is not null) { }     // a log on a full disk keeps no event back
        return true;
    }
}
