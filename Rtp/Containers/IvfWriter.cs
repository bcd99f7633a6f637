using System.Buffers.Binary;
using System.IO;
using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Writes frames as an IVF file into a stream, which stays the caller's.</summary>
/// <remarks>AV1 frames get the temporal delimiter that RTP leaves out (AV1 §7.5). Dispose it to write the number of frames, if the stream can seek.</remarks>
public sealed class IvfWriter : IDisposable
{
    private const int FrameCountAt = 24;
    private readonly Stream _stream;
    private readonly long _start;
    private readonly bool _isAv1;
    private uint _count;

    /// <summary>Writes the file's header.</summary>
    /// <exception cref="ArgumentException">The codec's name does not have four characters.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size exceeds 65535 pixels.</exception>
    public IvfWriter(Stream stream, in IvfHeader header)
    {
        _stream = Require.NotNull(stream);
        _start = stream.CanSeek ? stream.Position : 0;
        if (header.FourCC is not { Length: 4 }) throw new ArgumentException("A codec's name has four characters, such as VP80.", nameof(header));
        _isAv1 = header.FourCC == "AV01";
        Span<byte> bytes = stackalloc byte[IvfHeader.Length];
        bytes.Clear();
        "DKIF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], IvfHeader.Length);
        Encoding.ASCII.GetBytes(header.FourCC).CopyTo(bytes[8..]);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], (ushort)Require.InRange(header.Width, 0, ushort.MaxValue, nameof(header)));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[14..], (ushort)Require.InRange(header.Height, 0, ushort.MaxValue, nameof(header)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], header.TimeBaseDenominator);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[20..], header.TimeBaseNumerator);
        StreamBytes.Write(stream, bytes);
    }

    /// <summary>Writes a frame.</summary>
    /// <param name="frame">Its bytes, in the form that <see cref="EncodedFrame"/> describes.</param>
    /// <param name="time">Its time in units of the file's time base.</param>
    public void Write(ReadOnlySpan<byte> frame, ulong time)
    {
        ReadOnlySpan<byte> delimiter = [Av1Obu.TemporalDelimiter << 3 | Av1Obu.HasSizeBit, 0];
        bool needsDelimiter = _isAv1 && !frame.IsEmpty && (frame[0] >> 3 & 15) != Av1Obu.TemporalDelimiter;
        Span<byte> header = stackalloc byte[IvfHeader.FrameHeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)(frame.Length + (needsDelimiter ? delimiter.Length : 0)));
        BinaryPrimitives.WriteUInt64LittleEndian(header[4..], time);
        StreamBytes.Write(_stream, header);
        if (needsDelimiter) StreamBytes.Write(_stream, delimiter);
        StreamBytes.Write(_stream, frame);
        _count++;
    }

    /// <summary>Writes the number of frames into the header, if the stream can seek.</summary>
    public void Dispose()
    {
        if (!_stream.CanSeek || !_stream.CanWrite) return;
        long end = _stream.Position;
        Span<byte> count = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(count, _count);
        _stream.Position = _start + FrameCountAt;
        StreamBytes.Write(_stream, count);
        _stream.Position = end;
    }
}
