using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>
/// A track that forwards what a receiver of any connection receives, to all senders that have it: what an SFU is made of. The source may
/// change at any time; to those that receive it, it stays one stream without a seam.
/// </summary>
/// <remarks>
/// From any thread. Video starts, and goes over to another source, with a key frame, which the source is asked for. Sequence numbers
/// and timestamps are rewritten, and payload types and header extensions take the ids of each sender; codecs stay what they are, so that a sender
/// that has not negotiated the source's codec sends nothing. A payload is copied once, however many senders there are, and from that
/// copy into each datagram. Give a receiver a relay of its own to choose its layer; share one where all are to see the same.
/// </remarks>
public sealed class RelayTrack : MediaStreamTrack
{
    private readonly object _gate = new();
    private readonly bool _needsKeyFrame;
    private Selection? _current, _pending;
    private ushort _sequenceShift, _highest;
    private ushort _firstSequence;                       // of the current source: what is older does not belong here
    private uint _timestampShift, _lastTimestamp;
    private LayerForwarder? _layers;                     // for formats whose layers can be told apart; it numbers by itself
    private string _codec = "";
    private int _numberings;                             // another codec starts a numbering of its own, which senders continue
    private int _maxSpatialLayer = int.MaxValue, _maxTemporalLayer = int.MaxValue;
    private Instant _lastAt = Instant.Never;
    private bool _isPaused;
    private long _forwarded;

    /// <summary>Creates a relay without a source.</summary>
    /// <param name="kind">Audio or video.</param>
    /// <param name="label">A name for people.</param>
    public RelayTrack(MediaKind kind, string label = "") : base(kind, Guid.NewGuid().ToString(), label, muted: false) =>
        _needsKeyFrame = kind == MediaKind.Video;

    /// <summary>What is forwarded, or null.</summary>
    public RemoteMediaStreamTrack? Source
    {
        get
        {
            lock (_gate) return _current?.Track;
        }
    }

    /// <summary>With simulcast, the encoding that is forwarded, or null.</summary>
    public string? Rid
    {
        get
        {
            lock (_gate) return _current?.Rid;
        }
    }

    /// <summary>Whether nothing is forwarded for the time being.</summary>
    public bool IsPaused
    {
        get
        {
            lock (_gate) return _isPaused;
        }
    }

    /// <summary>The highest spatial layer of scalable VP9 that is forwarded; what is above is left out. Default: all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxSpatialLayer
    {
        get
        {
            lock (_gate) return _maxSpatialLayer;
        }
        set
        {
            lock (_gate) _maxSpatialLayer = Require.InRange(value, 0, int.MaxValue);
            SetLayers();
        }
    }

    /// <summary>The highest temporal layer of VP8 and VP9 that is forwarded; what is above is left out. Default: all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxTemporalLayer
    {
        get
        {
            lock (_gate) return _maxTemporalLayer;
        }
        set
        {
            lock (_gate) _maxTemporalLayer = Require.InRange(value, 0, int.MaxValue);
            SetLayers();
        }
    }

    /// <summary>Packets that were forwarded, however many senders there are.</summary>
    public long PacketsForwarded => Interlocked.Read(ref _forwarded);

    /// <summary>Another source, or encoding, has taken over; raised on the loop of the source's connection, so be quick.</summary>
    public event EventHandler? OnSwitched;

    /// <summary>Goes over to a source: at its next key frame for video, at once for audio. Until then the old one goes on.</summary>
    /// <param name="source">What is to be forwarded; null for nothing, at once.</param>
    /// <param name="rid">With simulcast, the encoding; null for the only one, or the first.</param>
    /// <exception cref="ArgumentException">The source is of another kind, or has no such encoding.</exception>
    public void SwitchTo(RemoteMediaStreamTrack? source, string? rid = null)
    {
        if (source is not null && source.Kind != Kind)
            throw new ArgumentException($"The relay forwards {Kind.ToW3CString()}; the source is {source.Kind.ToW3CString()}.", nameof(source));
        IReadOnlyList<string> rids = source?.Rids ?? [];
        if (rid is not null && !rids.Contains(rid)) throw new ArgumentException($"The source has no encoding \"{rid}\"; it has {(rids.Count == 0 ? "one without a rid" : string.Join(", ", rids))}.", nameof(rid));
        rid ??= rids.Count > 0 ? rids[0] : null;
        RemoteMediaStreamTrack? left;
        lock (_gate)
        {
            left = _pending?.Track;
            _pending = source is null ? null : new Selection(source, rid);
            if (_pending == _current) _pending = null;
            if (source is null)
            {
                left = _current?.Track ?? left;
                _current = null;
            }
        }
        source?.AddRelay(this);
        if (left is not null) RemoveUnlessUsed(left);
        if (_needsKeyFrame) source?.RequestKeyFrame(rid);
    }

    /// <summary>Forwards nothing until <see cref="Resume"/>; those that receive it see a stream that rests.</summary>
    public void Pause()
    {
        lock (_gate) _isPaused = true;
    }

    /// <summary>Goes on: with the next key frame for video, without a gap in the sequence numbers.</summary>
    public void Resume()
    {
        Selection? wanted;
        lock (_gate)
        {
            if (!_isPaused) return;
            _isPaused = false;
            wanted = _pending ??= _current;
            _current = null;
        }
        if (_needsKeyFrame) wanted?.Track.RequestKeyFrame(wanted.Rid);
    }

