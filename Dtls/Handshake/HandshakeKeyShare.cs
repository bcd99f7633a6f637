namespace WebRtcStack.Dtls;

/// <summary>KeyShareEntry (RFC 8446 §4.2.8): <c>uint16 group | opaque key_exchange&lt;1..2^16-1&gt;</c>.</summary>
internal static class HandshakeKeyShare
{
    public const int HeaderSize = 4;

    public static bool TryRead(scoped ref WireReader reader, out DtlsNamedGroup group, out ReadOnlySpan<byte> key)
    {
        key = default;
        bool read = reader.TryReadUInt16(out ushort number) && reader.TryReadVector16(out key) && !key.IsEmpty;
        group = (DtlsNamedGroup)number;
        return read;
    }

    public static void Write(ref WireWriter writer, DtlsNamedGroup group, scoped ReadOnlySpan<byte> key)
    {
        writer.WriteUInt16((ushort)group);
        writer.WriteVector16(key);
    }

    /// <summary>Whether a list of entries has no end in the middle of one.</summary>
    public static bool AreWellFormed(ReadOnlySpan<byte> entries)
    {
        WireReader reader = new(entries);
        while (!reader.IsEmpty)
        {
            if (!TryRead(ref reader, out _, out _)) return false;
        }
        return true;
    }

    /// <summary>Finds the share of a group in a list of entries.</summary>
    public static bool TryFind(ReadOnlySpan<byte> entries, DtlsNamedGroup group, out ReadOnlySpan<byte> key)
    {
        WireReader reader = new(entries);
        while (TryRead(ref reader, out DtlsNamedGroup found, out key))
        {
            if (found == group) return true;
        }
        key = default;
        return false;
    }
}
