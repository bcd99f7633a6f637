using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The colours that a frame's numbers mean (webrtc.org color-space), in the code points of ITU-T H.273.</summary>
/// <param name="Primaries">ColourPrimaries (H.273 §8.1).</param>
/// <param name="Transfer">TransferCharacteristics (H.273 §8.2).</param>
/// <param name="Matrix">MatrixCoefficients (H.273 §8.3).</param>
/// <param name="Range">0 unknown, 1 limited, 2 full, 3 as the matrix and transfer say.</param>
/// <param name="HorizontalChromaSiting">0 unknown, 1 collocated, 2 half.</param>
/// <param name="VerticalChromaSiting">0 unknown, 1 collocated, 2 half.</param>
/// <param name="Hdr">What was known of the mastering display, or null.</param>
public readonly record struct ColorSpace(
    byte Primaries, byte Transfer, byte Matrix, byte Range, byte HorizontalChromaSiting = 0, byte VerticalChromaSiting = 0,
    HdrMetadata? Hdr = null) : IRtpHeaderExtension
{
    private const int PlainLength = 4;

    /// <inheritdoc/>
    public int Length => Hdr is null ? PlainLength : PlainLength + HdrMetadata.WireLength;

    /// <summary>Reads an element: 4 bytes, or 28 with the mastering display.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ColorSpace space)
    {
        space = default;
        if (source.Length < PlainLength) return false;
        HdrMetadata? hdr = null;
        if (source.Length >= PlainLength + HdrMetadata.WireLength) hdr = HdrMetadata.Read(source[PlainLength..]);
        byte range = source[3];
        space = new ColorSpace(source[0], source[1], source[2], (byte)(range >> 4 & 3), (byte)(range >> 2 & 3), (byte)(range & 3), hdr);
        return true;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        WireWriter writer = new(destination);
        writer.WriteByte(Primaries);
        writer.WriteByte(Transfer);
        writer.WriteByte(Matrix);
        writer.WriteByte((byte)((Range & 3) << 4 | (HorizontalChromaSiting & 3) << 2 | VerticalChromaSiting & 3));
        Hdr?.Write(ref writer);
        return Length;
    }
}

/// <summary>A chromaticity in steps of 0.00002.</summary>
/// <param name="X">x, 0 to 50000.</param>
/// <param name="Y">y, 0 to 50000.</param>
public readonly record struct Chromaticity(ushort X, ushort Y);

/// <summary>The mastering display and the light of high dynamic range video (SMPTE ST 2086, CTA-861.3).</summary>
/// <param name="LuminanceMax">In candela per square metre.</param>
/// <param name="LuminanceMin">In 0.0001 candela per square metre.</param>
/// <param name="Red">The red primary.</param>
/// <param name="Green">The green primary.</param>
/// <param name="Blue">The blue primary.</param>
/// <param name="White">The white point.</param>
/// <param name="MaxContentLightLevel">In candela per square metre.</param>
/// <param name="MaxFrameAverageLightLevel">In candela per square metre.</param>
public readonly record struct HdrMetadata(
    ushort LuminanceMax, ushort LuminanceMin, Chromaticity Red, Chromaticity Green, Chromaticity Blue, Chromaticity White,
    ushort MaxContentLightLevel, ushort MaxFrameAverageLightLevel)
{
    internal const int WireLength = 24;

    // The caller has checked that there are 24 bytes.
    internal static HdrMetadata Read(ReadOnlySpan<byte> source)
    {
        WireReader reader = new(source);
        reader.TryReadUInt16(out ushort max);
        reader.TryReadUInt16(out ushort min);
        Chromaticity red = ReadPoint(ref reader), green = ReadPoint(ref reader), blue = ReadPoint(ref reader), white = ReadPoint(ref reader);
        reader.TryReadUInt16(out ushort content);
        reader.TryReadUInt16(out ushort average);
        return new HdrMetadata(max, min, red, green, blue, white, content, average);
    }

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt16(LuminanceMax);
        writer.WriteUInt16(LuminanceMin);
        WritePoint(ref writer, Red);
        WritePoint(ref writer, Green);
        WritePoint(ref writer, Blue);
        WritePoint(ref writer, White);
        writer.WriteUInt16(MaxContentLightLevel);
        writer.WriteUInt16(MaxFrameAverageLightLevel);
    }

    private static Chromaticity ReadPoint(ref WireReader reader)
    {
        reader.TryReadUInt16(out ushort x);
        reader.TryReadUInt16(out ushort y);
        return new Chromaticity(x, y);
    }

    private static void WritePoint(ref WireWriter writer, Chromaticity point)
    {
        writer.WriteUInt16(point.X);
        writer.WriteUInt16(point.Y);
    }
}
