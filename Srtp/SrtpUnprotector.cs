namespace WebRtcStack.Srtp;

/// <summary>Authenticates and decrypts SRTP and SRTCP packets that arrive (RFC 3711 §3.3, §3.4; RFC 7714), in place and without allocating.</summary>
/// <remarks>
/// Not thread-safe: one event loop owns it. It serves all SSRCs of one direction of a DTLS association. Only packets that
/// authenticate create or change state.
/// </remarks>
public sealed class SrtpUnprotector : IDisposable
{
    private readonly SrtpProfile _profile;
    private readonly PacketTransform _transform;
    private readonly HeaderExtensionCipher? _extensions;
    private readonly MasterKeyIdentifier _mki;
    private readonly bool _cryptex;
    private readonly StreamTable _rtp;
    private readonly StreamTable _rtcp;
    private readonly long[] _drops = new long[(int)SrtpDropReason.UnknownKey + 1];

    /// <summary>Derives the session keys; master key and salt are not kept and stay the caller's to clear.</summary>
    /// <exception cref="ArgumentException">Key or salt have another length than the profile needs, or the options ask for both RFC 6904 and 9335.</exception>
    public SrtpUnprotector(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, SrtpOptions? options = null)
        : this(profile, masterKey, masterSalt, SrtpOptions.Check(options), allowNative: true)
    {
    }

    internal SrtpUnprotector(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, SrtpOptions options, bool allowNative)
    {
        (_profile, _cryptex) = (profile, options.Cryptex);
        _transform = PacketTransform.Create(profile, masterKey, masterSalt, allowNative);
        _extensions = HeaderExtensionCipher.Create(profile, masterKey, masterSalt, options, allowNative);
        _mki = new MasterKeyIdentifier(profile, options);
        (_rtp, _rtcp) = (new StreamTable(options), new StreamTable(options));
    }

    /// <summary>How many packets were dropped for this reason.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The reason is unknown.</exception>
    public long GetDropCount(SrtpDropReason reason) => _drops[Require.InRange((int)reason, 0, _drops.Length - 1, nameof(reason))];

    /// <summary>Unprotects an RTP packet in place.</summary>
    /// <param name="packet">The protected packet; on failure its content is worthless.</param>
    /// <param name="length">The length of the RTP packet at its front.</param>
    /// <returns>False when the packet is to be dropped; it is counted.</returns>
    public bool TryUnprotectRtp(Span<byte> packet, out int length)
    {
        if (!_mki.TryRemove(ref packet, _profile.RtpOverhead())) return Drop(SrtpDropReason.UnknownKey, out length);
        length = packet.Length - _profile.RtpOverhead();
        if (length < 0 || !PacketHeader.TryParseRtp(packet[..length], out PacketHeader header)) return Drop(SrtpDropReason.Malformed, out length);
        ReplayWindow? stream = _rtp.Find(header.Ssrc);
        if (!StreamTable.TryEstimateIndex(stream, header.Sequence, out ulong index) || stream?.MayAccept(index) == false)
            return Drop(SrtpDropReason.Replay, out length);
        bool isCryptex = _cryptex && CryptexHeader.IsMarked(packet, ref header);
        if (!_transform.TryUnprotectRtp(packet, header, index)) return Drop(SrtpDropReason.AuthenticationFailed, out length);
        if (isCryptex) CryptexHeader.Unmark(packet, header);
        else _extensions?.Apply(packet, header, index);
        return Accept(_rtp, stream, header.Ssrc, index) || Drop(SrtpDropReason.StreamLimit, out length);
    }

    /// <summary>Unprotects a compound RTCP packet in place.</summary>
    /// <param name="packet">The protected packet; on failure its content is worthless.</param>
    /// <param name="length">The length of the RTCP packet at its front.</param>
    /// <returns>False when the packet is to be dropped; it is counted.</returns>
    public bool TryUnprotectRtcp(Span<byte> packet, out int length)
    {
        if (!_mki.TryRemove(ref packet, PacketTransform.RtcpTagLength)) return Drop(SrtpDropReason.UnknownKey, out length);
        length = packet.Length - _profile.RtcpOverhead();
        if (length < 0 || !PacketHeader.TryParseRtcp(packet[..length], out PacketHeader header)) return Drop(SrtpDropReason.Malformed, out length);
        uint index = _transform.ReadRtcpIndex(packet);
        ReplayWindow? stream = _rtcp.Find(header.Ssrc);
        if (stream?.MayAccept(index) == false) return Drop(SrtpDropReason.Replay, out length);
        if (!_transform.TryUnprotectRtcp(packet, header)) return Drop(SrtpDropReason.AuthenticationFailed, out length);
        return Accept(_rtcp, stream, header.Ssrc, index) || Drop(SrtpDropReason.StreamLimit, out length);
    }

    /// <summary>Clears the session keys.</summary>
    public void Dispose()
    {
        _transform.Dispose();
        _extensions?.Dispose();
    }

    private static bool Accept(StreamTable table, ReplayWindow? stream, uint ssrc, ulong index)
    {
        if (stream is null && table.IsFull) return false;
        (stream ?? table.Add(ssrc)).Accept(index);
        return true;
    }

    private bool Drop(SrtpDropReason reason, out int length)
    {
        _drops[(int)reason]++;
        length = 0;
        return false;
    }
}
