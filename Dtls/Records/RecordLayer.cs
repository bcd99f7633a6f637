namespace WebRtcStack.Dtls;

/// <summary>How opening a record went.</summary>
internal enum RecordOutcome
{
    Opened,
    NoKeys,
    Dropped,
}

/// <summary>Writes and opens records: epochs, sequence numbers, keys and the replay window (RFC 6347 §4.1).</summary>
/// <remarks>DTLS 1.2 knows epoch 0, in the clear, and epoch 1; renegotiation, which would make more, is refused.</remarks>
internal sealed class RecordLayer(int replayWindow, DropCounters drops) : IDisposable
{
    private const ulong LastSequence = (1UL << 48) - 1;
    private readonly ReplayWindow _received = new(replayWindow);
    private readonly ulong[] _nextSequence = new ulong[2];
    private RecordProtection? _read;
    private RecordProtection? _write;

    /// <summary>The epoch of what is not part of a flight: alerts and application data.</summary>
    public ushort WriteEpoch { get; set; }

    /// <summary>Before a version is negotiated records carry that of DTLS 1.0, which every peer takes (RFC 6347 §4.2.1).</summary>
    public ushort Version { get; set; } = DtlsVersion.Dtls10;

    /// <summary>Whether sequence numbers are left in the current epoch; they never wrap (RFC 6347 §4.1).</summary>
    public bool CanWrite => _nextSequence[WriteEpoch] <= LastSequence;

    public bool HasKeys => _read is not null;

    /// <summary>Gives epoch 1 its keys, which are this object's from now on.</summary>
    public void InstallKeys(RecordProtection read, RecordProtection write) => (_read, _write) = (read, write);

    /// <summary>Bytes from the start of a record to its plaintext.</summary>
    public int PlaintextOffset(ushort epoch) => RecordHeader.Size + (epoch == 0 ? 0 : _write!.ExplicitNonceLength);

    /// <summary>Bytes that a record is longer than its plaintext.</summary>
    public int Overhead(ushort epoch) => RecordHeader.Size + (epoch == 0 ? 0 : _write!.Overhead);

    /// <summary>Completes the record whose plaintext stands at <see cref="PlaintextOffset"/>.</summary>
    /// <returns>The record's length.</returns>
    public int Seal(Span<byte> record, ContentType type, ushort epoch, int plaintextLength)
    {
        Debug.Assert(_nextSequence[epoch] <= LastSequence, "CanWrite is asked first");
        int length = Overhead(epoch) + plaintextLength;
        RecordHeader header = new(type, Version, epoch, _nextSequence[epoch]++, length - RecordHeader.Size);
        header.Write(record);
        if (epoch != 0) _write!.Seal(header, record[RecordHeader.Size..length]);
        return length;
    }

    /// <summary>Opens a record in place and marks it as received; what is dropped is counted.</summary>
    /// <param name="header">The record's header.</param>
    /// <param name="record">The whole record.</param>
    /// <param name="offset">Where in it the plaintext begins.</param>
    /// <param name="length">The length of the plaintext.</param>
    public RecordOutcome Open(in RecordHeader header, Span<byte> record, out int offset, out int length)
    {
        (offset, length) = (RecordHeader.Size, header.Length);
        if (header.Epoch == 0) return RecordOutcome.Opened;        // no window here: forged records would close it
        if (header.Epoch != 1) return Drop(DtlsDropReason.UnknownEpoch);
        if (_read is null) return RecordOutcome.NoKeys;
        if (!_received.MayAccept(header.Sequence)) return Drop(DtlsDropReason.Replay);
        if (!_read.TryOpen(header, record[RecordHeader.Size..], out length)) return Drop(DtlsDropReason.BadRecordMac);
        if (length > RecordHeader.MaxPlaintext) return Drop(DtlsDropReason.UnknownRecord);
        _received.Accept(header.Sequence);
        offset += _read.ExplicitNonceLength;
        return RecordOutcome.Opened;
    }

    public void Dispose()
    {
        _read?.Dispose();
        _write?.Dispose();
        (_read, _write) = (null, null);
    }

    private RecordOutcome Drop(DtlsDropReason reason)
    {
        drops.Count(reason);
        return RecordOutcome.Dropped;
    }
}
