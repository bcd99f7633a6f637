namespace WebRtcStack.Srtp;

/// <summary>Protects RTP and RTCP packets that leave (RFC 3711 §3.3, §3.4; RFC 7714), in place and without allocating.</summary>
/// <remarks>Not thread-safe: one event loop owns it. It serves all SSRCs of one direction of a DTLS association.</remarks>
public sealed class SrtpProtector : IDisposable
{
    /// <summary>The most bytes that <see cref="ProtectRtp"/> adds, whatever the profile, without an MKI.</summary>
    public const int MaxRtpOverhead = Aead.TagLength + CryptexHeader.MaxOverhead;

    /// <summary>The most bytes that <see cref="ProtectRtcp"/> adds, whatever the profile, without an MKI.</summary>
    public const int MaxRtcpOverhead = Aead.TagLength + 4;

    private const uint LastRtcpIndex = 0x7FFF_FFFF;
    private readonly SrtpProfile _profile;
    private readonly PacketTransform _transform;
    private readonly HeaderExtensionCipher? _extensions;
    private readonly MasterKeyIdentifier _mki;
    private readonly StreamTable _streams;
    private uint _nextRtcpIndex;

    /// <summary>Derives the session keys; master key and salt are not kept and stay the caller's to clear.</summary>
    /// <exception cref="ArgumentException">Key or salt have another length than the profile needs, or the options ask for both RFC 6904 and 9335.</exception>
    public SrtpProtector(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, SrtpOptions? options = null)
        : this(profile, masterKey, masterSalt, SrtpOptions.Check(options), allowNative: true)
    {
    }

    internal SrtpProtector(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, SrtpOptions options, bool allowNative)
    {
        (_profile, Cryptex) = (profile, options.Cryptex);
        _transform = PacketTransform.Create(profile, masterKey, masterSalt, allowNative);
        _extensions = HeaderExtensionCipher.Create(profile, masterKey, masterSalt, options, allowNative);
        _mki = new MasterKeyIdentifier(profile, options);
        _streams = new StreamTable(options);
    }

    /// <summary>Whether header extensions and CSRCs are encrypted with the payload (RFC 9335), at first as <see cref="SrtpOptions.Cryptex"/> has it.</summary>
    /// <exception cref="InvalidOperationException">It is switched on beside <see cref="SrtpOptions.EncryptedHeaderExtensions"/>.</exception>
    public bool Cryptex
    {
        get;
        set => field = !value || _extensions is null
            ? value
            : throw new InvalidOperationException("EncryptedHeaderExtensions are in use; Cryptex would encrypt them twice.");
    }

    /// <summary>
    /// Whether a stream has come to the last packet that its key may protect (RFC 3711 §9.2: 2^48 of RTP, 2^31 of RTCP). Nothing of that
    /// stream is protected any more; the owner takes new keys, which with DTLS-SRTP means a new association, or ends the connection.
    /// </summary>
    public bool IsKeyUsedUp => PacketsRefused > 0;

    /// <summary>Packets that were not protected since the key is used up.</summary>
    public long PacketsRefused { get; private set; }

