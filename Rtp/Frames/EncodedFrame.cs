using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>
/// A frame as an encoder made it: a picture with all its spatial layers, or the audio of a packet. Its holder disposes it, once:
/// the payload's memory is pooled.
/// </summary>
/// <remarks>
/// The payload has the form that W3C's encoded transform gives it: VP8 and VP9 frames bare, H.264 and H.265 as Annex B with
/// four-byte start codes, AV1 as low-overhead OBUs with sizes and without temporal delimiters, audio as its packets.
/// A value: handing it on hands on the duty to dispose it.
/// </remarks>
public readonly record struct EncodedFrame : IDisposable
{
    /// <summary>The frame's bytes, owned by whoever holds the frame.</summary>
    public MessageLease Payload { get; init; }

    /// <summary>The RTP timestamp, in units of <see cref="ClockRate"/>.</summary>
    public uint Timestamp { get; init; }

    /// <summary>Units of <see cref="Timestamp"/> in a second.</summary>
    public uint ClockRate { get; init; }

    /// <summary>The synchronization source.</summary>
    public uint Ssrc { get; init; }

    /// <summary>The simulcast stream that it belongs to; empty when the stream has no rid.</summary>
    public SdesIdentifier Rid { get; init; }

    /// <summary>The payload type, which tells the codec.</summary>
    public byte PayloadType { get; init; }

    /// <summary>Whether decoding can start here; always so for audio.</summary>
    public bool IsKeyFrame { get; init; }

    /// <summary>Whether all packets of the frame arrived. Incomplete ones are handed out only where <see cref="JitterBufferOptions.DeliversIncompleteFrames"/> asks for them.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Whether frames before this one are missing that it may need.</summary>
    public bool FollowsLoss { get; init; }

    /// <summary>The highest spatial layer that is in it.</summary>
    public byte SpatialId { get; init; }

    /// <summary>The temporal layer.</summary>
    public byte TemporalId { get; init; }

    /// <summary>The frame's duration in units of <see cref="ClockRate"/>; 0 when the format does not tell.</summary>
    public int Duration { get; init; }

    /// <summary>When it was sampled on the sender's wall clock, in 32.32 fixed-point seconds of NTP; null until a sender report tells (RFC 3550 §6.4.1).</summary>
    public ulong? NtpTime { get; init; }

    /// <summary>When its first packet arrived.</summary>
    public Instant FirstArrival { get; init; }

    /// <summary>When its last packet arrived.</summary>
    public Instant LastArrival { get; init; }

    /// <summary>When it should be played, after the buffer's delay.</summary>
    public Instant PlayoutTime { get; init; }

    /// <summary>The sequence number of its first packet.</summary>
    public ushort FirstSequenceNumber { get; init; }

    /// <summary>How many packets it came in.</summary>
    public int Packets { get; init; }

    /// <summary>The level of its audio, when the packets said it.</summary>
    public AudioLevel? AudioLevel { get; init; }

    /// <summary>How it is to be turned, when the packets said it.</summary>
    public VideoOrientation? Orientation { get; init; }

    /// <summary>When it was captured, when the packets said it.</summary>
    public AbsoluteCaptureTime? CaptureTime { get; init; }

    /// <summary>Gives the payload's memory back.</summary>
    public void Dispose() => Payload.Dispose();
}
