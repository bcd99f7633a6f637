using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>How one source is received: loss, jitter and the extended sequence number (RFC 3550 §6.4.1, appendices A.1, A.3 and A.8).</summary>
public sealed class ReceptionStatistics
{
    private const int MaxDropout = 3000;                // A.1: a jump larger than this is a restart, not loss
    private const int MaxMisorder = 100;
    private const long MaxTransitChange = 10;           // in seconds: a timestamp that jumps is another stream's start, not jitter

    private readonly uint _clockRate;
    private uint _baseSequence;
    private ushort _highest;
    private uint _cycles;
    private int _expectedRestart = -1;                  // A.1 bad_seq: the number that would confirm a restart
    private uint _expectedPrior, _receivedPrior;
    private uint _received;
    private long _transit;
    private bool _hasTransit;
    private double _jitter;
    private uint _lastSenderReport;
    private Instant _lastSenderReportAt;

    internal ReceptionStatistics(uint clockRate) => _clockRate = clockRate;

    /// <summary>Whether a packet has been counted.</summary>
    public bool HasPackets { get; private set; }

    /// <summary>Packets received, duplicates and late ones included.</summary>
    public ulong PacketsReceived { get; private set; }

    /// <summary>Payload bytes received.</summary>
    public ulong BytesReceived { get; private set; }

    /// <summary>Header bytes received: RTP header, extension and padding.</summary>
    public ulong HeaderBytesReceived { get; private set; }

    /// <summary>Packets expected less those received since the source (re)started; negative with duplicates.</summary>
    public int PacketsLost => HasPackets ? (int)(Expected - _received) : 0;

    /// <summary>Interarrival jitter in seconds.</summary>
    public double JitterSeconds => _clockRate == 0 ? 0 : _jitter / _clockRate;

    /// <summary>The highest sequence number with its cycles (RFC 3550 §6.4.1).</summary>
    public uint ExtendedHighestSequenceNumber => _cycles + _highest;

    /// <summary>When the last packet arrived.</summary>
    public Instant LastPacketAt { get; private set; }

    private uint Expected => ExtendedHighestSequenceNumber - _baseSequence + 1;

    internal void Count(in RtpPacket packet, Instant now)
    {
        PacketsReceived++;
        BytesReceived += (ulong)packet.PayloadLength;
        HeaderBytesReceived += (ulong)(packet.Bytes.Length - packet.PayloadLength);
        LastPacketAt = now;
        if (!HasPackets) Restart(packet.SequenceNumber);
        else if (!Follow(packet.SequenceNumber)) return;
        _received++;
        MeasureJitter(packet.Timestamp, now);
    }

    internal void SenderReportArrived(in SenderInfo info, Instant now)
    {
        _lastSenderReport = (uint)(info.NtpTime >> 16);
        _lastSenderReportAt = now;
    }

    /// <summary>Makes the report block that is due, and starts the next interval.</summary>
    internal ReportBlock Report(uint ssrc, Instant now)
    {
        uint expected = Expected;
        uint expectedInterval = expected - _expectedPrior, receivedInterval = _received - _receivedPrior;
        (_expectedPrior, _receivedPrior) = (expected, _received);
        int lost = (int)(expectedInterval - receivedInterval);
        byte fraction = expectedInterval == 0 || lost <= 0 ? (byte)0 : (byte)Math.Min(((long)lost << 8) / expectedInterval, 255);
        uint delay = _lastSenderReport == 0 ? 0 : (uint)Math.Min((now - _lastSenderReportAt).TotalSeconds * 65536, uint.MaxValue);
        return new ReportBlock(ssrc, fraction, PacketsLost, ExtendedHighestSequenceNumber, (uint)_jitter, _lastSenderReport, delay);
    }

    // A.1 update_seq. False for a packet that may belong to a restarted source, which the next one will show.
    private bool Follow(ushort sequence)
    {
        int delta = SerialNumber.Distance(_highest, sequence);
        if (delta is > 0 and < MaxDropout)
        {
            if (sequence < _highest) _cycles += 1 << 16;
            _highest = sequence;
        }
        else if (delta is > 0 or <= -MaxMisorder)
        {
            if (sequence == _expectedRestart)
            {
                Restart(sequence);
                return true;
            }
            _expectedRestart = (ushort)(sequence + 1);
            return false;
        }
        _expectedRestart = -1;
        return true;
    }

    private void Restart(ushort sequence)
    {
        (HasPackets, _highest, _baseSequence, _cycles, _expectedRestart) = (true, sequence, sequence, 0, -1);
        (_received, _expectedPrior, _receivedPrior, _hasTransit, _jitter) = (0, 0, 0, false, 0);
    }

    private void MeasureJitter(uint timestamp, Instant now)
    {
        if (_clockRate == 0) return;
        long arrival = (long)(now.Ticks * (double)_clockRate / TimeSpan.TicksPerSecond);
        long transit = arrival - timestamp;
        if (_hasTransit)
        {
            long difference = Math.Abs((long)(int)(transit - _transit)); // 32 bits: the timestamp wraps around
            if (difference < MaxTransitChange * _clockRate) _jitter += (difference - _jitter) / 16;
        }
        (_transit, _hasTransit) = (transit, true);
    }
}
