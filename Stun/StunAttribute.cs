using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>One STUN attribute; <see cref="Value"/> is a view into the datagram (RFC 8489 §14).</summary>
public readonly ref struct StunAttribute
{
    /// <summary>Bytes of type and length in front of a value.</summary>
    public const int HeaderLength = 4;

    /// <summary>The attribute's type, which may be one that <see cref="StunAttributeType"/> does not name.</summary>
    public StunAttributeType Type { get; private init; }

    /// <summary>The value, without its padding.</summary>
    public ReadOnlySpan<byte> Value { get; private init; }

    /// <summary>Whether whoever receives the attribute has to understand it (RFC 8489 §14: types below 0x8000).</summary>
    public bool IsComprehensionRequired => (ushort)Type < 0x8000;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------------------------------------------------------+
    // |             Type              |            Length             |
    // +---------------------------------------------------------------+
    // |                Value (variable), padded to 32 bits            |

    /// <summary>Reads the next attribute; on <see langword="false"/> the reader has not moved.</summary>
    public static bool TryRead(scoped ref WireReader reader, out StunAttribute attribute)
    {
        attribute = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt16(out ushort type) ||
            !ahead.TryReadUInt16(out ushort length) ||            // §14: Length excludes the padding
            !ahead.TryReadBytes(length, out ReadOnlySpan<byte> value) ||
            !ahead.TrySkip(-length & 3)) return false;            // §14: padding is ignored on receipt

        attribute = new StunAttribute { Type = (StunAttributeType)type, Value = value };
        reader = ahead;
        return true;
    }

    /// <summary>Reads a 32-bit value: PRIORITY, LIFETIME, and the like.</summary>
    public bool TryGetUInt32(out uint value)
    {
        value = 0;
        return Value.Length == 4 && BinaryPrimitives.TryReadUInt32BigEndian(Value, out value);
    }

    /// <summary>Reads a 64-bit value: ICE-CONTROLLING, ICE-CONTROLLED.</summary>
    public bool TryGetUInt64(out ulong value)
    {
        value = 0;
        return Value.Length == 8 && BinaryPrimitives.TryReadUInt64BigEndian(Value, out value);
    }

    /// <summary>Reads a value like MAPPED-ADDRESS (RFC 8489 §14.1).</summary>
    public bool TryGetAddress(out TransportAddress address) => StunAddress.TryRead(Value, default, default, out address);

    /// <summary>Reads a value like XOR-MAPPED-ADDRESS (RFC 8489 §14.2).</summary>
    /// <param name="transactionId">The id of the message that holds the attribute.</param>
    /// <param name="address">The address, its obfuscation undone.</param>
    public bool TryGetXorAddress(StunTransactionId transactionId, out TransportAddress address) =>
        StunAddress.TryRead(Value, StunMessage.MagicCookie, transactionId, out address);

    /// <summary>Reads ERROR-CODE (RFC 8489 §14.8); the reason phrase that follows the code is for people and left in <see cref="Value"/>.</summary>
    public bool TryGetErrorCode(out StunErrorCode code)
    {
        code = StunErrorCode.None;
        if (Value.Length < 4) return false;
        int hundreds = Value[2] & 7, number = Value[3];
        if (hundreds is < 3 or > 6 || number > 99) return false;
        code = (StunErrorCode)(hundreds * 100 + number);
        return true;
    }
}
