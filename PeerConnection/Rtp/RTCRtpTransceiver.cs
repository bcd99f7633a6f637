using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>A sender and a receiver that share a media section (webrtc-pc §5.4).</summary>
public sealed class RTCRtpTransceiver
{
    private readonly ConnectionContext _context;
    private RTCRtpTransceiverDirection _direction;
    private RTCRtpTransceiverDirection? _currentDirection;

    private IReadOnlyList<RTCRtpHeaderExtensionCapability> _extensions, _negotiatedExtensions = [];

    internal RTCRtpTransceiver(
        ConnectionContext context, MediaKind kind, RTCRtpTransceiverDirection direction, RTCRtpSender sender, RTCRtpReceiver receiver, RTCRtpTransceiver? first = null)
    {
        (_context, Kind, _direction, Sender, Receiver) = (context, kind, direction, sender, receiver);
        sender.Transceiver = this;
        _extensions = first?._extensions ?? RTCRtpCapabilities.ExtensionsOf(kind);       // webrtc-extensions §5.1: as the first of its kind
    }

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

    /// <summary>Whether header extensions are encrypted with the payload (RFC 9335), as negotiated (webrtc-extensions §12.2).</summary>
    public bool RtpHeaderEncryptionNegotiated { get; internal set; }

    internal MediaKind Kind { get; }

    internal int? MLineIndex { get; private set; }

    internal bool IsStopping { get; private set; }

    internal bool IsStopped { get; private set; }

    /// <summary>[[FiredDirection]]: what the application has been told by track events.</summary>
    internal RTCRtpTransceiverDirection? FiredDirection { get; set; }

    internal bool WasCreatedByRemote { get; init; }

    internal bool WasUsedByAddTrack { get; set; }

    /// <summary>Whether [[CurrentDirection]] has ever sent: addTrack then leaves the sender alone (webrtc-pc §5.1.2, addTrack, step 7).</summary>
    internal bool HasSent { get; private set; }

    /// <summary>The codecs of both sides, the peer's payload types; empty before that is negotiated.</summary>
    internal IReadOnlyList<SdpCodec> Codecs { get; set; } = [];

    internal BundleTransport? Transport { get; private set; }

    /// <summary>[[PreferredCodecs]].</summary>
    internal IReadOnlyList<RTCRtpCodec> PreferredCodecs { get; private set; } = [];

    /// <summary>The rids of simulcast that are offered to be received.</summary>
    internal IReadOnlyList<string> ReceiveRids { get; init; } = [];

    /// <summary>Sets which codecs are negotiated, in which order, from the next offer or answer on (webrtc-pc §5.4.2).</summary>
    /// <param name="codecs">Codecs of GetCapabilities; an empty list for the default ones.</param>
    /// <exception cref="DOMException">InvalidModificationError: a codec is not among the capabilities, or none carries media.</exception>
    public void SetCodecPreferences(IReadOnlyList<RTCRtpCodec> codecs)
    {
        IReadOnlyList<RTCRtpCodec> preferred = CodecPreferences.Validate(Kind, Core.Require.NotNull(codecs));
        lock (_context.Gate) PreferredCodecs = preferred;
    }

    /// <summary>The header extensions that are negotiated, and in which direction (webrtc-extensions §5.3).</summary>
    public IReadOnlyList<RTCRtpHeaderExtensionCapability> GetHeaderExtensionsToNegotiate()
    {
        lock (_context.Gate) return _extensions;
    }

    /// <summary>Sets the directions of header extensions, from the next offer or answer on (webrtc-extensions §5.3).</summary>
    /// <param name="extensions">What <see cref="GetHeaderExtensionsToNegotiate"/> gave, with other directions.</param>
    /// <exception cref="DOMException">InvalidModificationError: they are others or in another order, or one that bundles need (mid) is not sendrecv.</exception>
    public void SetHeaderExtensionsToNegotiate(IReadOnlyList<RTCRtpHeaderExtensionCapability> extensions)
    {
        Core.Require.NotNull(extensions);
        lock (_context.Gate)
        {
            if (!extensions.Select(extension => extension.Uri).SequenceEqual(_extensions.Select(extension => extension.Uri)))
                throw DOMException.InvalidModification("The extensions are not those of GetHeaderExtensionsToNegotiate, in its order; change their directions only.");
            if (extensions.Any(extension => HeaderExtensions.IsMandatory(extension.Uri) && extension.Direction != RTCRtpTransceiverDirection.SendRecv))
                throw DOMException.InvalidModification("Bundled sections need the mid extension both ways (RFC 9143 §9.1); leave it at sendrecv.");
            _extensions = [.. extensions];
        }
    }

