using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A type-length-value parameter of a chunk (RFC 9260 §3.2.1); error causes have the same form (§3.3.10).</summary>
internal readonly ref struct Parameter
{
    public const int HeaderLength = 4;

    public ushort Type { get; private init; }

    public ReadOnlySpan<byte> Value { get; private init; }

    /// <summary>The whole parameter with its header, without padding.</summary>
    public ReadOnlySpan<byte> Bytes { get; private init; }

    /// <summary>Reads the next parameter; on <see langword="false"/> the reader has not moved.</summary>
    public static bool TryRead(scoped ref WireReader reader, out Parameter parameter)
    {
        parameter = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt16(out ushort type) ||
            !ahead.TryReadUInt16(out ushort length) ||
            !ahead.TryReadBytes(length - HeaderLength, out ReadOnlySpan<byte> value)) return false;
        ahead.TrySkip(Math.Min(-length & 3, ahead.Remaining));
        parameter = new Parameter { Type = type, Value = value, Bytes = reader.Rest[..length] };
        reader = ahead;
        return true;
    }

    /// <summary>Writes a parameter and its padding.</summary>
    public static void Write(ref WireWriter writer, ushort type, scoped ReadOnlySpan<byte> value)
    {
        writer.WriteUInt16(type);
        writer.WriteUInt16((ushort)(HeaderLength + value.Length));
        writer.WriteBytes(value);
        writer.WriteZeros(-value.Length & 3);
    }
}
