using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The messages of the data channel establishment protocol (RFC 8832 §5).</summary>
internal static class DcepMessage
{
    public const byte Ack = 0x02;
    private const byte Open = 0x03;
    private const int OpenHeaderLength = 12;

    /// <summary>Channel type (§5.1): the low bits say which limit <c>Reliability Parameter</c> is, the high bit that order does not matter.</summary>
    private enum ChannelType : byte
    {
        Reliable = 0x00,
        PartialReliableRexmit = 0x01,
        PartialReliableTimed = 0x02,
        UnorderedFlag = 0x80,
    }

    public static bool IsAck(ReadOnlySpan<byte> message) => message.Length >= 1 && message[0] == Ack;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------+---------------+-------------------------------+
    // |  Message Type |  Channel Type |            Priority           |
    // +---------------+---------------+-------------------------------+
    // |                    Reliability Parameter                      |
    // +-------------------------------+-------------------------------+
    // |         Label Length          |       Protocol Length         |
    // +-------------------------------+-------------------------------+
    // |                             Label                             |
    // |                            Protocol                           |

    /// <summary>Reads DATA_CHANNEL_OPEN; false where it is not well-formed or its names are too long.</summary>
    public static bool TryReadOpen(ReadOnlySpan<byte> message, int maxNameBytes, ushort id, out DataChannelParameters parameters)
    {
        parameters = default;
        WireReader reader = new(message);
        if (!reader.TryReadByte(out byte type) || type != Open ||
            !reader.TryReadByte(out byte channelType) ||
            !reader.TryReadUInt16(out ushort priority) ||
            !reader.TryReadUInt32(out uint reliability) ||
            !reader.TryReadUInt16(out ushort labelLength) ||
            !reader.TryReadUInt16(out ushort protocolLength) ||
            !reader.TryReadBytes(labelLength, out ReadOnlySpan<byte> labelBytes) ||
            !reader.TryReadBytes(protocolLength, out ReadOnlySpan<byte> protocolBytes)) return false;
        ChannelType kind = (ChannelType)(channelType & ~(byte)ChannelType.UnorderedFlag);
        if (kind > ChannelType.PartialReliableTimed || Math.Max(labelLength, protocolLength) > maxNameBytes ||
            !TryDecode(labelBytes, out string? label) || !TryDecode(protocolBytes, out string? protocol)) return false;
        int limit = (int)Math.Min(reliability, int.MaxValue);
        parameters = new DataChannelParameters
        {
            Label = label,
            Protocol = protocol,
            Ordered = (channelType & (byte)ChannelType.UnorderedFlag) == 0,
            MaxRetransmits = kind == ChannelType.PartialReliableRexmit ? limit : null,
            MaxPacketLifeTime = kind == ChannelType.PartialReliableTimed ? limit : null,
            Priority = Math.Max(priority, (ushort)1),
            Id = id,
        };
        return true;
    }

    /// <summary>Makes the DATA_CHANNEL_OPEN of a channel.</summary>
    public static MessageLease CreateOpen(DataChannel channel)
    {
        byte[] label = Encoding.UTF8.GetBytes(channel.Label), protocol = Encoding.UTF8.GetBytes(channel.Protocol);
        ChannelType type = channel.MaxRetransmits is not null ? ChannelType.PartialReliableRexmit
            : channel.MaxPacketLifeTime is not null ? ChannelType.PartialReliableTimed : ChannelType.Reliable;
        MessageLease message = MessageLease.Rent(OpenHeaderLength + label.Length + protocol.Length);
        WireWriter writer = new(message.Span);
        writer.WriteByte(Open);
        writer.WriteByte((byte)(channel.Ordered ? type : type | ChannelType.UnorderedFlag));
        writer.WriteUInt16(channel.Priority);
        writer.WriteUInt32((uint)(channel.MaxRetransmits ?? channel.MaxPacketLifeTime ?? 0));
        writer.WriteUInt16((ushort)label.Length);
        writer.WriteUInt16((ushort)protocol.Length);
        writer.WriteBytes(label);
        writer.WriteBytes(protocol);
        return message;
    }

    // Only what comes out as it went in was UTF-8: the decoder replaces what is not.
    private static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = Encoding.UTF8.GetString(bytes.ToArray());
        if (bytes.SequenceEqual(Encoding.UTF8.GetBytes(text))) return true;
        text = null;
        return false;
    }
}
