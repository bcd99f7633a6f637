using System.Buffers.Binary;
using System.IO;
using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Writes Opus packets as an Ogg file (RFC 7845) into a stream, which stays the caller's.</summary>
/// <remarks>A page has up to a second of audio. Dispose it to write the last page; without it the file lacks its end.</remarks>
public sealed class OggOpusWriter : IDisposable
{
    private const string Vendor = "WebRtcStack";
    private const int MaxSamplesPerPage = OpusPacket.ClockRate;
    private readonly Stream _stream;
    private readonly uint _serial;
    private readonly byte[] _page = new byte[OggPage.HeaderLength + OggPage.MaxSegments + OggPage.MaxBody];
    private readonly byte[] _lacing = new byte[OggPage.MaxSegments];
    private readonly byte[] _body = new byte[OggPage.MaxBody];
    private int _segments, _bytes, _samples;
    private uint _number;
    private ulong _position;
    private bool _isDisposed;

    /// <summary>Writes the two header pages (§3).</summary>
    /// <param name="stream">Where the file goes.</param>
    /// <param name="head">The identification header.</param>
    /// <param name="serial">The logical stream's number: random, where files are to be chained.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more than two channels.</exception>
    public OggOpusWriter(Stream stream, in OpusHead head, uint serial = 1)
    {
        (_stream, _serial) = (Require.NotNull(stream), serial);
        Span<byte> identification = stackalloc byte[OpusHead.Length];
        head.Write(identification);
        Append(identification);
        WritePage(isLast: false);
        byte[] vendor = Encoding.ASCII.GetBytes(Vendor);
        byte[] comments = new byte[8 + 4 + vendor.Length + 4];            // §5.2: "OpusTags", the vendor's name, no comments
        "OpusTags"u8.CopyTo(comments);
        BinaryPrimitives.WriteUInt32LittleEndian(comments.AsSpan(8), (uint)vendor.Length);
        vendor.CopyTo(comments, 12);
        Append(comments);
        WritePage(isLast: false);
    }

    /// <summary>Writes a packet.</summary>
    /// <returns>False when it is not an Opus packet, or longer than a page; nothing has been written then.</returns>
    /// <exception cref="ObjectDisposedException">The file has been ended.</exception>
    public bool Write(ReadOnlySpan<byte> packet)
    {
        Require.NotDisposed(_isDisposed, this);
        if (!OpusPacket.TryParse(packet, out OpusPacket parsed) || packet.Length / 255 + 1 > OggPage.MaxSegments) return false;
        if (_segments > 0 && (_samples + parsed.Samples > MaxSamplesPerPage || _segments + packet.Length / 255 + 1 > OggPage.MaxSegments)) WritePage(isLast: false);
        Append(packet);
        _samples += parsed.Samples;
        _position += (ulong)parsed.Samples;
        return true;
    }

    /// <summary>Writes time that has no packets, lost or not sent: empty frames, which a decoder conceals (§4.1).</summary>
    /// <param name="samples">Samples at 48 kHz; a remainder below 2.5 ms is left out.</param>
    public void WriteGap(long samples)
    {
        ReadOnlySpan<byte> twenty = [31 << 3], shortest = [28 << 3];      // CELT fullband, 20 and 2.5 ms, no frame data
        for (; samples >= 960; samples -= 960) Write(twenty);
        for (; samples >= 120; samples -= 120) Write(shortest);
    }

    /// <summary>Writes the last page.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        WritePage(isLast: true);
        _isDisposed = true;
    }

    // RFC 3533 §5: lacing values of 255 until one below, which ends the packet.
    private void Append(ReadOnlySpan<byte> packet)
    {
        packet.CopyTo(_body.AsSpan(_bytes));
        _bytes += packet.Length;
        for (int left = packet.Length; ; left -= 255)
        {
            _lacing[_segments++] = (byte)Math.Min(left, 255);
            if (left < 255) break;
        }
    }

    private void WritePage(bool isLast)
    {
        OggPage page = new()
        {
            IsFirst = _number == 0,
            IsLast = isLast,
            GranulePosition = _position,                                  // §4: samples up to the page's end, pre-skip included
            Serial = _serial,
            Number = _number++,
            Segments = (byte)_segments,
        };
        page.Write(_page);
        _lacing.AsSpan(0, _segments).CopyTo(_page.AsSpan(OggPage.HeaderLength));
        _body.AsSpan(0, _bytes).CopyTo(_page.AsSpan(OggPage.HeaderLength + _segments));
        Span<byte> whole = _page.AsSpan(0, OggPage.HeaderLength + _segments + _bytes);
        OggPage.Seal(whole);
        StreamBytes.Write(_stream, whole);
        (_segments, _bytes, _samples) = (0, 0, 0);
    }
}
