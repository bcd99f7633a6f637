using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>
/// What a packet's header holds beside its fields, apart from any packet: contributing sources, and extension elements by numbers that
/// the application gives them. A stream has the ids of those numbers (<see cref="RtpSendStream.ElementIds"/>), so that the same bytes
/// serve many streams with different ids.
/// </summary>
/// <remarks>In memory: for each element its number, its length and its value. Number 0 is the list of contributing sources.</remarks>
public static class RtpHeaderElements
{
    private const int Prefix = 2;
    private const byte ContributingSources = 0;

    internal const byte MaxOneByteId = 14;               // RFC 8285 §4.2: 15 ends the list

    /// <summary>Writes an element behind others.</summary>
    /// <param name="destination">Room for it.</param>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="value">Its value, up to 255 bytes.</param>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    public static int Write(Span<byte> destination, byte number, ReadOnlySpan<byte> value)
    {
        if (value.Length > byte.MaxValue || destination.Length < value.Length + Prefix) return 0;
        (destination[0], destination[1]) = (number, (byte)value.Length);
        value.CopyTo(destination[Prefix..]);
        return value.Length + Prefix;
    }

    /// <summary>Writes the contributing sources of a packet.</summary>
    /// <returns>Bytes written; 0 when there are none or they do not fit.</returns>
    public static int WriteContributingSources(Span<byte> destination, in RtpPacket packet)
    {
        int length = packet.CsrcCount * 4;
        return length == 0 ? 0 : Write(destination, ContributingSources, packet.Bytes.Slice(RtpPacket.FixedHeaderLength, length));
    }

    /// <summary>Takes the elements out of a packet whose ids have numbers, and its contributing sources.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="ids">The ids by number, as received; 0 where one was not negotiated.</param>
    /// <param name="destination">Where they go; what does not fit is left out.</param>
    /// <returns>Bytes written.</returns>
    public static int Read(in RtpPacket packet, ReadOnlySpan<byte> ids, Span<byte> destination)
    {
        int length = WriteContributingSources(destination, packet);
        RtpExtensionReader reader = packet.GetExtensions();
        while (reader.TryRead(out byte id, out ReadOnlySpan<byte> value))
        {
            int number = ids.IndexOf(id);
            if (number > 0) length += Write(destination[length..], (byte)number, value);
        }
        return length;
    }

    /// <summary>Finds an element.</summary>
    public static bool TryFind(ReadOnlySpan<byte> elements, byte number, out ReadOnlySpan<byte> value)
    {
        while (TryTake(ref elements, out byte found, out value))
        {
            if (found == number) return true;
        }
        return false;
    }

    internal static void AddContributingSources(ref RtpHeaderWriter writer, ReadOnlySpan<byte> elements)
    {
        if (elements.IsEmpty || !TryFind(elements, ContributingSources, out ReadOnlySpan<byte> sources)) return;
        for (; sources.Length >= 4; sources = sources[4..]) writer.AddContributingSource(BinaryPrimitives.ReadUInt32BigEndian(sources));
    }

    /// <summary>Whether an element fits no one-byte header (RFC 8285 §4.2): by its id, or by its length.</summary>
    internal static bool NeedTwoByteHeaders(ReadOnlySpan<byte> elements, ReadOnlySpan<byte> ids)
    {
        while (TryTake(ref elements, out byte number, out ReadOnlySpan<byte> value))
        {
            if (number != ContributingSources && number < ids.Length && ids[number] != 0 && !FitsOneByteHeader(ids[number], value.Length)) return true;
        }
        return false;
    }

    internal static bool FitsOneByteHeader(byte id, int length) => id is > 0 and <= MaxOneByteId && length is > 0 and <= 16;

    internal static void AddExtensions(ref RtpHeaderWriter writer, ReadOnlySpan<byte> elements, ReadOnlySpan<byte> ids, bool isTwoByte)
    {
        while (TryTake(ref elements, out byte number, out ReadOnlySpan<byte> value))
        {
            // RFC 8285 §4.2: what a one-byte header cannot hold needs a=extmap-allow-mixed, and is left out without it.
            if (number == ContributingSources || number >= ids.Length || ids[number] == 0) continue;
            if (isTwoByte || FitsOneByteHeader(ids[number], value.Length)) writer.AddExtension(ids[number], value);
        }
    }

    private static bool TryTake(scoped ref ReadOnlySpan<byte> elements, out byte number, out ReadOnlySpan<byte> value)
    {
        number = 0;
        value = default;
        if (elements.Length < Prefix || elements.Length < Prefix + elements[1]) return false;
        number = elements[0];
        value = elements.Slice(Prefix, elements[1]);
        elements = elements[(Prefix + value.Length)..];
        return true;
    }
}
