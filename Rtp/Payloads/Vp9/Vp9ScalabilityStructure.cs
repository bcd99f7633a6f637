using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A picture of a VP9 picture group (draft-ietf-payload-vp9-16 §4.2.1).</summary>
/// <param name="TemporalId">Its temporal layer, 0 to 7.</param>
/// <param name="IsSwitchingPoint">Whether higher temporal layers can be taken up from it.</param>
/// <param name="References">How many pictures back those lie that it refers to.</param>
public readonly record struct Vp9GroupPicture(byte TemporalId, bool IsSwitchingPoint, Vp9References References);

/// <summary>The spatial layers of a VP9 stream and the pattern of its pictures (draft-ietf-payload-vp9-16 §4.2.1).</summary>
public sealed class Vp9ScalabilityStructure
{
    /// <summary>The most spatial layers.</summary>
    public const int MaxSpatialLayers = 8;

    private readonly (int Width, int Height)[] _sizes;
    private readonly Vp9GroupPicture[] _group;

    /// <summary>Describes a structure.</summary>
    /// <param name="spatialLayers">How many spatial layers there are, 1 to 8.</param>
    /// <param name="sizes">For each its size in pixels, 1 to 65535; empty when unknown.</param>
    /// <param name="group">The pattern of the pictures, up to 255 of them; empty in flexible mode, or with one temporal layer.</param>
    /// <exception cref="ArgumentException">There are not as many sizes as layers.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number lies outside its range.</exception>
    public Vp9ScalabilityStructure(int spatialLayers, ReadOnlySpan<(int Width, int Height)> sizes = default, ReadOnlySpan<Vp9GroupPicture> group = default)
    {
        SpatialLayers = Require.InRange(spatialLayers, 1, MaxSpatialLayers);
        if (!sizes.IsEmpty && sizes.Length != spatialLayers) throw new ArgumentException("Each spatial layer has a size, or none.", nameof(sizes));
        Require.InRange(group.Length, 0, 255, nameof(group));
        foreach ((int width, int height) in sizes)
        {
            Require.InRange(width, 1, ushort.MaxValue, nameof(sizes));
            Require.InRange(height, 1, ushort.MaxValue, nameof(sizes));
        }
        _sizes = sizes.ToArray();
        _group = group.ToArray();
    }

    /// <summary>How many spatial layers there are.</summary>
    public int SpatialLayers { get; }

    /// <summary>For each spatial layer its size in pixels; empty when unknown.</summary>
    public ReadOnlySpan<(int Width, int Height)> Sizes => _sizes;

    /// <summary>The pattern of the pictures.</summary>
    public ReadOnlySpan<Vp9GroupPicture> Group => _group;

    /// <summary>Bytes as written.</summary>
    public int Length
    {
        get
        {
            int length = 1 + _sizes.Length * 4 + (_group.Length > 0 ? 1 + _group.Length : 0);
            foreach (Vp9GroupPicture picture in _group) length += CountOf(picture.References);
            return length;
        }
    }

    /// <summary>Reads a structure off the front. Allocates it: structures come with key frames.</summary>
    /// <returns>Null when it is cut off.</returns>
    public static Vp9ScalabilityStructure? Read(ReadOnlySpan<byte> source)
    {
        if (!TrySkip(source, out int length)) return null;
        WireReader reader = new(source[..length]);
        reader.TryReadByte(out byte first);
        int layers = (first >> 5) + 1;
        (int, int)[] sizes = (first & 0x10) != 0 ? new (int, int)[layers] : [];
        for (int i = 0; i < sizes.Length; i++)
        {
            reader.TryReadUInt16(out ushort width);
            reader.TryReadUInt16(out ushort height);
            sizes[i] = (Math.Max((int)width, 1), Math.Max((int)height, 1));
        }
        byte count = 0;
        if ((first & 8) != 0) reader.TryReadByte(out count);
        Vp9GroupPicture[] group = new Vp9GroupPicture[count];
        for (int i = 0; i < count; i++)
        {
            reader.TryReadByte(out byte picture);
            byte one = 0, two = 0, three = 0;
            int references = picture >> 2 & 3;
            if (references > 0) reader.TryReadByte(out one);
            if (references > 1) reader.TryReadByte(out two);
            if (references > 2) reader.TryReadByte(out three);
            group[i] = new Vp9GroupPicture((byte)(picture >> 5), (picture & 0x10) != 0, new Vp9References(one, two, three));
        }
        return new Vp9ScalabilityStructure(layers, sizes, group);
    }

    /// <summary>Finds where a structure ends. False when it is cut off.</summary>
    internal static bool TrySkip(ReadOnlySpan<byte> source, out int length)
    {
        length = 1;
        if (source.IsEmpty) return false;
        if ((source[0] & 0x10) != 0) length += ((source[0] >> 5) + 1) * 4;
        if ((source[0] & 8) != 0)
        {
            if (length >= source.Length) return false;
            for (int left = source[length++]; left > 0; left--)
            {
                if (length >= source.Length) return false;
                length += 1 + (source[length] >> 2 & 3);
            }
        }
        return length <= source.Length;
    }

    /// <summary>Writes the structure.</summary>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    public int Write(Span<byte> destination)
    {
        WireWriter writer = new(destination);
        writer.WriteByte((byte)(SpatialLayers - 1 << 5 | (_sizes.Length > 0 ? 0x10 : 0) | (_group.Length > 0 ? 8 : 0)));
        foreach ((int width, int height) in _sizes)
        {
            writer.WriteUInt16((ushort)width);
            writer.WriteUInt16((ushort)height);
        }
        if (_group.Length > 0) writer.WriteByte((byte)_group.Length);
        foreach (Vp9GroupPicture picture in _group)
        {
            int count = CountOf(picture.References);
            writer.WriteByte((byte)(picture.TemporalId << 5 | (picture.IsSwitchingPoint ? 0x10 : 0) | count << 2));
            if (count > 0) writer.WriteByte(picture.References.First);
            if (count > 1) writer.WriteByte(picture.References.Second);
            if (count > 2) writer.WriteByte(picture.References.Third);
        }
        return writer.Overflowed ? 0 : writer.Length;
    }

    internal static int CountOf(in Vp9References references) =>
        references.First == 0 ? 0 : references.Second == 0 ? 1 : references.Third == 0 ? 2 : 3;
}
