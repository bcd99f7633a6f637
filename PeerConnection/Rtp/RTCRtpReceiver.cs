using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>Receives a track from the peer (webrtc-pc §5.3).</summary>
public sealed class RTCRtpReceiver
{
    private const double MaxJitterBufferTarget = 4000;
    private readonly object _tracksGate = new();
    private readonly ConnectionContext _context;
    private readonly RtpInlet _inlet;
    private readonly ReceivedSources _sources;
    private RemoteMediaStreamTrack[] _tracks;
    private IReadOnlyList<RTCRtpCodecParameters> _codecs = [];
    private IReadOnlyList<RTCRtpHeaderExtensionParameters> _extensions = [];
    private bool _reducedSize;
    private double? _jitterBufferTarget;
    private long? _maxBitrate;
    private volatile IReadOnlyList<string> _rids = [];
    private volatile bool _isReceptive;

    internal RTCRtpReceiver(ConnectionContext context, MediaKind kind)
    {
        (_context, Kind) = (context, kind);
        _sources = new ReceivedSources(context.Options.TimeProvider);
        _inlet = new RtpInlet(this, context, _sources);
        _tracks = [new RemoteMediaStreamTrack(this, kind, Guid.NewGuid().ToString(), muted: true)];
    }

    /// <summary>The track; there is one from the start, muted until the peer sends.</summary>
    public MediaStreamTrack Track => _tracks[0];

    /// <summary>The DTLS transport that it is received over, or null before that is known.</summary>
    public RTCDtlsTransport? Transport { get; internal set; }

    /// <summary>
    /// Milliseconds of media that the jitter buffer of frames is to hold; null (default) leaves it to the network's jitter (webrtc-pc §5.3.1).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or above 4000 (a WebIDL RangeError).</exception>
    public double? JitterBufferTarget
    {
        get
        {
            lock (_context.Gate) return _jitterBufferTarget;
        }
        set
        {
            if (value is < 0 or > MaxJitterBufferTarget or double.NaN)
                throw new ArgumentOutOfRangeException(nameof(value), value, "A jitter buffer target is from 0 to 4000 ms, or null.");
            lock (_context.Gate) _jitterBufferTarget = value;
            TimeSpan? target = value is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
            _context.Post((_, _) => _inlet.SetTarget(target));
        }
    }

    /// <summary>
    /// The bit rate that the peer is asked not to exceed with each encoding (TMMBR, RFC 5104 §4.2.1), in bit/s with the headers of IP, UDP and RTP; null
    /// (default) for no limit. It goes to peers that have negotiated <c>ccm tmmbr</c>, again until they confirm it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long? MaxBitrate
    {
        get
        {
            lock (_context.Gate) return _maxBitrate;
        }
        set
        {
            if (value is { } limit) Require.InRange(limit, 0, long.MaxValue, nameof(value));
            lock (_context.Gate) _maxBitrate = value;
            _context.Post((_, now) => _inlet.SetMaxBitrate(value, now));
        }
    }

    internal MediaKind Kind { get; }

    internal CallbackQueue Callbacks => _context.Callbacks;

    internal int MaxQueuedPackets => _context.Options.MaxQueuedRtpPackets;

    internal int MaxQueuedFrames => _context.Options.MaxQueuedFrames;

    /// <summary>[[AssociatedRemoteMediaStreams]].</summary>
    internal IReadOnlyList<MediaStream> Streams { get; set; } = [];

    /// <summary>[[Receptive]]: whether media that arrives unmutes the track (webrtc-pc §9.3).</summary>
    internal bool IsReceptive { get => _isReceptive; set => _isReceptive = value; }

    /// <summary>The encodings of simulcast that were negotiated.</summary>
    internal IReadOnlyList<string> Rids => _rids;

    internal RemoteMediaStreamTrack[] Tracks => Volatile.Read(ref _tracks);

    internal RtpInlet Inlet => _inlet;

    /// <summary>webrtc-pc §9.3.1: those of the latest frame of video. Frames are looked at while somebody reads them.</summary>
    internal MediaTrackSettings Settings => Kind == MediaKind.Video ? _inlet.LatestReading.Complete(new MediaTrackSettings()) : new MediaTrackSettings();

