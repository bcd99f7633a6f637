using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>Sends a track to the peer (webrtc-pc §5.2).</summary>
/// <remarks>
/// A <see cref="LocalMediaStreamTrack"/> sends what the application writes to it, a <see cref="RemoteMediaStreamTrack"/> or a
/// <see cref="RelayTrack"/> what another connection receives. Nothing is sent for a track that is not enabled or has ended: black
/// frames take an encoder, which is the application's.
/// </remarks>
public sealed partial class RTCRtpSender
{
    private readonly ConnectionContext _context;
    private volatile MediaStreamTrack? _track;
    private List<string> _streamIds;

    internal RTCRtpSender(
        ConnectionContext context, MediaKind kind, MediaStreamTrack? track, IEnumerable<MediaStream> streams, IReadOnlyList<RTCRtpEncodingParameters>? encodings = null)
    {
        (_context, Kind) = (context, kind);
        _streamIds = [.. streams.Select(stream => stream.Id).Distinct()];
        SetEncodings(encodings is { Count: > 0 } ? encodings : EncodingRules.Default(kind));
        if (kind == MediaKind.Audio) Dtmf = new RTCDTMFSender(context, this);
        SetTrack(track);
    }

    /// <summary>The track that is sent, or null.</summary>
    public MediaStreamTrack? Track => _track;

    /// <summary>The DTLS transport that it is sent over, or null before that is known.</summary>
    public RTCDtlsTransport? Transport { get; internal set; }

    /// <summary>Sends tones of a telephone's keypad (webrtc-pc §7); null for video.</summary>
    public RTCDTMFSender? Dtmf { get; }

    internal MediaKind Kind { get; }

    internal RTCRtpTransceiver Transceiver { get; set; } = null!;

    internal IReadOnlyList<string> StreamIds => _streamIds;

    /// <summary>What can be sent of a kind: "audio" or "video"; null for any other (webrtc-pc §5.2.2).</summary>
    public static RTCRtpCapabilities? GetCapabilities(string kind) => W3CEnum.TryParse(kind, out MediaKind parsed) ? GetCapabilities(parsed) : null;

    /// <summary>What can be sent of a kind (webrtc-pc §5.2.2).</summary>
    public static RTCRtpCapabilities GetCapabilities(MediaKind kind) => RTCRtpCapabilities.Of(kind);

    /// <summary>Replaces the track without negotiation; null sends nothing (webrtc-pc §5.2, replaceTrack).</summary>
    /// <exception cref="ArgumentException">The track is of another kind (a WebIDL TypeError).</exception>
    /// <exception cref="DOMException">InvalidStateError: the connection is closed, or the transceiver stopped.</exception>
    public Task ReplaceTrackAsync(MediaStreamTrack? track)
    {
        if (track is not null && track.Kind != Kind)
            return Task.FromException(new ArgumentException($"The sender sends {Kind.ToW3CString()}; the track is {track.Kind.ToW3CString()}.", nameof(track)));
        return _context.Negotiation.Chain.Chain(() =>
        {
            if (Transceiver.IsStopping) throw DOMException.InvalidState("The transceiver is stopped; add another one.");
            SetTrack(track);
        });
    }

    /// <summary>Sets the streams that the track belongs to for the peer (webrtc-pc §5.2, setStreams).</summary>
    /// <exception cref="DOMException">InvalidStateError: the connection is closed.</exception>
    public void SetStreams(params MediaStream[] streams)
    {
        Require.NotNull(streams);
        lock (_context.Gate)
        {
            _context.RequireOpen();
            ReplaceStreams(streams);
            _context.Needed.Update();
        }
    }

    /// <summary>Measures the sender's streams and what they refer to (webrtc-pc §5.2.2, getStats).</summary>
    public Task<RTCStatsReport> GetStatsAsync()
    {
        uint[] ssrcs = [.. Layers.Select(layer => layer.Ssrc)];
        return _context.Owner.CollectStatsAsync(stats => stats is RTCOutboundRtpStreamStats outbound && ssrcs.Contains(outbound.Ssrc));
    }

    internal void ReplaceStreams(IEnumerable<MediaStream> streams) => _streamIds = [.. streams.Select(stream => stream.Id).Distinct()];

    internal void SetTrack(MediaStreamTrack? track)
    {
        _track?.Detach(this);
        _track = track;
        _trackChanges++;
        track?.Attach(this);
    }

    /// <summary>The connection was closed: the track is still the sender's, but is led nowhere.</summary>
    internal void Release() => _track?.Detach(this);

    /// <summary>A key frame is asked for, or needed: the track's source is told.</summary>
    internal void RaiseKeyFrameRequested(string? rid) => _track?.KeyFrameWanted(new KeyFrameRequestEvent(this, rid));

    /// <summary>The same for one of the streams on the loop.</summary>
    internal void RaiseKeyFrameRequested(RtpSendStream stream)
    {
        if (Layers.FirstOrDefault(layer => layer.Outlet?.Stream == stream) is { } layer) RaiseKeyFrameRequested(layer.Rid);
    }
}
