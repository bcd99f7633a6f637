using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The receiving half of an association: DATA and FORWARD TSN in, SACK out (RFC 9260 §6.2).</summary>
internal sealed class DataReceiver(AssociationContext context, ControlOutbox outbox)
{
    private const int PacketsPerSack = 2;                             // §6.2: at least every second packet
    private readonly ReceiveWindow _window = new(context);
    private Instant _sackTimer = Instant.Never;
    private int _unacknowledgedPackets;
    private bool _packetHadData;
    private bool _sackNow;
    private bool _sackPending;
    private long _advertised;

    public ReceiveTracker Tracker { get; } = new();

    public Reassembly Reassembly { get; } = new(context);

    public Instant NextTimeout => _sackTimer;

    /// <summary>a_rwnd: what can still be taken.</summary>
    public uint Window => (uint)Math.Max(0, _window.Capacity - Reassembly.HeldBytes);

    /// <summary>Whether a SACK is to go out even when nothing else does.</summary>
    public bool OwesSack => _sackNow;

    /// <summary>Whether a SACK is to go along with anything that goes out.</summary>
    public bool HasSackPending => _sackPending;

    /// <summary>Whether a round trip is to be measured, for the window's sake. True once.</summary>
    public bool WantsRoundTrip => _window.WantsRoundTrip;

    public void Start(uint peerInitialTsn)
    {
        Tracker.Start(peerInitialTsn);
        _window.Start();
        Reassembly.Clear();
        _advertised = Window;
        (_sackTimer, _unacknowledgedPackets, _sackNow, _sackPending) = (Instant.Never, 0, false, false);
    }

    /// <summary>The association is over: what is incomplete is dropped, what was delivered can still be read.</summary>
    public void Stop()
    {
        Reassembly.Clear();
        (_sackTimer, _sackNow, _sackPending) = (Instant.Never, false, false);
    }

    /// <summary>Takes in a DATA chunk (§6.2); tells what ends the association, if it must end.</summary>
    public SctpFailure Receive(in DataChunk data)
    {
        _packetHadData = true;
        _sackNow |= (data.Flags & ChunkFlags.Immediate) != 0;         // RFC 7053 §5.1
        if (Tracker.Contains(data.Tsn))
        {
            Tracker.AddDuplicate(data.Tsn);
            _sackNow = true;                                          // §6.2: duplicates alone are reported at once
            context.Drops.Count(SctpDropReason.DuplicateData);
            return SctpFailure.None;
        }
        if (Reassembly.IsHeldBack(data.Stream, data.Tsn))             // RFC 6525 §5.2.2 E2: it comes again when its turn has come
        {
            context.Drops.Count(SctpDropReason.StreamResetPending);
            return SctpFailure.None;
        }
        // A hole is filled even when the window is used up, or nothing would ever get out of the way (§6.2).
        bool fillsHole = SerialNumber.IsLess(data.Tsn, Tracker.Highest) || data.Tsn == Tracker.Cumulative + 1;
        long limit = fillsHole ? 2 * _window.Capacity : _window.Capacity;
        if (!Tracker.IsWithinReach(data.Tsn) || Reassembly.HeldBytes + data.UserData.Length > limit)
        {
            _sackNow = true;
            context.Drops.Count(SctpDropReason.WindowExceeded);
            return SctpFailure.None;
        }
        bool hadGaps = Tracker.HasGaps;
        _window.Arrived(data.UserData.Length);
        Tracker.Add(data.Tsn);
        _sackNow |= hadGaps || Tracker.HasGaps;                       // §6.7: a gap, or one that closes
        if (data.Stream >= context.InboundStreams)
        {
            context.Drops.Count(SctpDropReason.InvalidStream);        // §6.5: acknowledged, reported, discarded
            outbox.AddError(ErrorCause.InvalidStreamIdentifier, [(byte)(data.Stream >> 8), (byte)data.Stream, 0, 0]);
            return SctpFailure.None;
        }
        return Reassembly.Add(data, Tracker.Cumulative);
    }

    /// <summary>Takes in a FORWARD TSN chunk (RFC 3758 §3.6).</summary>
    public void Receive(in ForwardTsnChunk forward)
    {
        _sackNow = true;                                              // also for an old one: our SACK may have been lost
        if (!SerialNumber.IsLess(Tracker.Cumulative, forward.NewCumulativeTsn) || !Tracker.IsWithinReach(forward.NewCumulativeTsn))
        {
            context.Drops.Count(SctpDropReason.InvalidForwardTsn);
            return;
        }
        Tracker.AdvanceTo(forward.NewCumulativeTsn);
        Reassembly.Skip(forward);
    }

    /// <summary>All chunks of a packet have been taken in: decides when to acknowledge.</summary>
    public void EndPacket(Instant now)
    {
        if (_sackNow) _sackPending = true;
        if (!_packetHadData) return;
        _packetHadData = false;
        _sackPending = true;
        _window.AdvanceTo(now);
        if (++_unacknowledgedPackets >= PacketsPerSack) _sackNow = true;
        if (!_sackNow && _sackTimer.IsNever) _sackTimer = now + context.Options.SackDelay;
    }

    /// <summary>The application took a message: a window that was nearly closed and is open again is news to the peer (§6.2).</summary>
    public void Read(int bytes)
    {
        _window.Read(bytes);
        long window = Window;
        if (_advertised < _window.Capacity / 2 && window - _advertised >= _window.Capacity / 4) _sackNow = _sackPending = true;
    }

    /// <summary>In SHUTDOWN-SENT every packet with DATA is answered at once (§9.2).</summary>
    public void AcknowledgeNow() => _sackNow = _sackPending = true;

    public void AdvanceTo(Instant now)
    {
        if (now < _sackTimer) return;
        _sackTimer = Instant.Never;
        _sackNow = true;
    }

    /// <summary>Writes the SACK with as many gap blocks as fit (§3.3.4).</summary>
    public void WriteSack(ref WireWriter writer)
    {
        ReadOnlySpan<uint> duplicates = Tracker.Duplicates;
        int room = writer.Free - SackChunk.HeaderLength;
        if (room < 0) return;
        if (duplicates.Length * 4 > room) duplicates = default;
        room = (room - duplicates.Length * 4) / 4;
        int start = Chunk.Begin(ref writer, ChunkType.Sack);
        // No silly window (RFC 1122 §4.2.3.3): what would not take a packet is not offered.
        _advertised = Window < context.BaseMtu ? 0 : Window;
        writer.WriteUInt32(Tracker.Cumulative);
        writer.WriteUInt32((uint)_advertised);
        Span<byte> counts = writer.Reserve(4);
        WireWriter countWriter = new(counts);
        ushort gaps = 0;
        uint from = Tracker.Cumulative + 1;
        while (gaps < room && Tracker.TryNextGapBlock(ref from, out uint first, out uint last))
        {
            writer.WriteUInt16((ushort)(first - Tracker.Cumulative));
            writer.WriteUInt16((ushort)(last - Tracker.Cumulative));
            gaps++;
        }
        countWriter.WriteUInt16(gaps);
        countWriter.WriteUInt16((ushort)duplicates.Length);
        foreach (uint tsn in duplicates) writer.WriteUInt32(tsn);
        Chunk.End(ref writer, start);
        Tracker.ClearDuplicates();
        (_sackTimer, _unacknowledgedPackets, _sackNow, _sackPending) = (Instant.Never, 0, false, false);
    }
}
