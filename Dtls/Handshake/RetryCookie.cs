namespace WebRtcStack.Dtls;

/// <summary>What a cookie of DTLS 1.3 remembers in the server's stead (RFC 9147 §5.1): enough to write the HelloRetryRequest once more.</summary>
/// <param name="Suite">The cipher suite that was chosen.</param>
/// <param name="Group">The group that was chosen.</param>
/// <param name="AskedForGroup">Whether the client was asked for a share of it.</param>
/// <param name="FirstHello">The hash of the first ClientHello, for the transcript (RFC 8446 §4.4.1).</param>
internal sealed record RetryCookie(CipherSuite Suite, DtlsNamedGroup Group, bool AskedForGroup, byte[] FirstHello)
{
    private const int FixedLength = 5;

    //  asked (1) | suite (2) | group (2) | hash of the suite's length | MAC (32)

    public static int Length(in CipherSuite suite) => FixedLength + Hashing.Length(suite.Hash) + CookieSecrets.MacLength;

    /// <summary>Writes all but the MAC.</summary>
    public static void Write(Span<byte> cookie, in CipherSuite suite, DtlsNamedGroup group, bool askedForGroup, ReadOnlySpan<byte> firstHello)
    {
        WireWriter writer = new(cookie);
        writer.WriteByte(askedForGroup ? (byte)1 : (byte)0);
        writer.WriteUInt16((ushort)suite.Id);
        writer.WriteUInt16((ushort)group);
        writer.WriteBytes(firstHello);
        Debug.Assert(writer.Length == cookie.Length - CookieSecrets.MacLength, "room for the MAC is left");
    }

    /// <summary>Reads a cookie whose MAC was right.</summary>
    public static RetryCookie? Read(ReadOnlySpan<byte> cookie)
    {
        WireReader reader = new(cookie);
        if (!reader.TryReadByte(out byte asked) || !reader.TryReadUInt16(out ushort suiteId) || !reader.TryReadUInt16(out ushort group) ||
            !CipherSuite.TryGet((DtlsCipherSuite)suiteId, out CipherSuite suite) || cookie.Length != Length(suite) ||
            !reader.TryReadBytes(Hashing.Length(suite.Hash), out ReadOnlySpan<byte> hash)) return null;
        return new RetryCookie(suite, (DtlsNamedGroup)group, asked != 0, hash.ToArray());
    }
}