    /// <summary>What can be received of a kind: "audio" or "video"; null for any other (webrtc-pc §5.3.2).</summary>
    public static RTCRtpCapabilities? GetCapabilities(string kind) => W3CEnum.TryParse(kind, out MediaKind parsed) ? GetCapabilities(parsed) : null;

    /// <summary>What can be received of a kind (webrtc-pc §5.3.2).</summary>
    public static RTCRtpCapabilities GetCapabilities(MediaKind kind) => RTCRtpCapabilities.Of(kind);

    /// <summary>How the track is received (webrtc-pc §5.3.2, getParameters).</summary>
    public RTCRtpReceiveParameters GetParameters()
    {
        lock (_context.Gate)
        {
            return new RTCRtpReceiveParameters
            {
                Codecs = _codecs, HeaderExtensions = _extensions, Rtcp = new RTCRtcpParameters { ReducedSize = _reducedSize },
                Encodings = [.. _rids.Select(rid => new RTCRtpCodingParameters { Rid = rid })],
            };
        }
    }

    /// <summary>The sources that were mixed into what arrived in the last 10 s, the latest first (webrtc-pc §5.3.2).</summary>
    public IReadOnlyList<RTCRtpContributingSource> GetContributingSources() => _sources.GetContributing();

    /// <summary>The sources that arrived in the last 10 s, the latest first (webrtc-pc §5.3.2).</summary>
    public IReadOnlyList<RTCRtpSynchronizationSource> GetSynchronizationSources() => _sources.GetSynchronization();

    /// <summary>Measures the receiver's streams and what they refer to (webrtc-pc §5.3.2, getStats).</summary>
    public Task<RTCStatsReport> GetStatsAsync()
    {
        string id = Track.Id;
        return _context.Owner.CollectStatsAsync(stats => stats is RTCInboundRtpStreamStats inbound && inbound.TrackIdentifier == id);
    }

    internal void AddTrack(RemoteMediaStreamTrack clone)
    {
        lock (_tracksGate) Volatile.Write(ref _tracks, [.. _tracks, clone]);
    }

    internal void RequestKeyFrame(string? rid) => _context.Post((_, _) => _inlet.RequestKeyFrame(rid));

    internal void SetMuted(bool muted)
    {
        foreach (RemoteMediaStreamTrack track in Tracks)
        {
            if (track.TrySetMuted(muted)) _context.Fire(track.RaiseMutedChanged);
        }
    }

    internal void End()
    {
        foreach (RemoteMediaStreamTrack track in Tracks)
        {
            if (!track.TryEnd()) continue;
            track.EndReaders();
            _context.Fire(track.RaiseEnded);
        }
    }

    /// <summary>The connection was closed.</summary>
    internal void EndWithConnection()
    {
        foreach (RemoteMediaStreamTrack track in Tracks)
        {
            if (!track.TryEnd()) continue;
            track.EndReaders();
            _context.QueueTask(() => _context.Settle(track.RaiseEnded));
        }
    }

    /// <summary>Takes over what an exchange has negotiated for receiving.</summary>
    internal void SetNegotiated(IReadOnlyList<SdpCodec> codecs, NegotiatedExtensions extensions, bool reducedSize, IReadOnlyList<string> rids)
    {
        _codecs = [.. codecs.Select(codec => RTCRtpCodecParameters.Of(Kind, codec))];
        (_extensions, _reducedSize, _rids) = (extensions.ToParameters(SdpDirection.RecvOnly), reducedSize, rids);
    }

    /// <summary>Starts to receive, or goes on with what was negotiated anew.</summary>
    internal void Open(BundleTransport transport, string mid, NegotiatedExtensions extensions, IReadOnlyList<SdpCodec> codecs, IReadOnlyList<uint> ssrcs, IReadOnlyList<RtpSourcePair> pairs)
    {
        IReadOnlyList<string> rids = _rids;
        _context.Post((_, _) =>
        {
            if (transport.Stack is { } stack) _inlet.Open(stack, mid, extensions, codecs, ssrcs, pairs, rids);
        });
    }

    internal void Close() => _context.Post((_, _) => _inlet.Close());
}
