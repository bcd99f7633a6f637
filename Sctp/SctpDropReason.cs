namespace WebRtcStack.Sctp;

/// <summary>Why something from the wire was discarded.</summary>
public enum SctpDropReason
{
    /// <summary>The packet or a chunk in it is too short, or lies about its length.</summary>
    Malformed,

    /// <summary>The ports are not those of the association.</summary>
    WrongPort,

    /// <summary>The CRC32c is wrong.</summary>
    BadChecksum,

    /// <summary>The verification tag is wrong (RFC 9260 §8.5).</summary>
    WrongVerificationTag,

    /// <summary>There is no association, or none any more (RFC 9260 §8.4).</summary>
    OutOfTheBlue,

    /// <summary>The chunk means nothing in this state.</summary>
    UnexpectedChunk,

    /// <summary>The chunk's type is unknown.</summary>
    UnknownChunk,

    /// <summary>A state cookie that we did not make, or that was changed.</summary>
    ForgedCookie,

    /// <summary>A state cookie that is too old.</summary>
    StaleCookie,

    /// <summary>DATA that came before.</summary>
    DuplicateData,

    /// <summary>DATA of a message that the peer has given up, or that was delivered before.</summary>
    SkippedMessage,

    /// <summary>DATA of a stream that the peer is resetting, sent behind the reset: it comes again when that is done (RFC 6525 §5.2.2).</summary>
    StreamResetPending,

    /// <summary>DATA for a stream that was not negotiated.</summary>
    InvalidStream,

    /// <summary>DATA beyond the receive window or too far ahead.</summary>
    WindowExceeded,

    /// <summary>A SACK older than one that came before.</summary>
    OldSack,

    /// <summary>A SACK that acknowledges what was never sent.</summary>
    InvalidSack,

    /// <summary>A FORWARD TSN that is old or out of any window.</summary>
    InvalidForwardTsn,

    /// <summary>A RE-CONFIG that asks for nothing we know.</summary>
    InvalidReconfig,

    /// <summary>The answer to it had no room.</summary>
    NoRoomForAnswer,

    /// <summary>A data channel message for a channel that does not exist.</summary>
    UnknownChannel,

    /// <summary>A DCEP message that is not well-formed or not allowed (RFC 8832 §5, §6).</summary>
    InvalidDcep,

    /// <summary>A message on a data channel with a payload protocol identifier that says nothing about it.</summary>
    UnknownPpid,
}

/// <summary>Counters per <see cref="SctpDropReason"/>.</summary>
public sealed class SctpDropCounters
{
    private readonly long[] _counts = new long[(int)SctpDropReason.UnknownPpid + 1];

    /// <summary>How often something was discarded for <paramref name="reason"/>.</summary>
    public long this[SctpDropReason reason] => _counts[(int)reason];

    /// <summary>How often something was discarded.</summary>
    public long Total
    {
        get
        {
            long total = 0;
            foreach (long count in _counts) total += count;
            return total;
        }
    }

    internal void Count(SctpDropReason reason) => _counts[(int)reason]++;
}
