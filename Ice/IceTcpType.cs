namespace WebRtcStack.Ice;

/// <summary>Who opens the connection of a TCP candidate (RFC 6544 §4.5).</summary>
public enum IceTcpType : byte
{
    /// <summary>Not a TCP candidate.</summary>
    None,

    /// <summary>active: it opens connections.</summary>
    Active,

    /// <summary>passive: it accepts connections.</summary>
    Passive,

    /// <summary>so: both open at the same time.</summary>
    SimultaneousOpen,
}
