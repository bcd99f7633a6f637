using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A spatial layer that a sender encodes at present.</summary>
public readonly record struct VideoLayer
{
    /// <summary>The most temporal layers.</summary>
    public const int MaxTemporalLayers = 4;

    private readonly uint _rate0, _rate1, _rate2, _rate3;

    /// <summary>Describes a layer.</summary>
    /// <param name="streamIndex">Which of the simulcast streams it belongs to, 0 to 3.</param>
    /// <param name="spatialId">The spatial layer, 0 to 3.</param>
    /// <param name="targetKilobits">For each temporal layer the bitrate of it and all below, in kbit/s; one to four.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number lies outside its range.</exception>
    public VideoLayer(int streamIndex, int spatialId, ReadOnlySpan<uint> targetKilobits)
    {
        StreamIndex = Require.InRange(streamIndex, 0, 3);
        SpatialId = Require.InRange(spatialId, 0, 3);
        TemporalLayers = Require.InRange(targetKilobits.Length, 1, MaxTemporalLayers, nameof(targetKilobits));
        _rate0 = targetKilobits[0];
        _rate1 = TemporalLayers > 1 ? targetKilobits[1] : 0;
        _rate2 = TemporalLayers > 2 ? targetKilobits[2] : 0;
        _rate3 = TemporalLayers > 3 ? targetKilobits[3] : 0;
    }

    /// <summary>Which of the simulcast streams it belongs to.</summary>
    public int StreamIndex { get; }

    /// <summary>The spatial layer.</summary>
    public int SpatialId { get; }

    /// <summary>How many temporal layers it has.</summary>
    public int TemporalLayers { get; }

    /// <summary>Width in pixels, 1 to 65536; 0 when unknown.</summary>
    public int Width { get; init; }

    /// <summary>Height in pixels, 1 to 65536; 0 when unknown.</summary>
    public int Height { get; init; }

    /// <summary>Frames per second at most, 0 to 255.</summary>
    public byte MaxFrameRate { get; init; }

    /// <summary>The bitrate of a temporal layer and all below it, in kbit/s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public uint GetTargetKilobits(int temporalId) => Require.InRange(temporalId, 0, TemporalLayers - 1) switch
    {
        0 => _rate0,
        1 => _rate1,
        2 => _rate2,
        _ => _rate3,
    };
}

/// <summary>All layers that a sender encodes, over all its simulcast streams (webrtc.org video-layers-allocation00).</summary>
/// <remarks>An object to be used again: reading fills it, writing takes it.</remarks>
public sealed class VideoLayersAllocation : IRtpHeaderExtension
{
    private const int MaxStreams = 4;
    private const int MaxSpatialLayers = 4;
    private const int SizeLength = 5;
    private readonly VideoLayer[] _layers = new VideoLayer[MaxStreams * MaxSpatialLayers];
    private int _count;

    /// <summary>Which of the streams this is sent on, 0 to 3.</summary>
    public int StreamIndex { get; private set; }

    /// <summary>How many simulcast streams there are, 1 to 4.</summary>
    public int StreamCount { get; private set; } = 1;

    /// <summary>The layers that are sent, by stream and spatial layer; empty when none is.</summary>
    public ReadOnlySpan<VideoLayer> Layers => _layers.AsSpan(0, _count);

    /// <inheritdoc/>
    public int Length
    {
        get
        {
            if (_count == 0) return 1;
            int length = 1 + (CommonMask == 0 ? (StreamCount + 1) / 2 : 0) + (_count + 3) / 4;
            foreach (VideoLayer layer in Layers)
            {
                for (int i = 0; i < layer.TemporalLayers; i++) length += Leb128.LengthOf(layer.GetTargetKilobits(i));
            }
            return length + (HasSizes ? _count * SizeLength : 0);
        }
    }

    private bool HasSizes => _count > 0 && _layers[0].Width > 0;

    // sl_bm: the mask that all streams share, or 0 when they differ.
    private int CommonMask
    {
        get
        {
            int mask = GetMask(0);
            for (int i = 1; i < StreamCount; i++)
            {
                if (GetMask(i) != mask) return 0;
            }
            return mask;
        }
    }

    /// <summary>Sets what is to be written.</summary>
    /// <param name="streamIndex">Which of the streams it is sent on.</param>
    /// <param name="streamCount">How many streams there are, 1 to 4.</param>
    /// <param name="layers">The layers that are sent, by stream and spatial layer; either all have a size or none.</param>
    /// <exception cref="ArgumentException">The layers are not in order.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number lies outside its range.</exception>
    public void Set(int streamIndex, int streamCount, ReadOnlySpan<VideoLayer> layers)
    {
        StreamCount = Require.InRange(streamCount, 1, MaxStreams);
        StreamIndex = Require.InRange(streamIndex, 0, streamCount - 1);
        Require.InRange(layers.Length, 0, _layers.Length, nameof(layers));
        int last = -1;
        foreach (VideoLayer layer in layers)
        {
            int place = layer.StreamIndex * MaxSpatialLayers + layer.SpatialId;
            if (place <= last || layer.StreamIndex >= streamCount || layer.Width > 0 != layers[0].Width > 0)
                throw new ArgumentException("Layers go by stream and spatial layer, each once, all with a size or none.", nameof(layers));
            last = place;
        }
        layers.CopyTo(_layers);
        _count = layers.Length;
    }

