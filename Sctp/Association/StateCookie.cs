using System.Security.Cryptography;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>All that is needed to set up the association when its COOKIE ECHO comes, so that INIT leaves no state (RFC 9260 §5.1.3).</summary>
internal readonly record struct StateCookie
{
    public const int Length = BodyLength + MacLength;
    private const int BodyLength = 44;
    private const int MacLength = 32;
    private const byte ForwardTsnFlag = 1, ReconfigFlag = 2, ZeroChecksumFlag = 4, InterleavingFlag = 8, InterleavedForwardTsnFlag = 16;

    public Instant Created { get; init; }

    public uint LocalTag { get; init; }

    public uint LocalInitialTsn { get; init; }

    public PeerParameters Peer { get; init; }

    /// <summary>The tags of the association that existed when the cookie was made; 0 for none (§5.2.2).</summary>
    public uint LocalTieTag { get; init; }

    public uint PeerTieTag { get; init; }

    /// <summary>Writes the cookie with its HMAC-SHA-256.</summary>
    public void Write(Span<byte> destination, byte[] key)
    {
        Debug.Assert(destination.Length == Length, "a cookie has one size");
        WireWriter writer = new(destination);
        writer.WriteUInt64((ulong)Created.Ticks);
        writer.WriteUInt32(LocalTag);
        writer.WriteUInt32(LocalInitialTsn);
        writer.WriteUInt32(Peer.Tag);
        writer.WriteUInt32(Peer.InitialTsn);
        writer.WriteUInt32(Peer.ReceiveWindow);
        writer.WriteUInt16(Peer.OutboundStreams);
        writer.WriteUInt16(Peer.InboundStreams);
        writer.WriteUInt32(LocalTieTag);
        writer.WriteUInt32(PeerTieTag);
        writer.WriteByte((byte)(
            (Peer.ForwardTsn ? ForwardTsnFlag : 0) | (Peer.Reconfig ? ReconfigFlag : 0) | (Peer.ZeroChecksum ? ZeroChecksumFlag : 0) |
            (Peer.Interleaving ? InterleavingFlag : 0) | (Peer.InterleavedForwardTsn ? InterleavedForwardTsnFlag : 0)));
        writer.WriteZeros(BodyLength - writer.Length);
        writer.WriteBytes(Authenticate(writer.Written, key));
    }

    /// <summary>Reads a cookie that this key authenticated; anything else is refused.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, byte[] key, out StateCookie cookie)
    {
        cookie = default;
        if (source.Length != Length || !Bits.FixedTimeEquals(Authenticate(source[..BodyLength], key), source[BodyLength..])) return false;
        WireReader reader = new(source);
        if (!reader.TryReadUInt64(out ulong created) ||
            !reader.TryReadUInt32(out uint localTag) ||
            !reader.TryReadUInt32(out uint localTsn) ||
            !reader.TryReadUInt32(out uint peerTag) ||
            !reader.TryReadUInt32(out uint peerTsn) ||
            !reader.TryReadUInt32(out uint window) ||
            !reader.TryReadUInt16(out ushort outbound) ||
            !reader.TryReadUInt16(out ushort inbound) ||
            !reader.TryReadUInt32(out uint localTie) ||
            !reader.TryReadUInt32(out uint peerTie) ||
            !reader.TryReadByte(out byte flags)) return false;
        cookie = new StateCookie
        {
            Created = new Instant((long)created), LocalTag = localTag, LocalInitialTsn = localTsn,
            LocalTieTag = localTie, PeerTieTag = peerTie,
            Peer = new PeerParameters
            {
                Tag = peerTag, InitialTsn = peerTsn, ReceiveWindow = window, OutboundStreams = outbound, InboundStreams = inbound,
                ForwardTsn = (flags & ForwardTsnFlag) != 0, Reconfig = (flags & ReconfigFlag) != 0,
                ZeroChecksum = (flags & ZeroChecksumFlag) != 0, Interleaving = (flags & InterleavingFlag) != 0,
                InterleavedForwardTsn = (flags & InterleavedForwardTsnFlag) != 0,
            },
        };
        return true;
    }

    private static byte[] Authenticate(ReadOnlySpan<byte> body, byte[] key)
    {
#if NET
        return HMACSHA256.HashData(key, body);
#else
        using HMACSHA256 hmac = new(key);
        return hmac.ComputeHash(body.ToArray());
#endif
    }
}
