namespace WebRtcStack.Srtp;

/// <summary>What "defined by profile" says of a header extension: its form (RFC 8285 §4.2, §4.3), and whether Cryptex encrypts it (RFC 9335 §5.1).</summary>
internal static class RtpExtensionProfile
{
    public const ushort OneByte = 0xBEDE;
    public const ushort TwoByte = 0x1000;
    public const ushort TwoByteMask = 0xFFF0;                      // the last four bits are the application's
    public const ushort CryptexOneByte = 0xC0DE;
    public const ushort CryptexTwoByte = 0xC2DE;
}
