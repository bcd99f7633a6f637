using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A packet that has left, as congestion control needs to know it.</summary>
/// <param name="TransportSequence">Its transport-wide sequence number, if <paramref name="HasTransportSequence"/>.</param>
/// <param name="HasTransportSequence">Whether it carries one.</param>
/// <param name="Ssrc">Its source.</param>
/// <param name="SequenceNumber">Its sequence number.</param>
/// <param name="Bytes">Its size as RTP: header and payload, without SRTP and the layers below.</param>
/// <param name="SentAt">When it was encoded to be sent.</param>
/// <param name="IsRetransmission">Whether it repeats another.</param>
public readonly record struct SentPacket(
    ushort TransportSequence, bool HasTransportSequence, uint Ssrc, ushort SequenceNumber, int Bytes, Instant SentAt, bool IsRetransmission);

/// <summary>What the other side says of a packet.</summary>
/// <param name="Packet">The packet as it was sent.</param>
/// <param name="IsReceived">Whether it has arrived; a later feedback may still say so of one that had not.</param>
/// <param name="ArrivalTime">When it arrived by the receiver's clock, whose origin is unknown; null when that is not told.</param>
/// <param name="Ecn">Its ECN mark on arrival, 0 to 3.</param>
public readonly record struct PacketResult(SentPacket Packet, bool IsReceived, TimeSpan? ArrivalTime, byte Ecn);

/// <summary>
/// The seam for the sender's side of congestion control: packets and their fates go in, a bit rate comes out. Without one, a
/// session sends what it is given.
/// </summary>
/// <remarks>
/// All calls come from the run loop that owns the session, with its time. The session stamps and remembers packets, matches feedback
/// of either kind (transport-wide or RFC 8888) to them, and drops feedback on packets that were never sent
/// (<see cref="RtpDropReason.UnknownFeedback"/>), so that a controller sees each packet's fate once it is known, in the order of feedback.
/// </remarks>
public interface ICongestionController
{
    /// <summary>What the session may send now, all streams and repairs together. When it changes, the session tells it by <see cref="RtpEventKind.TargetBitrateChanged"/>.</summary>
    long TargetBitsPerSecond { get; }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    Instant NextTimeout { get; }

    /// <summary>Time has passed. Early and repeated calls are harmless.</summary>
    void AdvanceTo(Instant now);

    /// <summary>A packet leaves.</summary>
    void PacketSent(in SentPacket packet);

    /// <summary>Feedback has arrived.</summary>
    /// <param name="results">The fates of packets, in the order of their numbers; the caller's, valid until the call returns.</param>
    /// <param name="now">When.</param>
    void FeedbackReceived(ReadOnlySpan<PacketResult> results, Instant now);

    /// <summary>The receiver has estimated what it can take (REMB).</summary>
    void ReceiverEstimateReceived(long bitsPerSecond, Instant now);

    /// <summary>Receivers ask a stream not to exceed a bit rate (TMMBR, RFC 5104 §4.2.1), or do so no more.</summary>
    /// <param name="ssrc">The stream.</param>
    /// <param name="bitsPerSecond">The limit, with the headers of each packet; null for none.</param>
    /// <param name="overheadBytes">The bytes of header that each packet counts for: IP, UDP and RTP.</param>
    /// <param name="now">When.</param>
    void MaxBitrateRequested(uint ssrc, long? bitsPerSecond, int overheadBytes, Instant now);

    /// <summary>A round trip was measured by reports.</summary>
    void RoundTripMeasured(TimeSpan roundTrip, Instant now);

    /// <summary>A report says what fraction of a stream's packets was lost since the last one.</summary>
    /// <param name="ssrc">The stream.</param>
    /// <param name="fraction">0 to 1.</param>
    /// <param name="now">When.</param>
    void LossReported(uint ssrc, double fraction, Instant now);
}
