using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// Counts whether each chunk that a recovery sent again was reported by the peer as a duplicate: then nothing had been
/// lost, and the reduction of the window is undone (RFC 9438 §4.9, with the duplicate TSNs of SCTP in the place of DSACK).
/// </summary>
internal sealed class SpuriousLossCheck
{
    private uint _start;
    private uint _end;
    private int _resent;
    private int _refuted;
    private bool _isOpen;

    /// <summary>A recovery begins: losses among what is outstanding now are its reason.</summary>
    public void Begin(uint cumulativeAck, uint lastTsn) => (_start, _end, _resent, _refuted, _isOpen) = (cumulativeAck, lastTsn, 0, 0, true);

    public void Close() => _isOpen = false;

    public void Resent(uint tsn)
    {
        if (Covers(tsn)) _resent++;
    }

    public void DuplicateReported(uint tsn)
    {
        if (Covers(tsn)) _refuted++;
    }

    /// <summary>Whether every loss turned out to be none.</summary>
    /// <param name="isNothingLost">Whether no chunk waits to be sent again.</param>
    /// <param name="foundSpurious">Whether a chunk taken as lost was acknowledged before it was sent again.</param>
    public bool IsRefuted(bool isNothingLost, bool foundSpurious) =>
        _isOpen && isNothingLost && _refuted >= _resent && (_resent > 0 || foundSpurious);

    private bool Covers(uint tsn) => _isOpen && SerialNumber.IsLess(_start, tsn) && SerialNumber.IsLessOrEqual(tsn, _end);
}
