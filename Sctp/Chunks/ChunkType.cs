namespace WebRtcStack.Sctp;

/// <summary>Chunk types (RFC 9260 §3.2, RFC 3758 §3.2, RFC 6525 §3.1, RFC 8260 §2).</summary>
internal enum ChunkType : byte
{
    Data = 0,
    Init = 1,
    InitAck = 2,
    Sack = 3,
    Heartbeat = 4,
    HeartbeatAck = 5,
    Abort = 6,
    Shutdown = 7,
    ShutdownAck = 8,
    Error = 9,
    CookieEcho = 10,
    CookieAck = 11,
    ShutdownComplete = 14,
    InterleavedData = 64,
    Reconfig = 130,

    /// <summary>RFC 4820 §3: padding, to be ignored.</summary>
    Pad = 132,
    ForwardTsn = 192,
    InterleavedForwardTsn = 194,
}

/// <summary>Parameter types of INIT and INIT ACK (RFC 9260 §3.3.2, §3.3.3) and of RE-CONFIG (RFC 6525 §4).</summary>
internal enum ParameterType : ushort
{
    HeartbeatInfo = 1,
    Ipv4Address = 5,
    StateCookie = 7,
    UnrecognizedParameter = 8,
    CookiePreservative = 9,
    HostNameAddress = 11,
    SupportedAddressTypes = 12,
    OutgoingSsnResetRequest = 13,
    IncomingSsnResetRequest = 14,
    SsnTsnResetRequest = 15,
    ReconfigResponse = 16,
    AddOutgoingStreamsRequest = 17,
    AddIncomingStreamsRequest = 18,
    ZeroChecksumAcceptable = 0x8001,
    SupportedExtensions = 0x8008,
    ForwardTsnSupported = 0xC000,
}

/// <summary>Error causes (RFC 9260 §3.3.10).</summary>
internal enum ErrorCause : ushort
{
    InvalidStreamIdentifier = 1,
    MissingMandatoryParameter = 2,
    StaleCookie = 3,
    OutOfResource = 4,
    UnresolvableAddress = 5,
    UnrecognizedChunkType = 6,
    InvalidMandatoryParameter = 7,
    UnrecognizedParameters = 8,
    NoUserData = 9,
    CookieReceivedWhileShuttingDown = 10,
    UserInitiatedAbort = 12,
    ProtocolViolation = 13,
}

/// <summary>The flag bits of DATA and I-DATA; those of other chunks are named where they are used.</summary>
[Flags]
internal enum ChunkFlags : byte
{
    None = 0,

    /// <summary>DATA: last fragment of a message.</summary>
    Ending = 1,

    /// <summary>DATA: first fragment of a message.</summary>
    Beginning = 2,

    /// <summary>DATA: deliver without regard to order.</summary>
    Unordered = 4,

    /// <summary>DATA: acknowledge at once (RFC 7053).</summary>
    Immediate = 8,
}