    /// <summary>A relay of the same source that is switched, paused and stopped by itself.</summary>
    public override MediaStreamTrack Clone()
    {
        RelayTrack clone = new(Kind, Label);
        Selection? selection;
        lock (_gate) selection = _pending ?? _current;
        if (selection is not null) clone.SwitchTo(selection.Track, selection.Rid);
        CopyStateTo(clone);
        return clone;
    }

    private protected override MediaTrackSettings CurrentSettings => Source?.GetSettings() ?? new MediaTrackSettings();

    internal override void KeyFrameWanted(KeyFrameRequestEvent e)
    {
        Selection? selection;
        lock (_gate) selection = _isPaused ? null : _current ?? _pending;
        selection?.Track.RequestKeyFrame(selection.Rid);
    }

    // On the loop of the source.
    internal void Take(RemoteMediaStreamTrack source, in IncomingPacket packet)
    {
        RtpPacketFields fields = packet.Fields;
        RemoteMediaStreamTrack? left = null;
        bool switched = false;
        LayerRewrite rewrite;
        int numberings;
        lock (_gate)
        {
            if (_isPaused || !IsPassing) return;
            if (_pending is { } pending && pending.Is(source, fields.Rid) && MayStart(packet))
            {
                left = _current?.Track;
                switched = true;
                Start(pending, fields, packet);
            }
            if (_current is not { } current || !current.Is(source, fields.Rid) || SerialNumber.IsLess(fields.SequenceNumber, _firstSequence)) return;
            if (!TryRewrite(ref fields, packet, out rewrite)) return;
            numberings = _numberings;
        }
        if (left is not null) RemoveUnlessUsed(left);
        Interlocked.Increment(ref _forwarded);
        Forwarding.Send(Senders, packet, fields, numberings, rewrite);
        if (switched) OnSwitched?.Invoke(this, EventArgs.Empty);
    }

    private protected override void Ended()
    {
        RemoteMediaStreamTrack? current, pending;
        lock (_gate) (current, pending, _current, _pending) = (_current?.Track, _pending?.Track, null, null);
        current?.RemoveRelay(this);
        pending?.RemoveRelay(this);
    }

    private bool MayStart(in IncomingPacket packet) => !_needsKeyFrame || (packet.Codec is { } codec &&
        RtpPayloadFormats.TryGetDepacketizer(codec.Name, out IRtpDepacketizer? format) && format.TryInspect(packet.Packet.Payload, out RtpPayloadInfo info) &&
        info.IsKeyFrame && info.Start != FrameStart.No);

    // The numbers go on where the last source ended, and the clock with the time that has passed.
    private void Start(Selection selection, in RtpPacketFields first, in IncomingPacket packet)
    {
        (_current, _pending, _firstSequence) = (selection, null, first.SequenceNumber);
        if (packet.Codec!.Name != _codec)
        {
            _codec = packet.Codec.Name;
            _numberings++;
            _layers = LayerFormatOf(_codec) is { } format ? new LayerForwarder(format, packet.Codec.ClockRate) : null;
            SetLayers();
        }
        _layers?.SwitchSource();
        _sequenceShift = (ushort)(_highest + 1 - first.SequenceNumber);
        uint passed = _lastAt.IsNever ? 0 : Math.Max(1, (uint)((packet.Now - _lastAt).TotalSeconds * packet.Codec!.ClockRate));
        _timestampShift = _lastTimestamp + passed - first.Timestamp;
    }

    private bool TryRewrite(ref RtpPacketFields fields, in IncomingPacket packet, out LayerRewrite rewrite)
    {
        rewrite = default;
        RtpHeader header = new(fields.PayloadType, fields.SequenceNumber, fields.Timestamp, 0, fields.Marker);
        if (_layers is null) header = header with { SequenceNumber = (ushort)(header.SequenceNumber + _sequenceShift), Timestamp = header.Timestamp + _timestampShift };
        else if (!_layers.TryForward(packet.Packet.Payload, ref header, packet.Now, out rewrite)) return false;
        fields = fields with { SequenceNumber = header.SequenceNumber, Timestamp = header.Timestamp, Marker = header.Marker, Rid = null };
        if (SerialNumber.IsLess(_highest, fields.SequenceNumber)) _highest = fields.SequenceNumber;
        if (_lastAt.IsNever || SerialNumber.IsLess(_lastTimestamp, fields.Timestamp)) (_lastTimestamp, _lastAt) = (fields.Timestamp, packet.Now);
        return true;
    }

    private static LayerFormat? LayerFormatOf(string codec) => codec.ToUpperInvariant() switch
    {
        "VP8" => LayerFormat.Vp8,
        "VP9" => LayerFormat.Vp9,
        _ => null,
    };

    private void SetLayers()
    {
        lock (_gate)
        {
            if (_layers is { } layers) (layers.MaxSpatialId, layers.MaxTemporalId) = (_maxSpatialLayer, _maxTemporalLayer);
        }
    }

    private void RemoveUnlessUsed(RemoteMediaStreamTrack track)
    {
        lock (_gate)
        {
            if (_current?.Track == track || _pending?.Track == track) return;
        }
        track.RemoveRelay(this);
    }

    private sealed record Selection(RemoteMediaStreamTrack Track, string? Rid)
    {
        public bool Is(RemoteMediaStreamTrack track, string? rid) => Track == track && Rid == rid;
    }
}
