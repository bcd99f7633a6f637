namespace WebRtcStack.Srtp;

/// <summary>The cryptography of a profile in one direction, in place; who numbers packets and remembers them is elsewhere.</summary>
internal abstract class PacketTransform : IDisposable
{
    /// <summary>The E flag in front of the index of an SRTCP packet (RFC 3711 §3.4).</summary>
    protected const uint EncryptedFlag = 0x8000_0000;

    /// <summary>Bytes of the tag of HMAC-SHA1 on RTCP: 80 bits in both profiles (RFC 5764 §4.1.2).</summary>
    public const int RtcpTagLength = 10;

    public static PacketTransform Create(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, bool allowNative = true)
    {
        using KeyDerivation derivation = new(profile, masterKey, masterSalt);
        return profile.IsAead() ? GcmTransform.Derive(profile, derivation, allowNative) : new CounterModeTransform(profile, derivation, allowNative);
    }

    /// <summary>Protects a packet with room for the tag behind it.</summary>
    /// <param name="packet">The packet and room for <see cref="SrtpProfileExtensions.RtpOverhead"/>.</param>
    /// <param name="header">Its header.</param>
    /// <param name="index">ROC and sequence number, 48 bits.</param>
    public abstract void ProtectRtp(Span<byte> packet, in PacketHeader header, ulong index);

    /// <summary>Authenticates and decrypts a packet that is at least as long as header and tag.</summary>
    public abstract bool TryUnprotectRtp(Span<byte> packet, in PacketHeader header, ulong index);

    /// <summary>Protects a packet with room for tag and index behind it.</summary>
    public abstract void ProtectRtcp(Span<byte> packet, in PacketHeader header, uint index);

    /// <summary>Reads the index of a packet that is at least as long as header, tag and index. It is not authentic yet.</summary>
    public abstract uint ReadRtcpIndex(ReadOnlySpan<byte> packet);

    /// <summary>Authenticates and, where the E flag says so, decrypts.</summary>
    public abstract bool TryUnprotectRtcp(Span<byte> packet, in PacketHeader header);

    public abstract void Dispose();
}
