using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>The header of an Ogg page (RFC 3533 §6) and its checksum.</summary>
internal readonly record struct OggPage
{
    public const int HeaderLength = 27;
    public const int MaxSegments = 255;
    public const int MaxBody = MaxSegments * 255;
    private const int ChecksumAt = 22;
    private static readonly uint[] s_table = CreateTable();

    /// <summary>Whether the first packet goes on from the page before.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Whether this is the stream's first page.</summary>
    public bool IsFirst { get; init; }

    /// <summary>Whether this is the stream's last page.</summary>
    public bool IsLast { get; init; }

    /// <summary>The position behind the last packet that ends on the page; ulong.MaxValue when none does.</summary>
    public ulong GranulePosition { get; init; }

    /// <summary>The logical stream.</summary>
    public uint Serial { get; init; }

    /// <summary>The page's number in its stream.</summary>
    public uint Number { get; init; }

    /// <summary>How many lacing values follow the header.</summary>
    public byte Segments { get; init; }

    /// <summary>Reads a header. False when it is not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, out OggPage page)
    {
        page = default;
        if (header.Length < HeaderLength || !header[..4].SequenceEqual("OggS"u8) || header[4] != 0) return false;
        page = new OggPage
        {
            IsContinued = (header[5] & 1) != 0,
            IsFirst = (header[5] & 2) != 0,
            IsLast = (header[5] & 4) != 0,
            GranulePosition = BinaryPrimitives.ReadUInt64LittleEndian(header[6..]),
            Serial = BinaryPrimitives.ReadUInt32LittleEndian(header[14..]),
            Number = BinaryPrimitives.ReadUInt32LittleEndian(header[18..]),
            Segments = header[26],
        };
        return true;
    }

    /// <summary>Writes the header; the checksum is left 0.</summary>
    public void Write(Span<byte> destination)
    {
        "OggS"u8.CopyTo(destination);
        destination[4] = 0;
        destination[5] = (byte)((IsContinued ? 1 : 0) | (IsFirst ? 2 : 0) | (IsLast ? 4 : 0));
        BinaryPrimitives.WriteUInt64LittleEndian(destination[6..], GranulePosition);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[14..], Serial);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[18..], Number);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[ChecksumAt..], 0);
        destination[26] = Segments;
    }

    /// <summary>Writes the checksum into a whole page.</summary>
    public static void Seal(Span<byte> page) => BinaryPrimitives.WriteUInt32LittleEndian(page[ChecksumAt..], Checksum(page));

    /// <summary>Whether a whole page has its checksum. The checksum's field is zero behind the call.</summary>
    public static bool Verify(Span<byte> page)
    {
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(page[ChecksumAt..]);
        page.Slice(ChecksumAt, 4).Clear();
        return Checksum(page) == expected;
    }

    // RFC 3533 §6: polynomial 0x04C11DB7, neither reflected nor inverted.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        foreach (byte b in bytes) sum = sum << 8 ^ s_table[sum >> 24 ^ b];
        return sum;
    }

    private static uint[] CreateTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i << 24;
            for (int bit = 0; bit < 8; bit++) value = (value & 0x80000000) != 0 ? value << 1 ^ 0x04C11DB7 : value << 1;
            table[i] = value;
        }
        return table;
    }
}
