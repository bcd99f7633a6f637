namespace WebRtcStack.Srtp;

/// <summary>Protects RTP and RTCP packets that leave (RFC 3711 §3.3, §3.4; RFC 7714), in place and without allocating.</summary>
/// <remarks>Not thread-safe: one event loop owns it. It serves all SSRCs of one direction of a DTLS association.</remarks>
public sealed class SrtpProtector : IDisposable
{
    /// <summary>The most bytes that <see cref="ProtectRtp"/> adds, whatever the profile.</summary>
    public const int MaxRtpOverhead = Gcm.TagLength;

    /// <summary>The most bytes that <see cref="ProtectRtcp"/> adds, whatever the profile.</summary>
    public const int MaxRtcpOverhead = Gcm.TagLength + 4;

    private const uint LastRtcpIndex = 0x7FFF_FFFF;
    private readonly SrtpProfile _profile;
    private readonly PacketTransform _transform;
    private readonly StreamTable _streams;
    private uint _nextRtcpIndex;

    /// <summary>Derives the session keys; master key and salt are not kept and stay the caller's to clear.</summary>
    /// <exception cref="ArgumentException">Key or salt have another length than the profile needs.</exception>
    public SrtpProtector(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, SrtpOptions? options = null)
    {
        _profile = profile;
        _transform = PacketTransform.Create(profile, masterKey, masterSalt);
        _streams = new StreamTable(options ?? new SrtpOptions());
    }

    /// <summary>Protects an RTP packet.</summary>
    /// <param name="buffer">The packet, and behind it room for <see cref="SrtpProfileExtensions.RtpOverhead"/> bytes.</param>
    /// <param name="length">The length of the packet.</param>
    /// <returns>The length of the protected packet.</returns>
    /// <exception cref="ArgumentException">The buffer has no room, or does not begin with an RTP packet.</exception>
    /// <exception cref="InvalidOperationException">
    /// An AEAD profile is asked to protect a sequence number twice, which would give its key away (RFC 7714 §10.1): send
    /// retransmissions as RFC 4588 has them. Or 2^48 packets were sent with this key (RFC 3711 §9.2), or there are too many SSRCs.
    /// </exception>
    public int ProtectRtp(Span<byte> buffer, int length)
    {
        int total = RequireRoom(buffer, length, _profile.RtpOverhead());
        if (!PacketHeader.TryParseRtp(buffer[..length], out PacketHeader header))
            throw new ArgumentException("The buffer does not begin with an RTP packet.", nameof(buffer));
        ReplayWindow? stream = _streams.Find(header.Ssrc);
        if (!StreamTable.TryEstimateIndex(stream, header.Sequence, out ulong index))
            throw new InvalidOperationException("The packet lies outside of the 2^48 packets of its key; a new key is needed.");
        bool isNew = stream is null || stream.MayAccept(index);
        if (!isNew && _profile.IsAead())
            throw new InvalidOperationException("This sequence number was protected before; retransmit with RFC 4588 instead.");
        if (stream is null && _streams.IsFull)
            throw new InvalidOperationException("There are more SSRCs than SrtpOptions.MaxStreams; raise that limit.");
        stream ??= _streams.Add(header.Ssrc);
        if (isNew) stream.Accept(index);
        _transform.ProtectRtp(buffer[..total], header, index);
        return total;
    }

    /// <summary>Protects a compound RTCP packet.</summary>
    /// <param name="buffer">The packet, and behind it room for <see cref="SrtpProfileExtensions.RtcpOverhead"/> bytes.</param>
    /// <param name="length">The length of the packet.</param>
    /// <returns>The length of the protected packet.</returns>
    /// <exception cref="ArgumentException">The buffer has no room, or does not begin with an RTCP packet.</exception>
    /// <exception cref="InvalidOperationException">2^31 packets were sent with this key (RFC 3711 §9.2).</exception>
    public int ProtectRtcp(Span<byte> buffer, int length)
    {
        int total = RequireRoom(buffer, length, _profile.RtcpOverhead());
        if (!PacketHeader.TryParseRtcp(buffer[..length], out PacketHeader header))
            throw new ArgumentException("The buffer does not begin with an RTCP packet.", nameof(buffer));
        if (_nextRtcpIndex > LastRtcpIndex)
            throw new InvalidOperationException("All 2^31 RTCP packets of the key are sent; a new key is needed.");
        _transform.ProtectRtcp(buffer[..total], header, _nextRtcpIndex++);
        return total;
    }

    /// <summary>Clears the session keys.</summary>
    public void Dispose() => _transform.Dispose();

    private static int RequireRoom(ReadOnlySpan<byte> buffer, int length, int overhead)
    {
        Require.InRange(length, 0, buffer.Length);
        if (buffer.Length - length < overhead)
            throw new ArgumentException($"The buffer needs {overhead} bytes of room behind the packet.", nameof(buffer));
        return length + overhead;
    }
}
