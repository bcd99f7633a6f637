namespace WebRtcStack.Rtp;

/// <summary>A block of redundant audio: an earlier payload, or the primary one (RFC 2198 §3).</summary>
public readonly ref struct RedBlock
{
    /// <summary>The payload type of the block.</summary>
    public byte PayloadType { get; init; }

    /// <summary>How much earlier than the packet's timestamp it is, in units of the RTP clock; 0 for the primary one.</summary>
    public ushort TimestampOffset { get; init; }

    /// <summary>Whether it is the primary block, the last one.</summary>
    public bool IsPrimary { get; init; }

    /// <summary>The block's payload, a view into the packet's.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }
}

/// <summary>Walks the blocks of a RED payload, oldest first (RFC 2198 §3).</summary>
public ref struct RedReader
{
    internal const int BlockHeaderLength = 4;
    internal const int PrimaryHeaderLength = 1;
    private ReadOnlySpan<byte> _headers, _data;

    //  0                   1                    2                   3
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |F|   block PT  |  timestamp offset         |   block length    |
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |0|   Block PT  |   the primary block's header, which is last

    /// <summary>How many blocks are left.</summary>
    public int Count { get; private set; }

    /// <summary>Begins a payload. False when its headers or blocks exceed it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out RedReader reader)
    {
        reader = default;
        int position = 0, data = 0, count = 1;
        while (position < payload.Length && (payload[position] & 0x80) != 0)
        {
            if (payload.Length - position < BlockHeaderLength) return false;
            data += (payload[position + 2] & 3) << 8 | payload[position + 3];
            position += BlockHeaderLength;
            count++;
        }
        position += PrimaryHeaderLength;
        if (position + data > payload.Length) return false;
        reader = new RedReader { _headers = payload[..position], _data = payload[position..], Count = count };
        return true;
    }

    /// <summary>Reads the next block. False at the end.</summary>
    public bool TryRead(out RedBlock block)
    {
        block = default;
        if (Count == 0) return false;
        if (--Count == 0)
        {
            block = new RedBlock { PayloadType = (byte)(_headers[0] & 0x7F), IsPrimary = true, Payload = _data };
            return true;
        }
        int length = (_headers[2] & 3) << 8 | _headers[3];
        block = new RedBlock
        {
            PayloadType = (byte)(_headers[0] & 0x7F),
            TimestampOffset = (ushort)(_headers[1] << 6 | _headers[2] >> 2),
            Payload = _data[..length],
        };
        _headers = _headers[BlockHeaderLength..];
        _data = _data[length..];
        return true;
    }
}
