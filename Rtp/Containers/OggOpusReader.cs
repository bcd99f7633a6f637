using System.IO;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Reads the Opus packets of an Ogg file (RFC 7845) from a stream, which stays the caller's. Pages of other logical streams are passed over.</summary>
public sealed class OggOpusReader : IDisposable
{
    private const int MaxPacket = 1 << 20;                                // the comment header may be large; audio is far below
    private readonly Stream _stream;
    private readonly byte[] _page = new byte[OggPage.HeaderLength + OggPage.MaxSegments + OggPage.MaxBody];
    private readonly FrameBuffer _packet = new(MaxPacket);
    private OggPage _current;
    private int _segment, _offset;                                        // where the page has been read to
    private bool _hasSerial, _hasEnded;
    private uint _serial;

    /// <summary>Reads the two headers.</summary>
    /// <exception cref="InvalidDataException">It is not an Ogg file with mono or stereo Opus.</exception>
    public OggOpusReader(Stream stream)
    {
        _stream = Require.NotNull(stream);
        using (MessageLease first = ReadPacket() ?? default)
        {
            if (!OpusHead.TryRead(first.Span, out OpusHead head)) throw new InvalidDataException("The file does not start with the header of mono or stereo Opus in Ogg.");
            Head = head;
        }
        using MessageLease second = ReadPacket() ?? default;
        if (second.Length < 8 || !second.Span[..8].SequenceEqual("OpusTags"u8)) throw new InvalidDataException("The second packet of an Ogg Opus file is its comments.");
    }

    /// <summary>The identification header.</summary>
    public OpusHead Head { get; }

    /// <summary>The position behind the latest page, in samples at 48 kHz, pre-skip included.</summary>
    public ulong GranulePosition { get; private set; }

    /// <summary>Pages whose checksum was wrong, which were passed over.</summary>
    public long DamagedPages { get; private set; }

    /// <summary>Reads the next packet, which the caller disposes. False at the end.</summary>
    public bool TryRead(out MessageLease packet)
    {
        MessageLease? read = ReadPacket();
        packet = read ?? default;
        return read is not null;
    }

    /// <summary>Gives the memory of a packet under way back.</summary>
    public void Dispose() => _packet.Dispose();

    // A packet is lacing values of 255 and one below, over as many pages as it needs.
    private MessageLease? ReadPacket()
    {
        _packet.Reset();
        while (true)
        {
            while (_segment < _current.Segments)
            {
                int length = _page[OggPage.HeaderLength + _segment++];
                _packet.Append(_page.AsSpan(_offset, length));
                _offset += length;
                if (length < 255 && !_packet.Overflowed && _packet.Length > 0) return MessageLease.CopyOf(_packet.Span);
                if (length < 255) _packet.Reset();                        // too long, or empty: passed over
            }
            if (!TryReadPage()) return null;
            if (!_current.IsContinued) _packet.Reset();                   // its rest was on a page that is missing
            else if (_packet.Length == 0) SkipRest();
        }
    }

    // The page goes on with a packet whose start is missing.
    private void SkipRest()
    {
        while (_segment < _current.Segments)
        {
            int length = _page[OggPage.HeaderLength + _segment++];
            _offset += length;
            if (length < 255) return;
        }
    }

    private bool TryReadPage()
    {
        while (!_hasEnded)
        {
            Span<byte> header = _page.AsSpan(0, OggPage.HeaderLength);
            if (StreamBytes.ReadFully(_stream, header) < header.Length || !Synchronize(header) || !OggPage.TryRead(header, out OggPage page)) break;
            Span<byte> lacing = _page.AsSpan(OggPage.HeaderLength, page.Segments);
            if (StreamBytes.ReadFully(_stream, lacing) < lacing.Length) break;
            int body = 0;
            foreach (byte length in lacing) body += length;
            int start = OggPage.HeaderLength + page.Segments;
            if (StreamBytes.ReadFully(_stream, _page.AsSpan(start, body)) < body) break;
            if (!OggPage.Verify(_page.AsSpan(0, start + body)))
            {
                DamagedPages++;
                continue;
            }
            if (!_hasSerial) (_serial, _hasSerial) = (page.Serial, true);
            if (page.Serial != _serial) continue;
            (_current, _segment, _offset, _hasEnded) = (page, 0, start, page.IsLast);
            if (page.GranulePosition != ulong.MaxValue) GranulePosition = page.GranulePosition;
            return true;
        }
        _hasEnded = true;
        (_current, _segment) = (default, 0);
        return false;
    }

    // Behind damage the next page is found by its capture pattern (RFC 3533 §6).
    private bool Synchronize(Span<byte> header)
    {
        Span<byte> next = stackalloc byte[1];
        while (!header[..4].SequenceEqual("OggS"u8))
        {
            if (StreamBytes.ReadFully(_stream, next) == 0) return false;
            header[1..].CopyTo(header);
            header[^1] = next[0];
        }
        return true;
    }
}
