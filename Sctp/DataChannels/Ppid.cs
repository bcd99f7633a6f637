namespace WebRtcStack.Sctp;

/// <summary>The payload protocol identifiers of WebRTC (RFC 8831 §8).</summary>
internal static class Ppid
{
    public const uint Dcep = 50;
    public const uint String = 51;
    public const uint BinaryPartial = 52;
    public const uint Binary = 53;
    public const uint StringPartial = 54;
    public const uint StringEmpty = 56;
    public const uint BinaryEmpty = 57;
}
