using System.Buffers.Binary;

namespace WebRtcStack.Srtp;

/// <summary>AES-CM and HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1).</summary>
internal sealed class CounterModeTransform : PacketTransform
{
    private const int RtcpIndexLength = 4;
    private readonly int _rtpTagLength;
    private readonly Keys _rtp;
    private readonly Keys _rtcp;

    public CounterModeTransform(SrtpProfile profile, KeyDerivation derivation, bool allowNative)
    {
        _rtpTagLength = profile.RtpOverhead();
        _rtp = new Keys(profile, derivation, KeyLabel.RtpEncryption, KeyLabel.RtpAuthentication, KeyLabel.RtpSalt, allowNative);
        _rtcp = new Keys(profile, derivation, KeyLabel.RtcpEncryption, KeyLabel.RtcpAuthentication, KeyLabel.RtcpSalt, allowNative);
    }

    public override void ProtectRtp(Span<byte> packet, in PacketHeader header, ulong index)
    {
        Span<byte> authenticated = packet[..^_rtpTagLength];
        CryptRtp(authenticated, header, index);
        RtpTag(authenticated, index, packet[^_rtpTagLength..]);
    }

    public override bool TryUnprotectRtp(Span<byte> packet, in PacketHeader header, ulong index)
    {
        Span<byte> authenticated = packet[..^_rtpTagLength];
        Span<byte> tag = stackalloc byte[HmacSha1.Length];
        tag = tag[.._rtpTagLength];
        RtpTag(authenticated, index, tag);
        if (!SecretMemory.AreEqual(tag, packet[^_rtpTagLength..])) return false;
        CryptRtp(authenticated, header, index);
        return true;
    }

    //  header (8) | encrypted | E, index (4) | tag (10)

    public override void ProtectRtcp(Span<byte> packet, in PacketHeader header, uint index)
    {
        Span<byte> authenticated = packet[..^RtcpTagLength];
        _rtcp.Crypt(authenticated[header.Length..^RtcpIndexLength], header.Ssrc, index);
        BinaryPrimitives.WriteUInt32BigEndian(authenticated[^RtcpIndexLength..], EncryptedFlag | index);
        _rtcp.Tag(authenticated, [], packet[^RtcpTagLength..]);
    }

    public override uint ReadRtcpIndex(ReadOnlySpan<byte> packet) => ReadTrailer(packet) & ~EncryptedFlag;

    public override bool TryUnprotectRtcp(Span<byte> packet, in PacketHeader header)
    {
        Span<byte> authenticated = packet[..^RtcpTagLength];
        Span<byte> tag = stackalloc byte[RtcpTagLength];
        _rtcp.Tag(authenticated, [], tag);
        if (!SecretMemory.AreEqual(tag, packet[^RtcpTagLength..])) return false;
        uint trailer = ReadTrailer(packet);
        if ((trailer & EncryptedFlag) != 0)
            _rtcp.Crypt(authenticated[header.Length..^RtcpIndexLength], header.Ssrc, trailer & ~EncryptedFlag);
        return true;
    }

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
    }

    private static uint ReadTrailer(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt32BigEndian(packet[^(RtcpTagLength + RtcpIndexLength)..]);

    // The tag is of the packet as it is on the wire, so that CSRCs change places around the cipher alone (RFC 9335 §6).
    private void CryptRtp(Span<byte> authenticated, in PacketHeader header, ulong index)
    {
        CryptexHeader.Swap(authenticated, header);
        _rtp.Crypt(authenticated[header.Length..], header.Ssrc, index);
        CryptexHeader.SwapBack(authenticated, header);
    }

    // §4.2: the ROC is authenticated behind the packet, but not sent.
    private void RtpTag(ReadOnlySpan<byte> authenticated, ulong index, Span<byte> tag)
    {
        Span<byte> roc = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(roc, (uint)(index >> 16));
        _rtp.Tag(authenticated, roc, tag);
    }

    private sealed class Keys : IDisposable
    {
        private readonly SaltedCounterMode _cipher;
        private readonly HmacSha1 _hmac;

        public Keys(SrtpProfile profile, KeyDerivation derivation, KeyLabel encryption, KeyLabel authentication, KeyLabel salt, bool allowNative)
        {
            byte[] key = new byte[HmacSha1.Length];
            derivation.Derive(authentication, key);
            _hmac = new HmacSha1(key, allowNative);
            SecretMemory.Clear(key);
            _cipher = new SaltedCounterMode(profile, derivation, encryption, salt, allowNative);
        }

        public void Crypt(Span<byte> data, uint ssrc, ulong index) => _cipher.Crypt(data, ssrc, index);

        public void Tag(ReadOnlySpan<byte> data, ReadOnlySpan<byte> tail, Span<byte> tag)
        {
            Span<byte> full = stackalloc byte[HmacSha1.Length];
            _hmac.Compute(data, tail, full);
            full[..tag.Length].CopyTo(tag);
        }

        public void Dispose()
        {
            _cipher.Dispose();
            _hmac.Dispose();
        }
    }
}
