using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The formats whose layers can be told apart.</summary>
public enum LayerFormat
{
    /// <summary>VP8: temporal layers (RFC 7741).</summary>
    Vp8,

    /// <summary>VP9: spatial and temporal layers (draft-ietf-payload-vp9-16).</summary>
    Vp9,

    /// <summary>Any format whose packets carry the dependency descriptor, AV1 first of all.</summary>
    DependencyDescriptor,
}

/// <summary>
/// Forwards a scalable or simulcast stream to one receiver, in fewer layers: says which packets go, and renumbers them so that
/// to the receiver nothing seems missing but what was lost.
/// </summary>
/// <remarks>
/// Layers are given up at the start of any frame, and taken up where the stream allows it: at key pictures, sync frames and
/// switching points. Another source (a simulcast layer) takes over at its next key frame: <see cref="SwitchSource"/>.
/// Packets with a dependency descriptor are chosen by it, whatever their format; the descriptor itself goes along as it is, since its
/// frame numbers may have gaps (AV1 RTP §A.4).
/// A packet that is left out and arrives behind its successor leaves a gap, since that one has been numbered already.
/// 7 KiB each; nothing is allocated per packet. The packet itself is not touched, so that one serves many receivers.
/// </remarks>
public sealed class LayerForwarder
{
    private readonly LayerFormat _format;
    private readonly uint _clockRate;
    private DecodeTargetSelector? _targets;
    private readonly NumberMap _sequence = new(16), _picture = new(15), _baseLayer = new(8);
    private bool _awaitsKey = true, _rebasesTime, _hasTime;
    private uint _timeOffset, _lastTimestamp;
    private Instant _lastArrival;

    /// <summary>Creates a forwarder that waits for a key frame.</summary>
    /// <param name="format">The format.</param>
    /// <param name="clockRate">The RTP clock rate in Hz.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="clockRate"/> is 0.</exception>
    public LayerForwarder(LayerFormat format, uint clockRate = 90000) => (_format, _clockRate) = (format, Require.InRange(clockRate, 1u, uint.MaxValue));

    /// <summary>The highest spatial layer that is wanted.</summary>
    public int MaxSpatialId { get; set; } = int.MaxValue;

    /// <summary>The highest temporal layer that is wanted.</summary>
    public int MaxTemporalId { get; set; } = int.MaxValue;

    /// <summary>With dependency descriptors: the decode target that is wanted; null (default) for the best one within <see cref="MaxSpatialId"/> and <see cref="MaxTemporalId"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 0 to 31.</exception>
    public int? DecodeTarget
    {
        get;
        set => field = value is { } target ? Require.InRange(target, 0, FrameDependencyStructure.MaxDecodeTargets - 1) : null;
    }

    /// <summary>The highest spatial layer that is forwarded at present.</summary>
    public int SpatialId { get; private set; }

    /// <summary>The highest temporal layer that is forwarded at present.</summary>
    public int TemporalId { get; private set; }

    /// <summary>Whether nothing is forwarded until a key frame comes: ask the source for one.</summary>
    public bool AwaitsKeyFrame => _awaitsKey;

    /// <summary>Packets forwarded.</summary>
    public ulong Forwarded { get; private set; }

    /// <summary>Packets left out.</summary>
    public ulong LeftOut { get; private set; }

    /// <summary>The packets from here on are another source's; they are forwarded from its next key frame on, as if they followed the last one's.</summary>
    public void SwitchSource() => _awaitsKey = true;

    /// <summary>Decides on a packet.</summary>
    /// <param name="payload">Its payload, which is left as it is.</param>
    /// <param name="header">Its header; then the one to forward it with: sequence number, timestamp and marker change.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="rewrite">What to change in the receiver's copy of the payload.</param>
    /// <param name="descriptor">Its dependency descriptor; null when it has none that can be read. Of a format that is known by descriptors alone such packets are left out.</param>
    /// <returns>Whether to forward it.</returns>
    public bool TryForward(ReadOnlySpan<byte> payload, ref RtpHeader header, Instant now, out LayerRewrite rewrite, DependencyDescriptor? descriptor = null)
    {
        rewrite = default;
        bool isForwarded = TryRead(payload, descriptor, out ForwardedLayer layer) && TryEnter(layer, descriptor) && IsWanted(layer, descriptor);
        if (_awaitsKey)
        {
            LeftOut++;
            return false;                                                 // not even a number is spent on it
        }
        rewrite = Renumber(layer, isForwarded, payload.IsEmpty, out bool isKnown);
        if (!_sequence.TryMap(header.SequenceNumber, isForwarded && isKnown, out int sequence))
        {
            LeftOut++;
            return false;
        }
        header = header with
        {
            SequenceNumber = (ushort)sequence,
            Timestamp = MapTimestamp(header.Timestamp, now),
            Marker = header.Marker || (layer.IsFrameEnd && layer.SpatialId == SpatialId),
        };
        Forwarded++;
        return true;
    }

