using System.Text;

namespace WebRtcStack.Ice;

/// <summary>Names on the wire: labels behind their lengths, the tail perhaps elsewhere in the message (RFC 1035 §3.1, §4.1.4).</summary>
internal static class DnsName
{
    private const int MaxLength = 253, MaxJumps = 16;

    /// <summary>Reads a name in lower case.</summary>
    /// <param name="message">The whole message, which compressed names point into.</param>
    /// <param name="offset">Where the name starts; on success where it ends.</param>
    /// <param name="name">The name, labels separated by dots.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, out string name)
    {
        name = "";
        Span<char> text = stackalloc char[MaxLength + 1];
        int length = 0, at = offset, end = -1;
        for (int jumps = 0; jumps <= MaxJumps;)
        {
            if (at >= message.Length) return false;
            int label = message[at];
            if (label == 0)
            {
                offset = end < 0 ? at + 1 : end;
                name = text[..Math.Max(0, length - 1)].ToString();
                return length > 0;
            }
            if (label >= 0xC0)                                            // a pointer; 16 are enough for any honest message
            {
                if (at + 1 >= message.Length) return false;
                if (end < 0) end = at + 2;
                at = (label & 0x3F) << 8 | message[at + 1];
                jumps++;
                continue;
            }
            if (label > 63 || at + 1 + label > message.Length || length + label + 1 > text.Length) return false;
            foreach (byte letter in message.Slice(at + 1, label))
            {
                if (letter is < 0x21 or > 0x7E) return false;             // no name of ours has others
                text[length++] = char.ToLowerInvariant((char)letter);
            }
            text[length++] = '.';
            at += 1 + label;
        }
        return false;
    }

    /// <summary>Writes a name without compression.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, string name)
    {
        int at = 0;
        foreach (string label in name.Split('.'))
        {
            destination[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, destination[at..]);
        }
        destination[at++] = 0;
        return at;
    }

    /// <summary>Whether a candidate's name is one to resolve by multicast: one label, and "local" (draft-ietf-mmusic-mdns-ice-candidates §3.2.1).</summary>
    public static bool IsLocal(string name) =>
        name.EndsWith(".local", StringComparison.OrdinalIgnoreCase) && name.IndexOf('.') is > 0 and < 64 and int dot && dot == name.Length - ".local".Length;
}
