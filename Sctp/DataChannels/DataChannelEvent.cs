using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What happened to the transport or to a channel.</summary>
public enum DataChannelEventKind
{
    /// <summary>The association is up.</summary>
    Connected,

    /// <summary>A channel of ours can be used.</summary>
    ChannelOpened,

    /// <summary>The peer opened a channel, which can be used.</summary>
    ChannelAnnounced,

    /// <summary>The peer began to close a channel.</summary>
    ChannelClosing,

    /// <summary>A channel is over; <see cref="DataChannelEvent.Error"/> tells whether something went wrong.</summary>
    ChannelClosed,

    /// <summary>A channel's buffered amount fell to its threshold.</summary>
    BufferedAmountLow,

    /// <summary>The association ended as both sides wished. All channels are closed; no more events follow.</summary>
    Closed,

    /// <summary>The association failed for the reason in <see cref="DataChannelEvent.Cause"/>. All channels are closed; no more events follow.</summary>
    Failed,
}

/// <summary>Why a channel was closed.</summary>
public enum DataChannelError
{
    /// <summary>One side closed it.</summary>
    None,

    /// <summary>The association ended.</summary>
    AssociationEnded,

    /// <summary>No id was free for it, or its id is not among the streams that were negotiated.</summary>
    NoStream,

    /// <summary>The peer refused to reset the stream.</summary>
    ResetDenied,
}

/// <summary>One event of the transport.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Channel">To which channel, where it is about one.</param>
/// <param name="Error">Why a channel was closed.</param>
/// <param name="Cause">Why the association failed, also where that closed a channel.</param>
/// <param name="PeerCause">The error cause code of the peer's ABORT (RFC 9260 §3.3.10), or 0.</param>
public readonly record struct DataChannelEvent(
    DataChannelEventKind Kind,
    DataChannel? Channel = null,
    DataChannelError Error = DataChannelError.None,
    SctpFailure Cause = SctpFailure.None,
    int PeerCause = 0);

/// <summary>A received message. Its reader owns <see cref="Payload"/> and disposes it.</summary>
/// <param name="Channel">The channel it came on.</param>
/// <param name="IsBinary">Binary, else a string in UTF-8, which has not been checked.</param>
/// <param name="Payload">Its bytes; empty for an empty message.</param>
public readonly record struct DataChannelMessage(DataChannel Channel, bool IsBinary, MessageLease Payload);
