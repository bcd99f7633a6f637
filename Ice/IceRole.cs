namespace WebRtcStack.Ice;

/// <summary>Which agent nominates the pair that is used (RFC 8445 §4).</summary>
public enum IceRole : byte
{
    /// <summary>This agent nominates.</summary>
    Controlling,

    /// <summary>The other agent nominates.</summary>
    Controlled,
}
