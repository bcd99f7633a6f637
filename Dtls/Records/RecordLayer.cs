namespace WebRtcStack.Dtls;

/// <summary>How opening a record went.</summary>
internal enum RecordOutcome
{
    Opened,
    NoKeys,
    Dropped,
}

/// <summary>A record that was opened: what it holds and where.</summary>
/// <param name="Type">The content type.</param>
/// <param name="Number">Epoch and sequence number.</param>
/// <param name="Offset">Where in the record the plaintext begins.</param>
/// <param name="Length">The plaintext's length.</param>
internal readonly record struct OpenedRecord(ContentType Type, RecordNumber Number, int Offset, int Length);

/// <summary>Epoch and sequence number of a record (RFC 9147 §4).</summary>
internal readonly record struct RecordNumber(ushort Epoch, ulong Sequence);

/// <summary>Writes and opens records: epochs, sequence numbers, keys and replay windows (RFC 6347 §4.1, RFC 9147 §4).</summary>
/// <remarks>
/// Epoch 0 is in the clear. DTLS 1.2 knows epoch 1 besides; renegotiation, which would make more, is refused. DTLS 1.3 has epoch 2 for
/// the handshake, 3 for data, and one more with each key update; as the wire shows two bits of it, there is a slot for each of these.
/// </remarks>
internal sealed class RecordLayer(int replayWindow, DropCounters drops) : IDisposable
{
    private const ulong LastSequence = (1UL << 48) - 1;
    private const int Slots = 4;
    private const long ForgeryLimit = 1L << 36;                    // RFC 9147 §4.5.3
    private readonly WriteKeys?[] _write = [new WriteKeys(0), null, null, null];
    private readonly ReadKeys?[] _read = new ReadKeys?[Slots];
    private readonly int _replayWindow = replayWindow;

    /// <summary>The epoch of what is not part of a flight: alerts, acknowledgements and application data.</summary>
    public ushort WriteEpoch { get; set; }

    /// <summary>The newest epoch that can be read.</summary>
    public ushort ReadEpoch { get; private set; }

    /// <summary>Before a version is negotiated records carry that of DTLS 1.0, which every peer takes (RFC 6347 §4.2.1).</summary>
    public ushort Version { get; set; } = DtlsVersion.Dtls10;

    /// <summary>Whether DTLS 1.3 was negotiated, may still be, or cannot be.</summary>
    public bool? IsDtls13 { get; set; }

    /// <summary>Plaintext that the peer takes in one record (RFC 8449 §4).</summary>
    public int MaxPlaintext { get; set; } = RecordHeader.MaxPlaintext;

    /// <summary>Plaintext, with its content type in DTLS 1.3, that we announced to take.</summary>
    public int ReadLimit { get; set; } = RecordHeader.MaxPlaintext + 1;

    /// <summary>Whether sequence numbers are left in the current epoch; they never wrap (RFC 6347 §4.1).</summary>
    public bool CanWrite => Written <= LastSequence;

    /// <summary>Records written in the current epoch.</summary>
    public ulong Written => Writer(WriteEpoch).Next;

    /// <summary>Whether so many records failed to authenticate that the keys must not be used any longer (RFC 9147 §4.5.3).</summary>
    public bool ForgeryLimitReached { get; private set; }

    /// <summary>Continues the numbers of epoch 0 where another has begun to answer in our stead.</summary>
    public void BeginAt(ulong sequence) => Writer(0).Next = sequence;

    /// <summary>Gives epoch 1 of DTLS 1.2 its keys, which are this object's from now on.</summary>
    public void InstallKeys(RecordProtection read, RecordProtection write)
    {
        _write[1] = new WriteKeys(1) { Classic = write };
        InstallRead(new ReadKeys(1, _replayWindow) { Classic = read });
    }

    /// <summary>Gives an epoch of DTLS 1.3 its key for reading. Of older ones only the one before is kept (RFC 9147 §4.2.1, §8).</summary>
    public void InstallRead(ushort epoch, CiphertextProtection protection) =>
        InstallRead(new ReadKeys(epoch, _replayWindow) { Unified = protection });

    /// <summary>Gives an epoch of DTLS 1.3 its key for writing, and makes it the current one.</summary>
    public void InstallWrite(ushort epoch, CiphertextProtection protection)
    {
        _write[epoch % Slots]?.Dispose();
        _write[epoch % Slots] = new WriteKeys(epoch) { Unified = protection };
        WriteEpoch = epoch;
    }

