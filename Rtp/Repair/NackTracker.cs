using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Which packets of a source are missed, and when to ask for each (RFC 4585 §6.2.1).</summary>
/// <remarks>A ring of <see cref="RtpSessionOptions.MaxMissingPackets"/> slots of 32 bytes, made at the first loss.</remarks>
internal sealed class NackTracker(RtpSessionOptions options)
{
    private const int SeenBits = 1024;
    private readonly ulong[] _seen = new ulong[SeenBits / 64];
    private Missing[]? _slots;
    private ushort _highest, _oldest;
    private bool _any;
    private int _count;
    private TimeSpan _reordering = options.ReorderingTolerance;

    /// <summary>When a packet is to be asked for; <see cref="Instant.Never"/> when none is.</summary>
    public Instant NextAt { get; private set; } = Instant.Never;

    /// <summary>Packets that are missed now.</summary>
    public int Count => _count;

    /// <summary>Packets that were not repaired in the time or number of attempts there is.</summary>
    public ulong GivenUp { get; private set; }

    /// <summary>Packets that came after they had been asked for.</summary>
    public ulong Repaired { get; private set; }

    /// <summary>Takes a packet's arrival.</summary>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="now">When.</param>
    /// <param name="isRetransmission">Whether it came as a retransmission of its own stream.</param>
    /// <param name="roundTrip">How long a repair took, when it was asked for once; else null.</param>
    /// <returns>False for a duplicate.</returns>
    public bool Arrived(ushort sequence, Instant now, bool isRetransmission, out TimeSpan? roundTrip)
    {
        roundTrip = null;
        int distance = SerialNumber.Distance(_highest, sequence);
        if (!_any || distance > options.MaxMissingPackets || distance < -SeenBits * 8)
        {
            if (_any && isRetransmission) return false;                  // of packets that have long been given up
            Restart(sequence);
            return true;
        }
        if (distance > 0)
        {
            for (ushort next = (ushort)(_highest + 1); next != sequence; next++) Add(next, now);
            ClearSeen(distance);
            _highest = sequence;
            MarkSeen(sequence);
            return true;
        }
        if (-distance >= SeenBits) return !isRetransmission;             // too old to tell
        if (IsSeen(sequence)) return false;
        MarkSeen(sequence);
        if (Find(sequence) is var slot and >= 0) Found(slot, now, isRetransmission, out roundTrip);
        return true;
    }

    /// <summary>Collects what is to be asked for now, oldest first, and gives up what is too old.</summary>
    /// <param name="lost">Where the sequence numbers go; what does not fit waits for the next call.</param>
    /// <param name="now">The time of the call.</param>
    /// <param name="patience">How long to wait for each before it is asked for again.</param>
    /// <returns>How many there are.</returns>
    public int Collect(Span<ushort> lost, Instant now, TimeSpan patience)
    {
        if (now < NextAt) return 0;
        int collected = 0;
        Instant next = Instant.Never;
        ushort oldest = _highest;
        int left = _count;
        for (ushort sequence = _oldest; left > 0; sequence++)
        {
            int at = Find(sequence);
            if (at < 0) continue;
            left--;
            ref Missing slot = ref _slots![at];
            bool exhausted = slot.Attempts >= options.MaxNacksPerPacket && now >= slot.NextAt;
            if (exhausted || now - slot.FoundAt > options.MaxRepairTime)
            {
                slot.IsMissing = false;
                _count--;
                GivenUp++;
                continue;
            }
            if (now >= slot.NextAt && collected < lost.Length)
            {
                lost[collected++] = sequence;
                slot.Attempts++;
                (slot.AskedAt, slot.NextAt) = (now, now + patience);
            }
            if (SerialNumber.IsLess(sequence, oldest)) oldest = sequence;
            next = Instant.Min(next, slot.NextAt);
        }
        (_oldest, NextAt) = (oldest, next);
        return collected;
    }

    private void Found(int at, Instant now, bool isRetransmission, out TimeSpan? roundTrip)
    {
        ref Missing slot = ref _slots![at];
        slot.IsMissing = false;
        _count--;
        roundTrip = null;
        if (slot.Attempts == 0)
        {
            // It was overtaken and not lost: wait that long before asking, from now on.
            TimeSpan late = now - slot.FoundAt;
            if (!isRetransmission && late > _reordering) _reordering = late < options.MaxReorderingTolerance ? late : options.MaxReorderingTolerance;
        }
        else
        {
            Repaired++;
            if (slot.Attempts == 1 && isRetransmission) roundTrip = now - slot.AskedAt;       // Karn: which of several was answered is not known
        }
        if (_count == 0) NextAt = Instant.Never;
    }

    private void Add(ushort sequence, Instant now)
    {
        _slots ??= new Missing[RoundUp(options.MaxMissingPackets)];
        ref Missing slot = ref _slots[sequence & _slots.Length - 1];
        if (slot.IsMissing)
        {
            GivenUp++;                                                   // the window has passed it
            _count--;
        }
        if (_count == 0)
        {
            _oldest = sequence;
            _reordering = TimeSpan.FromTicks(Math.Max(options.ReorderingTolerance.Ticks, _reordering.Ticks * 31 / 32));
        }
        else if (SerialNumber.Distance(_oldest, sequence) >= _slots.Length)
        {
            _oldest = (ushort)(sequence - _slots.Length + 1);
        }
        slot = new Missing { Sequence = sequence, IsMissing = true, FoundAt = now, NextAt = now + _reordering };
        NextAt = Instant.Min(NextAt, slot.NextAt);
        _count++;
    }

    private int Find(ushort sequence)
    {
        if (_slots is null) return -1;
        int at = sequence & _slots.Length - 1;
        return _slots[at].IsMissing && _slots[at].Sequence == sequence ? at : -1;
    }

    private void Restart(ushort sequence)
    {
        if (_slots is not null) Array.Clear(_slots, 0, _slots.Length);
        Array.Clear(_seen, 0, _seen.Length);
        GivenUp += (ulong)_count;
        (_any, _highest, _oldest, _count, NextAt) = (true, sequence, sequence, 0, Instant.Never);
        MarkSeen(sequence);
    }

    private bool IsSeen(ushort sequence) => (_seen[sequence % SeenBits / 64] >> (sequence & 63) & 1) != 0;

    private void MarkSeen(ushort sequence) => _seen[sequence % SeenBits / 64] |= 1UL << (sequence & 63);

    private void ClearSeen(int steps)
    {
        for (int i = 1; i <= Math.Min(steps, SeenBits); i++)
        {
            ushort sequence = (ushort)(_highest + i);
            _seen[sequence % SeenBits / 64] &= ~(1UL << (sequence & 63));
        }
    }

    private static int RoundUp(int count)
    {
        int size = 64;
        while (size < count) size *= 2;
        return size;
    }

    private struct Missing
    {
        public Instant FoundAt, AskedAt, NextAt;
        public ushort Sequence;
        public byte Attempts;
        public bool IsMissing;
    }
}
