namespace WebRtcStack.Stun;

/// <summary>The class of a STUN message: the bits C1 and C0 of its type (RFC 8489 §5).</summary>
public enum StunClass : byte
{
    /// <summary>A request: it is answered by a success or an error response.</summary>
    Request = 0b00,

    /// <summary>An indication: nothing answers it.</summary>
    Indication = 0b01,

    /// <summary>A success response.</summary>
    SuccessResponse = 0b10,

    /// <summary>An error response; it carries ERROR-CODE.</summary>
    ErrorResponse = 0b11,
}