    /// <summary>
    /// Forgets the keys of the handshake of DTLS 1.3, once our last flight has arrived. A server goes on reading with them, as it has to
    /// acknowledge a last flight that the client repeats (RFC 9147 §5.8.1).
    /// </summary>
    public void ForgetHandshake(bool forReadingToo)
    {
        const int Epoch = HandshakeState13.HandshakeEpoch;
        if (WriteEpoch > Epoch && _write[Epoch]?.Epoch == Epoch) Forget(ref _write[Epoch]);
        if (forReadingToo && ReadEpoch > Epoch && _read[Epoch]?.Epoch == Epoch) Forget(ref _read[Epoch]);

        static void Forget<T>(ref T? keys) where T : class, IDisposable
        {
            keys!.Dispose();
            keys = null;
        }
    }

    /// <summary>Bytes from the start of a record to its plaintext.</summary>
    public int PlaintextOffset(ushort epoch) => Writer(epoch).PlaintextOffset;

    /// <summary>Bytes that a record is longer than its plaintext.</summary>
    public int Overhead(ushort epoch) => Writer(epoch).Overhead;

    /// <summary>Completes the record whose plaintext stands at <see cref="PlaintextOffset"/>.</summary>
    /// <returns>The record's length.</returns>
    public int Seal(Span<byte> record, ContentType type, ushort epoch, int plaintextLength) =>
        Seal(record, type, epoch, plaintextLength, out _);

    /// <summary>Completes the record whose plaintext stands at <see cref="PlaintextOffset"/>, and tells its number.</summary>
    /// <returns>The record's length.</returns>
    public int Seal(Span<byte> record, ContentType type, ushort epoch, int plaintextLength, out RecordNumber number)
    {
        WriteKeys keys = Writer(epoch);
        Debug.Assert(keys.Next <= LastSequence, "CanWrite is asked first");
        int length = keys.Overhead + plaintextLength;
        number = new RecordNumber(epoch, keys.Next++);
        if (keys.Unified is not null)
        {
            keys.Unified.Seal(record[..length], type, epoch, number.Sequence);
            return length;
        }
        RecordHeader header = new(type, Version, epoch, number.Sequence, length - RecordHeader.Size);
        header.Write(record);
        keys.Classic?.Seal(header, record[RecordHeader.Size..length]);
        return length;
    }

    /// <summary>Measures the record at the front of a datagram; false when there is none.</summary>
    public static bool TryMeasure(ReadOnlySpan<byte> datagram, out int size)
    {
        size = 0;
        if (datagram.IsEmpty) return false;
        if (UnifiedHeader.Matches(datagram[0]))
        {
            bool unified = UnifiedHeader.TryParse(datagram, out UnifiedHeader header);
            size = header.HeaderLength + header.Length;
            return unified;
        }
        bool classic = RecordHeader.TryParse(datagram, out RecordHeader classicHeader);
        size = RecordHeader.Size + classicHeader.Length;
        return classic;
    }

    /// <summary>Opens a record, which <see cref="TryMeasure"/> has found, in place and marks it as received; what is dropped is counted.</summary>
    public RecordOutcome Open(Span<byte> record, out OpenedRecord opened)
    {
        opened = default;
        if (UnifiedHeader.Matches(record[0])) return OpenUnified(record, out opened);
        if (!RecordHeader.TryParse(record, out RecordHeader header) || !IsKnown(header)) return Drop(DtlsDropReason.UnknownRecord);
        opened = new OpenedRecord(header.Type, new RecordNumber(header.Epoch, header.Sequence), RecordHeader.Size, header.Length);
        if (header.Epoch == 0) return RecordOutcome.Opened;        // no window here: forged records would close it
        if (header.Epoch != 1 || IsDtls13 == true) return Drop(DtlsDropReason.UnknownEpoch);
        if (_read[1] is not { Classic: { } protection } keys) return RecordOutcome.NoKeys;
        if (!keys.Window.MayAccept(header.Sequence)) return Drop(DtlsDropReason.Replay);
        if (!protection.TryOpen(header, record[RecordHeader.Size..], out int length)) return Forged(keys);
        if (length > Math.Min(ReadLimit, RecordHeader.MaxPlaintext)) return Drop(DtlsDropReason.UnknownRecord);
        keys.Window.Accept(header.Sequence);
        opened = opened with { Offset = RecordHeader.Size + protection.ExplicitNonceLength, Length = length };
        return RecordOutcome.Opened;
    }

