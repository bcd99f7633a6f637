namespace WebRtcStack.Dtls;

/// <summary>HelloVerifyRequest (RFC 6347 §4.2.1): <c>server_version | opaque cookie&lt;0..2^8-1&gt;</c>.</summary>
internal static class HelloVerifyRequest
{
    public const int HeaderSize = 3;

    /// <summary>Reads the cookie; the version says nothing about what is going to be negotiated.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> cookie)
    {
        WireReader reader = new(body);
        cookie = default;
        return reader.TryReadUInt16(out _) && reader.TryReadVector8(out cookie) && reader.IsEmpty;
    }

    /// <summary>Writes all but the cookie, for which it takes the room.</summary>
    public static Span<byte> Write(ref WireWriter writer, int cookieLength)
    {
        writer.WriteUInt16(DtlsVersion.Dtls10);                    // §4.2.1: whatever is going to be negotiated
        writer.WriteByte((byte)cookieLength);
        return writer.Reserve(cookieLength);
    }
}
