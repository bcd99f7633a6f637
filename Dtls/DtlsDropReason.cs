namespace WebRtcStack.Dtls;

/// <summary>Why something that came from the wire was dropped; counted in <see cref="DtlsConnection.GetDropCount"/>.</summary>
public enum DtlsDropReason
{
    /// <summary>The rest of a datagram is no DTLS record: too short, or its length exceeds the datagram.</summary>
    MalformedRecord,

    /// <summary>The record has a version, content type or length that this connection does not know.</summary>
    UnknownRecord,

    /// <summary>The record's epoch is neither current nor next.</summary>
    UnknownEpoch,

    /// <summary>The record did not authenticate.</summary>
    BadRecordMac,

    /// <summary>The record was seen before, or is older than the replay window.</summary>
    Replay,

    /// <summary>Application data without protection (epoch 0).</summary>
    UnprotectedApplicationData,

    /// <summary>An alert or handshake message without protection after the handshake.</summary>
    UnprotectedAfterHandshake,

    /// <summary>A handshake fragment contradicts its own header or earlier fragments of its message.</summary>
    MalformedHandshake,

    /// <summary>A handshake message exceeds <see cref="DtlsOptions.MaxHandshakeMessageSize"/>, or lies too far ahead.</summary>
    HandshakeLimit,

    /// <summary>A handshake message that was already processed.</summary>
    DuplicateHandshake,

    /// <summary>Records that came before their keys, or data before the peer was known, exceed <see cref="DtlsOptions.MaxEarlyBytes"/>.</summary>
    EarlyLimit,

    /// <summary>The connection has not started, or is closed or failed.</summary>
    NotOpen,

    /// <summary>An alert that is malformed, or a warning without consequence.</summary>
    IgnoredAlert,

    /// <summary>An ACK without protection, or one in a connection that is not of DTLS 1.3 (RFC 9147 §7).</summary>
    UnprotectedAck,

    /// <summary>A cookie that is not ours, is too old, or was given to another address (<see cref="DtlsCookieKeeper"/>).</summary>
    BadCookie,
}
