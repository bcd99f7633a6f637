using System.Buffers.Binary;

namespace WebRtcStack.Srtp;

/// <summary>AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714).</summary>
internal sealed class GcmTransform : PacketTransform
{
    private const int IndexLength = 4;
    private readonly Aead _rtp;
    private readonly Aead _rtcp;
    private readonly byte[] _rtpSalt = new byte[Aead.NonceLength];
    private readonly byte[] _rtcpSalt = new byte[Aead.NonceLength];

    /// <summary>Takes session keys and session salts, and copies them.</summary>
    public GcmTransform(ReadOnlySpan<byte> rtpKey, ReadOnlySpan<byte> rtpSalt, ReadOnlySpan<byte> rtcpKey, ReadOnlySpan<byte> rtcpSalt, bool allowNative = true)
    {
        AeadAlgorithm algorithm = rtpKey.Length == 16 ? AeadAlgorithm.Aes128Gcm : AeadAlgorithm.Aes256Gcm;
        (_rtp, _rtcp) = (new Aead(algorithm, rtpKey, allowNative), new Aead(algorithm, rtcpKey, allowNative));
        rtpSalt.CopyTo(_rtpSalt);
        rtcpSalt.CopyTo(_rtcpSalt);
    }

    public static GcmTransform Derive(SrtpProfile profile, KeyDerivation derivation, bool allowNative)
    {
        byte[] keys = new byte[2 * (profile.KeyLength() + Aead.NonceLength)];
        Span<byte> rtpKey = keys.AsSpan(0, profile.KeyLength()), rtcpKey = keys.AsSpan(profile.KeyLength(), profile.KeyLength());
        Span<byte> rtpSalt = keys.AsSpan(2 * profile.KeyLength(), Aead.NonceLength), rtcpSalt = keys.AsSpan(keys.Length - Aead.NonceLength);
        derivation.Derive(KeyLabel.RtpEncryption, rtpKey);
        derivation.Derive(KeyLabel.RtcpEncryption, rtcpKey);
        derivation.Derive(KeyLabel.RtpSalt, rtpSalt);
        derivation.Derive(KeyLabel.RtcpSalt, rtcpSalt);
        GcmTransform transform = new(rtpKey, rtpSalt, rtcpKey, rtcpSalt, allowNative);
        Array.Clear(keys, 0, keys.Length);
        return transform;
    }

    public override void ProtectRtp(Span<byte> packet, in PacketHeader header, ulong index)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        RtpNonce(header.Ssrc, index, nonce);
        CryptexHeader.Swap(packet, header);                              // RFC 9335 §6: associated data is what then is in front
        _rtp.Seal(nonce, packet[..header.Length], packet[header.Length..^Aead.TagLength], packet[^Aead.TagLength..]);
        CryptexHeader.SwapBack(packet, header);
    }

    public override bool TryUnprotectRtp(Span<byte> packet, in PacketHeader header, ulong index)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        RtpNonce(header.Ssrc, index, nonce);
        CryptexHeader.Swap(packet, header);
        bool opened = _rtp.TryOpen(nonce, packet[..header.Length], packet[header.Length..^Aead.TagLength], packet[^Aead.TagLength..]);
        CryptexHeader.SwapBack(packet, header);
        return opened;
    }

    //  header (8) | encrypted | tag (16) | E, index (4)

    public override void ProtectRtcp(Span<byte> packet, in PacketHeader header, uint index)
    {
        Span<byte> trailer = packet[^IndexLength..], tagged = packet[..^IndexLength];
        BinaryPrimitives.WriteUInt32BigEndian(trailer, EncryptedFlag | index);
        Span<byte> associatedData = stackalloc byte[PacketHeader.RtcpLength + IndexLength];
        packet[..PacketHeader.RtcpLength].CopyTo(associatedData);
        trailer.CopyTo(associatedData[PacketHeader.RtcpLength..]);
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        RtcpNonce(header.Ssrc, index, nonce);
        _rtcp.Seal(nonce, associatedData, tagged[header.Length..^Aead.TagLength], tagged[^Aead.TagLength..]);
    }

    public override uint ReadRtcpIndex(ReadOnlySpan<byte> packet) => ReadTrailer(packet) & ~EncryptedFlag;

    public override bool TryUnprotectRtcp(Span<byte> packet, in PacketHeader header)
    {
        uint trailer = ReadTrailer(packet);
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        RtcpNonce(header.Ssrc, trailer & ~EncryptedFlag, nonce);
        Span<byte> tagged = packet[..^IndexLength];
        Span<byte> clear = packet[..PacketHeader.RtcpLength], body = tagged[header.Length..^Aead.TagLength];
        if ((trailer & EncryptedFlag) == 0)                        // RFC 7714 §9.3: then all of it is associated data
        {
            clear = tagged[..^Aead.TagLength];
            body = default;
        }
        // One buffer for both cases; RTCP is rare enough for its larger one.
        byte[]? rented = clear.Length > 256 ? System.Buffers.ArrayPool<byte>.Shared.Rent(clear.Length + IndexLength) : null;
        Span<byte> associatedData = rented ?? stackalloc byte[256 + IndexLength];
        clear.CopyTo(associatedData);
        packet[^IndexLength..].CopyTo(associatedData[clear.Length..]);
        bool opened = _rtcp.TryOpen(nonce, associatedData[..(clear.Length + IndexLength)], body, tagged[^Aead.TagLength..]);
        if (rented is not null) System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        return opened;
    }

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
        _rtpSalt.AsSpan().Clear();
        _rtcpSalt.AsSpan().Clear();
    }

    private static uint ReadTrailer(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[^IndexLength..]);

    // RFC 7714 §8.1: (00 00 | SSRC | ROC | SEQ) XOR salt
    private void RtpNonce(uint ssrc, ulong index, Span<byte> nonce)
    {
        Span<byte> tail = nonce[4..];
        BinaryPrimitives.WriteUInt64BigEndian(tail, index);        // its upper 16 bits are 0 and give way to the SSRC
        BinaryPrimitives.WriteUInt16BigEndian(nonce, 0);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[2..], ssrc);
        Xor(nonce, _rtpSalt);
    }

    // RFC 7714 §9.1: (00 00 | SSRC | 00 00 | index) XOR salt
    private void RtcpNonce(uint ssrc, uint index, Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(nonce[2..], ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], index);
        Xor(nonce, _rtcpSalt);
    }

    private static void Xor(Span<byte> nonce, ReadOnlySpan<byte> salt)
    {
        for (int i = 0; i < nonce.Length; i++) nonce[i] ^= salt[i];
    }
}