    /// <summary>The header extensions as the last answer left them (webrtc-extensions §5.3); none before one.</summary>
    public IReadOnlyList<RTCRtpHeaderExtensionCapability> GetNegotiatedHeaderExtensions()
    {
        lock (_context.Gate) return _negotiatedExtensions;
    }

    /// <summary>Stops the transceiver for good, which the next negotiation tells the peer (webrtc-pc §5.4, stop).</summary>
    /// <exception cref="DOMException">InvalidStateError: the connection is closed.</exception>
    public void Stop()
    {
        lock (_context.Gate)
        {
            _context.RequireOpen();
            if (IsStopping) return;
            StopSendingAndReceiving();
            _context.Needed.Update();
        }
    }

    /// <summary>What an answer has made of the header extensions (webrtc-extensions §5.2).</summary>
    internal void SetNegotiated(NegotiatedExtensions extensions) => _extensions = _negotiatedExtensions = extensions.Answered(_extensions);

    internal void SetDirection(RTCRtpTransceiverDirection direction) => _direction = direction;

    internal void SetCurrentDirection(RTCRtpTransceiverDirection direction)
    {
        _currentDirection = direction;
        HasSent |= direction.Sends();
    }

    internal void Associate(string mid, int index) => (Mid, MLineIndex) = (mid, index);

    internal void Disassociate() => (Mid, MLineIndex) = (null, null);

    internal void SetTransport(BundleTransport? transport)
    {
        Transport = transport;
        Sender.Transport = transport?.Dtls;
        Receiver.Transport = transport?.Dtls;
    }

    internal TransceiverSnapshot Snapshot() => new(this, Mid, MLineIndex, _currentDirection, Codecs, Receiver.Streams, Transport, Sender.Encodings);

    internal void Restore(TransceiverSnapshot snapshot)
    {
        (Mid, MLineIndex, _currentDirection, Codecs) = (snapshot.Mid, snapshot.MLineIndex, snapshot.CurrentDirection, snapshot.Codecs);
        SetTransport(snapshot.Transport);
        // webrtc-pc §4.4.1.5: only a proposed envelope is taken back, [[LastStableRidlessSendEncodings]]
        if (snapshot.Encodings is [{ Rid: null }] && Sender.Encodings.Any(encoding => encoding.Rid is not null)) Sender.SetEncodings(snapshot.Encodings);
    }

    /// <summary>A negotiated section was rejected, or stopping was negotiated (webrtc-pc §5.4, "stop the RTCRtpTransceiver").</summary>
    internal void Retire()
    {
        if (IsStopped) return;
        if (!IsStopping) StopSendingAndReceiving();
        IsStopped = true;
        _currentDirection = null;
        (Receiver.Streams, Receiver.IsReceptive) = ([], false);
    }

    /// <summary>The connection was closed: tracks end, which they tell (webrtc-pc §5.4.2, "stop sending and receiving", step 5).</summary>
    internal void ConnectionClosed()
    {
        (IsStopping, IsStopped) = (true, true);
        _currentDirection = null;
        Sender.Release();
        Receiver.EndWithConnection();
    }

    private void StopSendingAndReceiving()
    {
        IsStopping = true;
        _direction = RTCRtpTransceiverDirection.Inactive;
        Sender.Close(Transport);
        Receiver.Close();
        _context.QueueTask(Receiver.End);
    }
}

/// <summary>How a transceiver starts (webrtc-pc §5.1.1).</summary>
public sealed record RTCRtpTransceiverInit
{
    /// <summary>The direction that is wanted. Default: sendrecv.</summary>
    public RTCRtpTransceiverDirection Direction { get; init; } = RTCRtpTransceiverDirection.SendRecv;

    /// <summary>The streams that the sender's track belongs to.</summary>
    public IReadOnlyList<MediaStream> Streams { get; init => field = Core.Require.NotNull(value); } = [];

    /// <summary>The encodings to send: several for simulcast (webrtc-pc §5.4.3), each with a rid. Default: one.</summary>
    public IReadOnlyList<RTCRtpEncodingParameters> SendEncodings { get; init => field = Core.Require.NotNull(value); } = [];

    /// <summary>The rids of simulcast that the offer asks the peer to send (RFC 8853), which W3C leaves to munging. Default: none.</summary>
    public IReadOnlyList<string> ReceiveRids { get; init => field = Core.Require.NotNull(value); } = [];
}
