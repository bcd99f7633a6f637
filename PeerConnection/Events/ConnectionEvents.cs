namespace WebRtcStack;

/// <summary>A candidate was found, or gathering has ended (webrtc-pc §4.8.2).</summary>
/// <param name="candidate">The candidate; null when all transports have gathered.</param>
/// <param name="url">The server it was gathered from, or null.</param>
public sealed class RTCPeerConnectionIceEvent(RTCIceCandidate? candidate, string? url = null) : EventArgs
{
    /// <summary>The candidate to signal to the peer; null when all transports have gathered.</summary>
    public RTCIceCandidate? Candidate { get; } = candidate;

    /// <summary>The STUN or TURN server it was gathered from, or null.</summary>
    public string? Url { get; } = url;
}

/// <summary>Gathering a candidate has failed (webrtc-pc §4.8.3).</summary>
public sealed class RTCPeerConnectionIceErrorEvent : EventArgs
{
    /// <summary>The local address that was used, or null.</summary>
    public string? Address { get; init; }

    /// <summary>The local port that was used, or null.</summary>
    public ushort? Port { get; init; }

    /// <summary>The server's URL, or an empty string where there is none.</summary>
    public string Url { get; init; } = "";

    /// <summary>The STUN error code (RFC 8489 §14.8), or 701 when no socket or server could be reached.</summary>
    public int ErrorCode { get; init; }

    /// <summary>The reason in words.</summary>
    public string ErrorText { get; init; } = "";
}

/// <summary>The peer has opened a data channel (webrtc-pc §6.3).</summary>
/// <param name="channel">The channel.</param>
public sealed class RTCDataChannelEvent(RTCDataChannel channel) : EventArgs
{
    /// <summary>The channel.</summary>
    public RTCDataChannel Channel { get; } = channel;
}

/// <summary>The peer sends a track (webrtc-pc §5.7).</summary>
/// <param name="receiver">Who receives it.</param>
/// <param name="track">The track.</param>
/// <param name="streams">The streams it belongs to.</param>
/// <param name="transceiver">The receiver's transceiver.</param>
public sealed class RTCTrackEvent(RTCRtpReceiver receiver, MediaStreamTrack track, IReadOnlyList<MediaStream> streams, RTCRtpTransceiver transceiver) : EventArgs
{
    /// <summary>Who receives it.</summary>
    public RTCRtpReceiver Receiver { get; } = receiver;

    /// <summary>The track.</summary>
    public MediaStreamTrack Track { get; } = track;

    /// <summary>The streams it belongs to.</summary>
    public IReadOnlyList<MediaStream> Streams { get; } = streams;

    /// <summary>The receiver's transceiver.</summary>
    public RTCRtpTransceiver Transceiver { get; } = transceiver;
}

/// <summary>A stream of the peer has come or gone: the event of what was before <see cref="RTCTrackEvent"/>.</summary>
/// <param name="stream">The stream.</param>
public sealed class MediaStreamEvent(MediaStream stream) : EventArgs
{
    /// <summary>The stream.</summary>
    public MediaStream Stream { get; } = stream;
}

/// <summary>An error has come up (webrtc-pc §11.3).</summary>
/// <param name="error">The error.</param>
public sealed class RTCErrorEvent(RTCError error) : EventArgs
{
    /// <summary>The error.</summary>
    public RTCError Error { get; } = error;
}

/// <summary>A message has arrived on a data channel. The event is valid until the handler returns: one object serves all messages of a channel.</summary>
public sealed class MessageEvent : EventArgs
{
    private ReadOnlyMemory<byte> _data;
    private string? _text;

    internal MessageEvent() { }

    /// <summary>Whether the message is binary; otherwise it is text.</summary>
    public bool IsBinary { get; private set; }

    /// <summary>The message's bytes, in UTF-8 if it is text. They are valid until the handler returns: copy what must live longer.</summary>
    public ReadOnlyMemory<byte> Data => _data;

    /// <summary>The message as text; malformed UTF-8 becomes U+FFFD. Read it in the handler; the string itself may be kept.</summary>
    public string Text => _text ??= System.Text.Encoding.UTF8.GetString(_data.Span);

    // One object serves all messages of a channel, so that a message costs no garbage.
    internal MessageEvent With(ReadOnlyMemory<byte> data, bool isBinary)
    {
        (_data, IsBinary, _text) = (data, isBinary, null);
        return this;
    }
}
