namespace WebRtcStack.Srtp;

/// <summary>Protection profiles, with the numbers of use_srtp (RFC 5764 §4.1.2, RFC 7714 §14.2).</summary>
public enum SrtpProfile : ushort
{
    /// <summary>AES-CM with a 128-bit key, HMAC-SHA1 with a tag of 80 bits (RFC 3711).</summary>
    Aes128CmHmacSha1_80 = 0x0001,

    /// <summary>The same with a tag of 32 bits on RTP; RTCP keeps 80 bits.</summary>
    Aes128CmHmacSha1_32 = 0x0002,

    /// <summary>AES-GCM with a 128-bit key (RFC 7714).</summary>
    AeadAes128Gcm = 0x0007,

    /// <summary>AES-GCM with a 256-bit key (RFC 7714).</summary>
    AeadAes256Gcm = 0x0008,
}

/// <summary>The sizes that a profile fixes.</summary>
public static class SrtpProfileExtensions
{
    private const int AuthenticationTag80 = 10;
    private const int AuthenticationTag32 = 4;
    private const int GcmTag = 16;

    /// <summary>Bytes of a master key.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The profile is unknown.</exception>
    public static int KeyLength(this SrtpProfile profile) => profile switch
    {
        SrtpProfile.Aes128CmHmacSha1_80 or SrtpProfile.Aes128CmHmacSha1_32 or SrtpProfile.AeadAes128Gcm => 16,
        SrtpProfile.AeadAes256Gcm => 32,
        _ => throw new ArgumentOutOfRangeException(nameof(profile), profile, "The SRTP profile is unknown."),
    };

    /// <summary>Bytes of a master salt: 14 in RFC 3711, 12 in RFC 7714.</summary>
    public static int SaltLength(this SrtpProfile profile) => profile.IsAead() ? 12 : 14;

    /// <summary>Whether the profile is one of RFC 7714.</summary>
    public static bool IsAead(this SrtpProfile profile) => profile is SrtpProfile.AeadAes128Gcm or SrtpProfile.AeadAes256Gcm;

    /// <summary>Bytes that protection adds to an RTP packet.</summary>
    public static int RtpOverhead(this SrtpProfile profile) => profile switch
    {
        SrtpProfile.Aes128CmHmacSha1_32 => AuthenticationTag32,
        SrtpProfile.Aes128CmHmacSha1_80 => AuthenticationTag80,
        _ => GcmTag,
    };

    /// <summary>Bytes that protection adds to an RTCP packet: the tag, and 4 for the index.</summary>
    public static int RtcpOverhead(this SrtpProfile profile) => 4 + (profile.IsAead() ? GcmTag : AuthenticationTag80);
}
