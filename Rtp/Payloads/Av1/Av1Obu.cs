namespace WebRtcStack.Rtp;

/// <summary>An open bitstream unit of a temporal unit in the low-overhead format (AV1 §5.3).</summary>
public readonly ref struct Av1Obu
{
    internal const int SequenceHeader = 1, TemporalDelimiter = 2, TileList = 8;
    internal const byte HasExtensionBit = 4, HasSizeBit = 2;

    // |F|  type   |X|S|-|   and with X a second byte: | TID | SID |- - -|

    /// <summary>obu_type.</summary>
    public int Type => Header >> 3 & 15;

    /// <summary>temporal_id, 0 without extension.</summary>
    public int TemporalId => Extension >> 5;

    /// <summary>spatial_id, 0 without extension.</summary>
    public int SpatialId => Extension >> 3 & 3;

    /// <summary>The unit's payload, behind header and size.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    internal byte Header { get; private init; }

    internal byte Extension { get; private init; }

    internal bool HasExtension => (Header & HasExtensionBit) != 0;

    /// <summary>Bytes of header and extension.</summary>
    internal int HeaderLength => HasExtension ? 2 : 1;

    /// <summary>Takes the next unit off the front; one without a size takes all that is left. False at the end, or when it is cut off.</summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> source, out Av1Obu unit)
    {
        unit = default;
        if (source.IsEmpty) return false;
        ReadOnlySpan<byte> rest = source[1..];
        byte header = source[0], extension = 0;
        if ((header & HasExtensionBit) != 0)
        {
            if (rest.IsEmpty) return false;
            extension = rest[0];
            rest = rest[1..];
        }
        uint size = (uint)rest.Length;
        if ((header & HasSizeBit) != 0 && !Leb128.TryRead(ref rest, out size)) return false;
        if (size > (uint)rest.Length) return false;
        unit = new Av1Obu { Header = header, Extension = extension, Payload = rest[..(int)size] };
        source = rest[(int)size..];
        return true;
    }

    /// <summary>Whether a temporal unit starts a coded video sequence: it has a sequence header.</summary>
    public static bool IsKeyFrame(ReadOnlySpan<byte> temporalUnit)
    {
        while (TryRead(ref temporalUnit, out Av1Obu unit))
        {
            if (unit.Type == SequenceHeader) return true;
        }
        return false;
    }

    /// <summary>Whether RTP leaves the unit out (AV1 RTP §5).</summary>
    internal static bool IsLeftOut(int type) => type is TemporalDelimiter or TileList;
}
