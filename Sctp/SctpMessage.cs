using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A received message. Its reader owns <see cref="Payload"/> and disposes it.</summary>
/// <param name="Stream">The stream it came on.</param>
/// <param name="Ppid">The payload protocol identifier.</param>
/// <param name="Unordered">Whether it was sent without regard to order.</param>
/// <param name="Payload">Its bytes.</param>
public readonly record struct SctpMessage(ushort Stream, uint Ppid, bool Unordered, MessageLease Payload);

/// <summary>How one message is to be sent. The default is reliable and in order.</summary>
public readonly record struct SctpSendOptions
{
    /// <summary>Deliver it without regard to the stream's order.</summary>
    public bool Unordered { get; init; }

    /// <summary>Give the message up when a part of it would have to be sent again more often than this (RFC 7496 §3.2); null for reliable. Ignored where the peer does not know FORWARD TSN.</summary>
    public int? MaxRetransmits { get; init; }

    /// <summary>Give the message up when it has not arrived within this time (RFC 3758 §4.1); null for reliable. Ignored where the peer does not know FORWARD TSN.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>
    /// Give the message up, while nothing of it was sent, when <see cref="SctpOptions.MaxSendBuffer"/> has no room for a more important
    /// one (RFC 7496 §3.3, SCTP_PR_SCTP_PRIO): smaller numbers are more important; null for not. Ignored where the peer does not know
    /// FORWARD TSN.
    /// </summary>
    public uint? Importance { get; init; }

    /// <summary>Bytes of the message that count towards the buffered amount; null for all.</summary>
    internal int? CountedBytes { get; init; }
}

/// <summary>What became of a message that was to be sent.</summary>
public enum SctpSendResult
{
    /// <summary>It is queued, and its lease belongs to the association now.</summary>
    Queued,

    /// <summary><see cref="SctpOptions.MaxSendBuffer"/> is exhausted: send it again after an event of kind <see cref="SctpEventKind.BufferedAmountLow"/>. The lease is still the caller's.</summary>
    BufferFull,

    /// <summary>It exceeds <see cref="SctpOptions.PeerMaxMessageSize"/>. The lease is still the caller's.</summary>
    TooLarge,

    /// <summary>The stream is being reset, or the association does not have so many. The lease is still the caller's.</summary>
    StreamUnavailable,

    /// <summary>The association is not set up, or is ending. The lease is still the caller's.</summary>
    NotEstablished,
}
