using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>The ChannelData message, and how messages lie in a byte stream (RFC 8656 §12.4 and §12.5).</summary>
public static class ChannelData
{
    /// <summary>Bytes of channel number and length in front of the data.</summary>
    public const int HeaderLength = 4;

    /// <summary>The first channel number (RFC 8656 §12).</summary>
    public const ushort FirstChannel = 0x4000;

    /// <summary>The last channel number.</summary>
    public const ushort LastChannel = 0x4FFF;

    // RFC 5766 §11 had four times as many, and its clients use them: a server whose port carries nothing but TURN can take them.
    internal const ushort LastLegacyChannel = 0x7FFF;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |         Channel Number        |            Length             |
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // /                       Application Data                        /

    /// <summary>Reads a ChannelData message; what follows the data is padding.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out ushort channel, out ReadOnlySpan<byte> data) =>
        TryParse(message, LastChannel, out channel, out data);

    internal static bool TryParse(ReadOnlySpan<byte> message, ushort lastChannel, out ushort channel, out ReadOnlySpan<byte> data)
    {
        data = default;
        WireReader reader = new(message);
        return reader.TryReadUInt16(out channel) && channel >= FirstChannel && channel <= lastChannel &&
            reader.TryReadUInt16(out ushort length) && reader.TryReadBytes(length, out data);
    }

    /// <summary>Completes a message whose data is already at <see cref="HeaderLength"/>.</summary>
    /// <param name="destination">Header, data, and room for up to three bytes of padding.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="length">Bytes of data.</param>
    /// <param name="padded">Whether to pad to four bytes: over TCP and TLS.</param>
    /// <returns>Bytes of the message, or 0 when there is no room.</returns>
    public static int Complete(Span<byte> destination, ushort channel, int length, bool padded)
    {
        int end = HeaderLength + length, size = padded ? (end + 3) & ~3 : end;
        if ((uint)length > ushort.MaxValue || destination.Length < size) return 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination, channel);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)length);
        destination[end..size].Clear();
        return size;
    }

    /// <summary>Finds where the first message of a byte stream from or to a TURN server ends, STUN or ChannelData.</summary>
    /// <param name="stream">What has been received and not been consumed.</param>
    /// <param name="length">Bytes of the message with its padding; 0 while too little is there to tell.</param>
    /// <returns>False when the stream cannot be TURN: the connection has to be closed.</returns>
    public static bool TryGetFrameLength(ReadOnlySpan<byte> stream, out int length)
    {
        length = 0;
        if (stream.Length < HeaderLength) return true;
        int body = BinaryPrimitives.ReadUInt16BigEndian(stream[2..]);
        switch (stream[0] >> 6)
        {
            case 0b00:
                return StunFraming.TryGetFrameLength(stream, out length);
            case 0b01:
                length = (HeaderLength + body + 3) & ~3;
                return true;
            default:
                return false;
        }
    }
}