    /// <summary>Protects an RTP packet.</summary>
    /// <param name="buffer">
    /// The packet, and behind it room for <see cref="SrtpProfileExtensions.RtpOverhead"/> bytes, those of an MKI, and with Cryptex 4 more if it
    /// has CSRCs and no extension.
    /// </param>
    /// <param name="length">The length of the packet.</param>
    /// <returns>The length of the protected packet; 0 when the key is used up: see <see cref="IsKeyUsedUp"/>.</returns>
    /// <exception cref="ArgumentException">The buffer has no room, or does not begin with an RTP packet.</exception>
    /// <exception cref="InvalidOperationException">
    /// An AEAD profile is asked to protect a sequence number twice, which would give its key away (RFC 7714 §10.1): send
    /// retransmissions as RFC 4588 has them. Or the packet is older than the first of its SSRC, or there are too many SSRCs.
    /// </exception>
    public int ProtectRtp(Span<byte> buffer, int length)
    {
        Require.InRange(length, 0, buffer.Length);
        if (!PacketHeader.TryParseRtp(buffer[..length], out PacketHeader header))
            throw new ArgumentException("The buffer does not begin with an RTP packet.", nameof(buffer));
        bool needsExtension = Cryptex && header is { HasExtension: false, CsrcLength: > 0 };
        RequireRoom(buffer, length, _profile.RtpOverhead() + _mki.Length + (needsExtension ? CryptexHeader.MaxOverhead : 0));
        ReplayWindow? stream = _streams.Find(header.Ssrc);
        if (!StreamTable.TryEstimateIndex(stream, header.Sequence, out ulong index))
        {
            return stream!.Highest > ushort.MaxValue ? Refuse()
                : throw new InvalidOperationException("The packet is older than the first one of its SSRC; send that first.");
        }
        bool isNew = stream is null || stream.MayAccept(index);
        if (!isNew && _profile.IsAead())
            throw new InvalidOperationException("This sequence number was protected before; retransmit with RFC 4588 instead.");
        if (stream is null && _streams.IsFull)
            throw new InvalidOperationException("There are more SSRCs than SrtpOptions.MaxStreams; raise that limit.");
        stream ??= _streams.Add(header.Ssrc);
        if (isNew) stream.Accept(index);
        if (Cryptex) CryptexHeader.Mark(buffer, ref length, ref header);
        _extensions?.Apply(buffer, header, index);
        int total = length + _profile.RtpOverhead();
        _transform.ProtectRtp(buffer[..total], header, index);
        _mki.Add(buffer, total, _profile.RtpOverhead());
        return total + _mki.Length;
    }

    /// <summary>Protects a compound RTCP packet.</summary>
    /// <param name="buffer">The packet, and behind it room for <see cref="SrtpProfileExtensions.RtcpOverhead"/> bytes and those of an MKI.</param>
    /// <param name="length">The length of the packet.</param>
    /// <returns>The length of the protected packet; 0 when the key is used up: see <see cref="IsKeyUsedUp"/>.</returns>
    /// <exception cref="ArgumentException">The buffer has no room, or does not begin with an RTCP packet.</exception>
    public int ProtectRtcp(Span<byte> buffer, int length)
    {
        Require.InRange(length, 0, buffer.Length);
        RequireRoom(buffer, length, _profile.RtcpOverhead() + _mki.Length);
        int total = length + _profile.RtcpOverhead();
        if (!PacketHeader.TryParseRtcp(buffer[..length], out PacketHeader header))
            throw new ArgumentException("The buffer does not begin with an RTCP packet.", nameof(buffer));
        if (_nextRtcpIndex > LastRtcpIndex) return Refuse();
        _transform.ProtectRtcp(buffer[..total], header, _nextRtcpIndex++);
        _mki.Add(buffer, total, PacketTransform.RtcpTagLength);
        return total + _mki.Length;
    }

    /// <summary>Clears the session keys.</summary>
    public void Dispose()
    {
        _transform.Dispose();
        _extensions?.Dispose();
    }

    /// <summary>Lets a stream go on from another index: tests come to the ends of a key by it.</summary>
    internal void SkipTo(uint ssrc, ulong rtpIndex, uint rtcpIndex)
    {
        (_streams.Find(ssrc) ?? _streams.Add(ssrc)).Accept(rtpIndex);
        _nextRtcpIndex = rtcpIndex;
    }

    private int Refuse()
    {
        PacketsRefused++;
        return 0;
    }

    private static void RequireRoom(ReadOnlySpan<byte> buffer, int length, int overhead)
    {
        if (buffer.Length - length < overhead)
            throw new ArgumentException($"The buffer needs {overhead} bytes of room behind the packet.", nameof(buffer));
    }
}