    public void Dispose()
    {
        for (int i = 0; i < Slots; i++)
        {
            _read[i]?.Dispose();
            _read[i] = null;
            _write[i]?.Dispose();
            if (i > 0) _write[i] = null;
        }
        _write[0] ??= new WriteKeys(0);
        WriteEpoch = 0;
    }

    private static bool IsKnown(in RecordHeader header) =>
        header.Version is DtlsVersion.Dtls12 or DtlsVersion.Dtls10 && header.Length <= RecordHeader.MaxLength &&
        header.Type is (>= ContentType.ChangeCipherSpec and <= ContentType.ApplicationData) or ContentType.Ack;

    private RecordOutcome OpenUnified(Span<byte> record, out OpenedRecord opened)
    {
        opened = default;
        if (IsDtls13 == false || !UnifiedHeader.TryParse(record, out UnifiedHeader header)) return Drop(DtlsDropReason.UnknownRecord);
        if (_read[header.LowEpoch] is not { Unified: { } protection } keys)
            return ReadEpoch < 3 && header.LowEpoch >= 2 ? RecordOutcome.NoKeys : Drop(DtlsDropReason.UnknownEpoch);
        if (!protection.TryOpen(record, header, keys.Window.Highest + 1, out ulong sequence)) return Forged(keys);
        if (!keys.Window.MayAccept(sequence)) return Drop(DtlsDropReason.Replay);
        Span<byte> inner = record[header.HeaderLength..^Aead.TagLength];
        int typeAt = inner.Length - 1;
        while (typeAt >= 0 && inner[typeAt] == 0) typeAt--;        // RFC 8446 §5.4: zeros behind the content type are padding
        if (typeAt < 0 || inner.Length > ReadLimit) return Drop(DtlsDropReason.UnknownRecord);
        keys.Window.Accept(sequence);
        ContentType type = (ContentType)inner[typeAt];
        if (type is not (ContentType.Alert or ContentType.Handshake or ContentType.ApplicationData or ContentType.Ack))
            return Drop(DtlsDropReason.UnknownRecord);
        opened = new OpenedRecord(type, new RecordNumber(keys.Epoch, sequence), header.HeaderLength, typeAt);
        return RecordOutcome.Opened;
    }

    private void InstallRead(ReadKeys keys)
    {
        for (int i = 0; i < Slots; i++)
        {
            if (_read[i] is not { } old || (old.Epoch == ReadEpoch && i != keys.Epoch % Slots)) continue;
            old.Dispose();
            _read[i] = null;
        }
        _read[keys.Epoch % Slots] = keys;
        ReadEpoch = keys.Epoch;
    }

    private WriteKeys Writer(ushort epoch)
    {
        WriteKeys? keys = _write[epoch % Slots];
        Debug.Assert(keys?.Epoch == epoch, "an epoch is written after its keys were installed");
        return keys!;
    }

    private RecordOutcome Forged(ReadKeys keys)
    {
        if (++keys.Forgeries >= ForgeryLimit) ForgeryLimitReached = true;
        return Drop(DtlsDropReason.BadRecordMac);
    }

    private RecordOutcome Drop(DtlsDropReason reason)
    {
        drops.Count(reason);
        return RecordOutcome.Dropped;
    }

    private sealed class WriteKeys(ushort epoch) : IDisposable
    {
        public ushort Epoch => epoch;

        public ulong Next { get; set; }

        public RecordProtection? Classic { get; init; }

        public CiphertextProtection? Unified { get; init; }

        public int PlaintextOffset => Unified is not null ? UnifiedHeader.Size : RecordHeader.Size + (Classic?.ExplicitNonceLength ?? 0);

        public int Overhead => Unified is not null
            ? UnifiedHeader.Size + CiphertextProtection.Trailer
            : RecordHeader.Size + (Classic?.Overhead ?? 0);

        public void Dispose()
        {
            Classic?.Dispose();
            Unified?.Dispose();
        }
    }

    private sealed class ReadKeys(ushort epoch, int replayWindow) : IDisposable
    {
        public ushort Epoch => epoch;

        public ReplayWindow Window { get; } = new(replayWindow);

        public long Forgeries { get; set; }

        public RecordProtection? Classic { get; init; }

        public CiphertextProtection? Unified { get; init; }

        public void Dispose()
        {
            Classic?.Dispose();
            Unified?.Dispose();
        }
    }
}
