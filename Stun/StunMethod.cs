namespace WebRtcStack.Stun;

/// <summary>The method of a STUN message: the twelve bits M11 to M0 of its type (RFC 8489 §18.2, RFC 8656 §17, RFC 6062 §6.1).</summary>
public enum StunMethod : ushort
{
    /// <summary>Binding (RFC 8489).</summary>
    Binding = 0x001,

    /// <summary>Allocate (RFC 8656).</summary>
    Allocate = 0x003,

    /// <summary>Refresh (RFC 8656).</summary>
    Refresh = 0x004,

    /// <summary>Send, an indication only (RFC 8656).</summary>
    Send = 0x006,

    /// <summary>Data, an indication only (RFC 8656).</summary>
    Data = 0x007,

    /// <summary>CreatePermission (RFC 8656).</summary>
    CreatePermission = 0x008,

    /// <summary>ChannelBind (RFC 8656).</summary>
    ChannelBind = 0x009,

    /// <summary>Connect (RFC 6062).</summary>
    Connect = 0x00A,

    /// <summary>ConnectionBind (RFC 6062).</summary>
    ConnectionBind = 0x00B,

    /// <summary>ConnectionAttempt, an indication only (RFC 6062).</summary>
    ConnectionAttempt = 0x00C,
}
