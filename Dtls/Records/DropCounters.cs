namespace WebRtcStack.Dtls;

/// <summary>How often something from the wire was dropped, by reason.</summary>
internal sealed class DropCounters
{
    private readonly long[] _counts = new long[(int)DtlsDropReason.BadCookie + 1];

    public long this[DtlsDropReason reason] => _counts[(int)Require.InRange((int)reason, 0, _counts.Length - 1, nameof(reason))];

    public void Count(DtlsDropReason reason) => _counts[(int)reason]++;
}
