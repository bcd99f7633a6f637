using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>Which records of the peer's flight have come, and when to tell the peer (RFC 9147 §7, §7.1). Not in DTLS 1.2.</summary>
internal sealed class AckTracker(RecordLayer records)
{
    private const int MaxNumbers = 64;
    private const int NumberSize = 16;
    private const int HeaderSize = 2;
    private readonly List<RecordNumber> _numbers = [];
    private bool _owed;

    /// <summary>When we stop to wait for the rest of a flight and acknowledge what is there.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    public bool HasNumbers => _numbers.Count > 0;

    /// <summary>Our answer acknowledges the peer's flight, so the next that comes is another one (§7).</summary>
    public void Begin()
    {
        _numbers.Clear();
        (_owed, Deadline) = (false, Instant.Never);
    }

    /// <summary>Notes a record whose handshake messages were all processed or kept.</summary>
    public void Note(RecordNumber number)
    {
        if (_numbers.Contains(number)) return;
        if (_numbers.Count == MaxNumbers) _numbers.RemoveAt(0);
        _numbers.Add(number);
    }

    /// <summary>Acknowledges what is noted as soon as possible.</summary>
    public void Owe() => (_owed, Deadline) = (true, Instant.Never);

    /// <summary>Acknowledges what is noted if the flight does not go on in time.</summary>
    public void OweLater(Instant when)
    {
        if (!_owed && Deadline.IsNever) Deadline = when;
    }

    public void AdvanceTo(Instant now)
    {
        if (now >= Deadline && !Deadline.IsNever) Owe();
    }

    //  ACK: uint16 length, then per record uint64 epoch and uint64 sequence_number, in increasing order

    /// <summary>Writes an ACK record when one is owed; the newest numbers when there is no room for all.</summary>
    /// <param name="destination">The datagram.</param>
    /// <param name="forget">Whether the numbers need not be repeated in a later ACK, as after the handshake.</param>
    public int Transmit(Span<byte> destination, bool forget)
    {
        if (!_owed || !records.CanWrite) return 0;
        ushort epoch = records.WriteEpoch;
        int room = Math.Min(destination.Length - records.Overhead(epoch), records.MaxPlaintext) - HeaderSize;
        int count = Math.Min(_numbers.Count, room / NumberSize);
        List<RecordNumber> chosen = _numbers.GetRange(_numbers.Count - count, count);
        chosen.Sort(static (a, b) => a.Epoch != b.Epoch ? a.Epoch.CompareTo(b.Epoch) : a.Sequence.CompareTo(b.Sequence));
        Span<byte> content = destination[records.PlaintextOffset(epoch)..];
        BinaryPrimitives.WriteUInt16BigEndian(content, (ushort)(count * NumberSize));
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(content[(HeaderSize + i * NumberSize)..], chosen[i].Epoch);
            BinaryPrimitives.WriteUInt64BigEndian(content[(HeaderSize + i * NumberSize + 8)..], chosen[i].Sequence);
        }
        _owed = false;
        if (forget) _numbers.Clear();
        return records.Seal(destination, ContentType.Ack, epoch, HeaderSize + count * NumberSize);
    }

    /// <summary>Reads the next number of an ACK.</summary>
    public static bool TryRead(ref WireReader reader, out ulong epoch, out ulong sequence)
    {
        sequence = 0;
        return reader.TryReadUInt64(out epoch) && reader.TryReadUInt64(out sequence);
    }

    /// <summary>Reads the vector of an ACK.</summary>
    public static bool TryParse(ReadOnlySpan<byte> content, out WireReader numbers)
    {
        WireReader reader = new(content);
        bool read = reader.TryReadVector16(out ReadOnlySpan<byte> vector) && reader.IsEmpty && vector.Length % NumberSize == 0;
        numbers = new WireReader(vector);
        return read;
    }
}
