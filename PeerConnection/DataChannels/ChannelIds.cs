namespace WebRtcStack;

/// <summary>Which ids data channels have; the DTLS client gives even ones, the server odd ones (RFC 8832 §6).</summary>
internal sealed class ChannelIds
{
    private const int Count = 65_535;                    // RFC 8831 §6.2: 0 to 65534
    private readonly HashSet<ushort> _taken = [];
    private int _step;                                   // the DTLS role; 0 while it is not known
    private int _lowest;                                 // no id of our parity below is free

    public bool IsRoleKnown => _step != 0;

    public void SetRole(bool isDtlsClient)
    {
        if (IsRoleKnown) return;
        (_step, _lowest) = (2, isDtlsClient ? 0 : 1);
    }

    public bool TryTake(ushort id) => _taken.Add(id);

    /// <summary>The next free id of our parity, or null.</summary>
    public ushort? TryTakeNext()
    {
        for (; _lowest < Count; _lowest += _step)
        {
            if (_taken.Add((ushort)_lowest)) return (ushort)_lowest;
        }
        return null;
    }

    public void Return(ushort id)
    {
        _taken.Remove(id);
        if (IsRoleKnown && (id & 1) == (_lowest & 1)) _lowest = Math.Min(_lowest, id);
    }
}
