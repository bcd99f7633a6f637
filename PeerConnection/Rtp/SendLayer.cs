namespace WebRtcStack;

/// <summary>One encoding of a sender on its way to the wire: its source, and its queue to the loop.</summary>
internal sealed class SendLayer(string? rid, uint ssrc, uint repairSsrc)
{
    private volatile RtpOutlet? _outlet;
    private volatile bool _isActive = true;

    /// <summary>Null when the sender has but one encoding.</summary>
    public string? Rid => rid;

    public uint Ssrc => ssrc;

    /// <summary>The source of its retransmissions (RFC 4588).</summary>
    public uint RepairSsrc => repairSsrc;

    /// <summary>Null while it is not negotiated to send.</summary>
    public RtpOutlet? Outlet
    {
        get => _outlet;
        set => _outlet = value;
    }

    /// <summary>Whether what is written for it is sent.</summary>
    public bool IsActive
    {
        get => _isActive;
        set => _isActive = value;
    }
}