    private bool TryRead(ReadOnlySpan<byte> payload, DependencyDescriptor? descriptor, out ForwardedLayer layer)
    {
        layer = default;
        bool isKnown = _format switch
        {
            LayerFormat.Vp8 => ForwardedLayer.TryReadVp8(payload, out layer),
            LayerFormat.Vp9 => ForwardedLayer.TryReadVp9(payload, out layer),
            _ => descriptor is not null,
        };
        if (isKnown && descriptor is not null) layer = layer.As(descriptor);
        return isKnown;
    }

    // Takes layers up and gives them up, at the starts of frames. False while a key frame is awaited.
    private bool TryEnter(in ForwardedLayer layer, DependencyDescriptor? descriptor)
    {
        if (!layer.IsFrameStart) return !_awaitsKey;
        if (layer.IsKeyPicture)
        {
            if (_awaitsKey) StartSource();
            (SpatialId, TemporalId) = (MaxSpatialId, MaxTemporalId);
        }
        if (_awaitsKey) return false;
        if (descriptor is not null) return true;
        SpatialId = Math.Min(SpatialId, MaxSpatialId);
        TemporalId = Math.Min(TemporalId, MaxTemporalId);
        if (layer.IsSpatialSwitch && layer.SpatialId == SpatialId + 1 && SpatialId < MaxSpatialId) SpatialId = layer.SpatialId;
        if (layer.IsTemporalSync && layer.TemporalId > TemporalId && layer.TemporalId <= MaxTemporalId) TemporalId = layer.TemporalId;
        if (layer.IsTemporalSwitch && layer.TemporalId <= TemporalId) TemporalId = MaxTemporalId;
        return true;
    }

    private bool IsWanted(in ForwardedLayer layer, DependencyDescriptor? descriptor)
    {
        if (descriptor is null) return layer.SpatialId <= SpatialId && layer.TemporalId <= TemporalId;
        _targets ??= new DecodeTargetSelector();
        bool isWanted = _targets.Wants(descriptor, DecodeTarget, MaxSpatialId, MaxTemporalId);
        (SpatialId, TemporalId) = _targets.Layers;
        return isWanted;
    }

    private void StartSource()
    {
        _awaitsKey = false;
        _sequence.Rebase();
        _picture.Rebase();
        _baseLayer.Rebase();
        _rebasesTime = _hasTime;
    }

    private LayerRewrite Renumber(in ForwardedLayer layer, bool isForwarded, bool isPadding, out bool isKnown)
    {
        isKnown = true;
        if (isPadding) return default;
        int picture = layer.PictureId, baseLayer = layer.BaseLayerIndex;
        if (layer.PictureIdAt > 0)
        {
            _picture.SetBits(layer.IsLongPictureId ? 15 : 7);
            isKnown = _picture.TryMap(layer.PictureId, isForwarded || !layer.CanRenumberPictures, out picture);
        }
        if (layer.BaseLayerIndexAt > 0 && isForwarded) isKnown &= _baseLayer.TryMap(layer.BaseLayerIndex, true, out baseLayer);
        return new LayerRewrite
        {
            PictureIdAt = layer.PictureIdAt,
            PictureId = (ushort)picture,
            IsLongPictureId = layer.IsLongPictureId,
            BaseLayerIndexAt = layer.BaseLayerIndexAt,
            BaseLayerIndex = (byte)baseLayer,
        };
    }

    // Another source has a clock offset of its own: its first frame follows the last one by the time that passed.
    private uint MapTimestamp(uint timestamp, Instant now)
    {
        if (_rebasesTime)
        {
            uint passed = (uint)Math.Max(1, (now - _lastArrival).Ticks * _clockRate / TimeSpan.TicksPerSecond);
            _timeOffset = _lastTimestamp + passed - timestamp;
            _rebasesTime = false;
        }
        uint written = timestamp + _timeOffset;
        if (!_hasTime || SerialNumber.IsLess(_lastTimestamp, written)) (_lastTimestamp, _lastArrival, _hasTime) = (written, now, true);
        return written;
    }
}