    /// <summary>Reads an element over what was there before. False when it is cut off; it is then not to be used.</summary>
    public bool TryRead(ReadOnlySpan<byte> source)
    {
        (_count, StreamIndex, StreamCount) = (0, 0, 1);
        if (source.IsEmpty) return false;
        if (source.Length == 1 && source[0] == 0) return true;            // nothing is sent at all
        BitReader bits = new(source);
        StreamIndex = (int)bits.Read(2);
        StreamCount = (int)bits.Read(2) + 1;
        int common = (int)bits.Read(4);
        Span<int> places = stackalloc int[MaxStreams * MaxSpatialLayers];
        int count = 0;
        for (int stream = 0; stream < StreamCount; stream++)
        {
            int mask = common != 0 ? common : (int)bits.Read(4);
            for (int spatial = 0; spatial < MaxSpatialLayers; spatial++)
            {
                if ((mask >> spatial & 1) != 0) places[count++] = stream * MaxSpatialLayers + spatial;
            }
        }
        if (common == 0 && (StreamCount & 1) != 0) bits.Read(4);          // padded to a byte
        Span<int> temporalLayers = stackalloc int[MaxStreams * MaxSpatialLayers];
        for (int i = 0; i < count; i++) temporalLayers[i] = (int)bits.Read(2) + 1;
        if (bits.Overran) return false;
        ReadOnlySpan<byte> rest = source[(source.Length - bits.Remaining / 8)..];
        return TryReadLayers(rest, places[..count], temporalLayers) && StreamIndex < StreamCount;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        int length = Length;
        if (destination.Length < length) return 0;
        if (_count == 0)
        {
            destination[0] = 0;
            return 1;
        }
        BitWriter bits = new(destination);
        int common = CommonMask;
        bits.Write(2, (uint)StreamIndex);
        bits.Write(2, (uint)StreamCount - 1);
        bits.Write(4, (uint)common);
        for (int i = 0; common == 0 && i < StreamCount; i++) bits.Write(4, (uint)GetMask(i));
        if (common == 0 && (StreamCount & 1) != 0) bits.Write(4, 0);
        foreach (VideoLayer layer in Layers) bits.Write(2, (uint)layer.TemporalLayers - 1);
        int position = bits.Length;
        foreach (VideoLayer layer in Layers)
        {
            for (int i = 0; i < layer.TemporalLayers; i++) position += Leb128.Write(destination[position..], layer.GetTargetKilobits(i));
        }
        if (HasSizes) WriteSizes(destination[position..]);
        return length;
    }

    private bool TryReadLayers(ReadOnlySpan<byte> rest, ReadOnlySpan<int> places, ReadOnlySpan<int> temporalLayers)
    {
        Span<uint> rates = stackalloc uint[VideoLayer.MaxTemporalLayers];
        for (int i = 0; i < places.Length; i++)
        {
            for (int t = 0; t < temporalLayers[i]; t++)
            {
                if (!Leb128.TryRead(ref rest, out rates[t])) return false;
            }
            _layers[i] = new VideoLayer(places[i] / MaxSpatialLayers, places[i] % MaxSpatialLayers, rates[..temporalLayers[i]]);
        }
        _count = places.Length;
        WireReader reader = new(rest);
        for (int i = 0; i < _count && rest.Length >= _count * SizeLength; i++)    // sizes are optional
        {
            reader.TryReadUInt16(out ushort width);
            reader.TryReadUInt16(out ushort height);
            reader.TryReadByte(out byte rate);
            _layers[i] = _layers[i] with { Width = width + 1, Height = height + 1, MaxFrameRate = rate };
        }
        return true;
    }

    private void WriteSizes(Span<byte> destination)
    {
        WireWriter writer = new(destination);
        foreach (VideoLayer layer in Layers)
        {
            writer.WriteUInt16((ushort)(layer.Width - 1));
            writer.WriteUInt16((ushort)(layer.Height - 1));
            writer.WriteByte(layer.MaxFrameRate);
        }
    }

    private int GetMask(int stream)
    {
        int mask = 0;
        foreach (VideoLayer layer in Layers)
        {
            if (layer.StreamIndex == stream) mask |= 1 << layer.SpatialId;
        }
        return mask;
    }
}
