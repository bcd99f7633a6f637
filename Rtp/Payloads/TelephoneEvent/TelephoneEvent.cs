using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A report of a named telephone event, such as a DTMF digit (RFC 4733 §2.3).</summary>
/// <param name="Code">The event: 0 to 9 the digits, 10 '*', 11 '#', 12 to 15 'A' to 'D' (§3.2).</param>
/// <param name="IsEnd">Whether the event has ended.</param>
/// <param name="Volume">The tone's power in -dBm0, 0 to 63.</param>
/// <param name="Duration">How long it has lasted, in units of the RTP clock, counted from the packet's timestamp.</param>
public readonly record struct TelephoneEvent(byte Code, bool IsEnd, byte Volume, ushort Duration)
{
    /// <summary>Bytes of a report.</summary>
    public const int Length = 4;

    //  0                   1                   2                   3
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |     event     |E|R| volume    |          duration             |

    /// <summary>Takes the next report off a payload; more than one follow each other in time (§2.5.1.5). False at the end, or when the rest is cut off.</summary>
    public static bool TryRead(ref WireReader reader, out TelephoneEvent report)
    {
        report = default;
        WireReader ahead = reader;
        if (!ahead.TryReadByte(out byte code) || !ahead.TryReadByte(out byte flags) || !ahead.TryReadUInt16(out ushort duration)) return false;
        report = new TelephoneEvent(code, (flags & 0x80) != 0, (byte)(flags & 0x3F), duration);
        reader = ahead;
        return true;
    }

    /// <summary>Writes the report.</summary>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        WireWriter writer = new(destination);
        writer.WriteByte(Code);
        writer.WriteByte((byte)((IsEnd ? 0x80 : 0) | Volume & 0x3F));
        writer.WriteUInt16(Duration);
        return Length;
    }

    /// <summary>The event of a DTMF character (§3.2), in either case; null when there is none.</summary>
    public static byte? CodeOf(char tone) => char.ToUpperInvariant(tone) switch
    {
        >= '0' and <= '9' and char digit => (byte)(digit - '0'),
        '*' => 10,
        '#' => 11,
        >= 'A' and <= 'D' and char letter => (byte)(letter - 'A' + 12),
        _ => null,
    };

    /// <summary>The DTMF character of an event; null when it is another event.</summary>
    public static char? ToneOf(byte code) => code < 16 ? "0123456789*#ABCD"[code] : null;
}
