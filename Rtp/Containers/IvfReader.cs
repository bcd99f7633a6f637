using System.Buffers.Binary;
using System.IO;
using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Reads the frames of an IVF file from a stream, which stays the caller's.</summary>
public sealed class IvfReader
{
    private readonly Stream _stream;
    private readonly int _maxFrameBytes;

    /// <summary>Reads the file's header.</summary>
    /// <param name="stream">Where the file comes from.</param>
    /// <param name="maxFrameBytes">The most bytes of a frame. Default 16 MiB; from 1 KiB on.</param>
    /// <exception cref="InvalidDataException">It is not an IVF file.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxFrameBytes"/> is too small.</exception>
    public IvfReader(Stream stream, int maxFrameBytes = 16 << 20)
    {
        _stream = Require.NotNull(stream);
        _maxFrameBytes = Require.InRange(maxFrameBytes, 1 << 10, int.MaxValue);
        Span<byte> header = stackalloc byte[IvfHeader.Length];
        if (StreamBytes.ReadFully(stream, header) < header.Length || !header[..4].SequenceEqual("DKIF"u8))
            throw new InvalidDataException("An IVF file starts with DKIF and a header of 32 bytes.");
        int length = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        if (length < IvfHeader.Length) throw new InvalidDataException("The header of an IVF file has at least 32 bytes.");
        Span<byte> rest = stackalloc byte[64];
        for (int left = length - IvfHeader.Length; left > 0; left -= rest.Length) StreamBytes.ReadFully(stream, rest[..Math.Min(left, rest.Length)]);
        Header = new IvfHeader(
            Encoding.ASCII.GetString(header.Slice(8, 4).ToArray()),
            BinaryPrimitives.ReadUInt16LittleEndian(header[12..]),
            BinaryPrimitives.ReadUInt16LittleEndian(header[14..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[24..]));
    }

    /// <summary>The file's header.</summary>
    public IvfHeader Header { get; }

    /// <summary>Reads the next frame, which the caller disposes. False at the end of the file; a frame that is cut off is its end.</summary>
    /// <exception cref="InvalidDataException">A frame exceeds the limit.</exception>
    public bool TryRead(out IvfFrame frame)
    {
        frame = default;
        Span<byte> header = stackalloc byte[IvfHeader.FrameHeaderLength];
        if (StreamBytes.ReadFully(_stream, header) < header.Length) return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length > (uint)_maxFrameBytes) throw new InvalidDataException($"A frame of {length} bytes exceeds the limit of {_maxFrameBytes}.");
        MessageLease payload = MessageLease.Rent((int)length);
        if (StreamBytes.ReadFully(_stream, payload.Span) < payload.Length)
        {
            payload.Dispose();
            return false;
        }
        frame = new IvfFrame(payload, BinaryPrimitives.ReadUInt64LittleEndian(header[4..]));
        return true;
    }
}
