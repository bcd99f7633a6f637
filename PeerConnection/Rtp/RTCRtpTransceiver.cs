using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>A sender and a receiver that share a media section (webrtc-pc §5.4).</summary>
public sealed class RTCRtpTransceiver
{
    private readonly ConnectionContext _context;
    private RTCRtpTransceiverDirection _direction;
    private RTCRtpTransceiverDirection? _currentDirection;

    internal RTCRtpTransceiver(ConnectionContext context, MediaKind kind, RTCRtpTransceiverDirection direction, RTCRtpSender sender, RTCRtpReceiver receiver) =>
        (_context, Kind, _direction, Sender, Receiver) = (context, kind, direction, sender, receiver);

    /// <summary>The identification tag of its media section, or null before one is negotiated.</summary>
    public string? Mid { get; private set; }

    /// <summary>The sender.</summary>
    public RTCRtpSender Sender { get; }

    /// <summary>The receiver.</summary>
    public RTCRtpReceiver Receiver { get; }

    /// <summary>The direction that is wanted; setting another asks for negotiation.</summary>
    /// <exception cref="DOMException">InvalidStateError: the connection is closed, or the transceiver stopped.</exception>
    /// <exception cref="ArgumentException">"stopped" was set (a WebIDL TypeError): call <see cref="Stop"/>.</exception>
    public RTCRtpTransceiverDirection Direction
    {
        get => IsStopping ? RTCRtpTransceiverDirection.Stopped : _direction;
        set
        {
            lock (_context.Gate)
            {
                _context.RequireOpen();
                if (IsStopping) throw DOMException.InvalidState("The transceiver is stopped.");
                if (value == RTCRtpTransceiverDirection.Stopped) throw new ArgumentException("A transceiver is stopped by Stop(), not by its direction.", nameof(value));
                if (value == _direction) return;
                _direction = value;
                _context.Needed.Update();
            }
        }
    }

    /// <summary>The direction that was negotiated, or null before that.</summary>
    public RTCRtpTransceiverDirection? CurrentDirection => IsStopped ? RTCRtpTransceiverDirection.Stopped : _currentDirection;

    internal MediaKind Kind { get; }

    internal int? MLineIndex { get; private set; }

    internal bool IsStopping { get; private set; }

    internal bool IsStopped { get; private set; }

    /// <summary>[[FiredDirection]]: what the application has been told by track events.</summary>
    internal RTCRtpTransceiverDirection? FiredDirection { get; set; }

    internal bool WasCreatedByRemote { get; init; }

    internal bool WasUsedByAddTrack { get; set; }

    /// <summary>The codecs of both sides, the peer's payload types; empty before that is negotiated.</summary>
    internal IReadOnlyList<SdpCodec> Codecs { get; set; } = [];

    internal BundleTransport? Transport { get; private set; }

    /// <summary>Stops the transceiver for good, which the next negotiation tells the peer (webrtc-pc §5.4, stop).</summary>
    /// <exception cref="DOMException">InvalidStateError: the connection is closed.</exception>
    public void Stop()
    {
        lock (_context.Gate)
        {
            _context.RequireOpen();
            if (IsStopping) return;
            StopSendingAndReceiving();
            _context.QueueTask(Receiver.End);
            _context.Needed.Update();
        }
    }

    internal void SetDirection(RTCRtpTransceiverDirection direction) => _direction = direction;

    internal void SetCurrentDirection(RTCRtpTransceiverDirection? direction) => _currentDirection = direction;

    internal void Associate(string mid, int index) => (Mid, MLineIndex) = (mid, index);

    internal void Disassociate() => (Mid, MLineIndex) = (null, null);

    internal void SetTransport(BundleTransport? transport)
    {
        Transport = transport;
        Sender.Transport = transport?.Dtls;
        Receiver.Transport = transport?.Dtls;
    }

    internal TransceiverSnapshot Snapshot() => new(this, Mid, MLineIndex, _currentDirection, FiredDirection, Codecs, Receiver.Streams, Transport);

    internal void Restore(TransceiverSnapshot snapshot)
    {
        (Mid, MLineIndex, _currentDirection, FiredDirection, Codecs) =
            (snapshot.Mid, snapshot.MLineIndex, snapshot.CurrentDirection, snapshot.FiredDirection, snapshot.Codecs);
        Receiver.Streams = snapshot.ReceiverStreams;
        SetTransport(snapshot.Transport);
    }

    /// <summary>A negotiated section was rejected, or stopping was negotiated (webrtc-pc §5.4, "stop the RTCRtpTransceiver").</summary>
    internal void Retire()
    {
        if (IsStopped) return;
        if (!IsStopping) StopSendingAndReceiving();
        Receiver.End();
        IsStopped = true;
        _currentDirection = null;
    }

    /// <summary>The connection was closed: tracks end, which they tell (webrtc-pc §5.4.2, "stop sending and receiving", step 5).</summary>
    internal void ConnectionClosed()
    {
        (IsStopping, IsStopped) = (true, true);
        _currentDirection = null;
        Sender.SetTrack(null);
        Receiver.EndWithConnection();
    }

    private void StopSendingAndReceiving()
    {
        IsStopping = true;
        _direction = RTCRtpTransceiverDirection.Inactive;
        Sender.Close(Transport);
        Receiver.Close(Transport);
    }
}

/// <summary>How a transceiver starts (webrtc-pc §5.1.1).</summary>
public sealed record RTCRtpTransceiverInit
{
    /// <summary>The direction that is wanted. Default: sendrecv.</summary>
    public RTCRtpTransceiverDirection Direction { get; init; } = RTCRtpTransceiverDirection.SendRecv;

    /// <summary>The streams that the sender's track belongs to.</summary>
    public IReadOnlyList<MediaStream> Streams { get; init; } = [];
}
