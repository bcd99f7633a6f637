using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>A view of a STUN message in a datagram (RFC 8489 §5). It holds no copy: it is valid while the datagram is.</summary>
public readonly ref struct StunMessage
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 20;

    /// <summary>The value that sets STUN apart from other protocols on the same port.</summary>
    public const uint MagicCookie = 0x2112A442;

    /// <summary>What FINGERPRINT's CRC is XORed with (RFC 8489 §14.7).</summary>
    internal const uint FingerprintMask = 0x5354554E;

    internal const int IntegritySha1Length = 20;
    private const int IntegritySha256Minimum = 16;
    private const int IntegritySha256Maximum = 32;

    private readonly int _attributesEnd;          // the first of the integrity attributes and FINGERPRINT, or the end
    private readonly int _integrity;              // offsets into the datagram, 0 = absent
    private readonly int _integritySha256;
    private readonly int _fingerprint;

    private StunMessage(ReadOnlySpan<byte> bytes, int attributesEnd, int integrity, int integritySha256, int fingerprint)
    {
        Bytes = bytes;
        (_attributesEnd, _integrity, _integritySha256, _fingerprint) = (attributesEnd, integrity, integritySha256, fingerprint);
        int type = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        Class = (StunClass)(type >> 7 & 2 | type >> 4 & 1);
        Method = PeekMethod(bytes);
        TransactionId = StunTransactionId.Read(bytes[8..]);
    }

    /// <summary>The whole message as it is on the wire.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Request, indication or response.</summary>
    public StunClass Class { get; }

    /// <summary>The method, which may be one that <see cref="StunMethod"/> does not name.</summary>
    public StunMethod Method { get; }

    /// <summary>The transaction id.</summary>
    public StunTransactionId TransactionId { get; }

    /// <summary>Whether the message carries MESSAGE-INTEGRITY.</summary>
    public bool HasIntegrity => _integrity > 0;

    /// <summary>Whether the message carries MESSAGE-INTEGRITY-SHA256.</summary>
    public bool HasIntegritySha256 => _integritySha256 > 0;

    /// <summary>Whether the message carries FINGERPRINT.</summary>
    public bool HasFingerprint => _fingerprint > 0;

    /// <summary>
    /// A reader over the attributes that count: those in front of MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and
    /// FINGERPRINT, as what follows the former two is ignored (RFC 8489 §14.5).
    /// </summary>
    public WireReader Attributes => new(Bytes[HeaderLength.._attributesEnd]);

    /// <summary>Whether a datagram looks like STUN: two zero bits, and the magic cookie (RFC 7983 §7, RFC 8489 §5).</summary>
    public static bool IsProbablyStun(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= HeaderLength && datagram[0] < 4 && BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) == MagicCookie;

    /// <summary>The method of a datagram for which <see cref="IsProbablyStun"/> holds.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="datagram"/> has less than two bytes.</exception>
    public static StunMethod PeekMethod(ReadOnlySpan<byte> datagram)
    {
        int type = BinaryPrimitives.ReadUInt16BigEndian(datagram);
        return (StunMethod)(type >> 2 & 0xF80 | type >> 1 & 0x70 | type & 0xF);      // §5, figure 3
    }

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |0 0|     STUN Message Type     |         Message Length        |
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                         Magic Cookie                          |
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                     Transaction ID (96 bits)                  |

    /// <summary>Reads a datagram that holds one STUN message and nothing else.</summary>
    /// <returns>False for anything that is not well-formed down to the last attribute; FINGERPRINT and integrity are not verified yet.</returns>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out StunMessage message)
    {
        message = default;
        if (!IsProbablyStun(datagram)) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        if ((length & 3) != 0 || length != datagram.Length - HeaderLength) return false;

        int integrity = 0, integritySha256 = 0, fingerprint = 0;
        WireReader reader = new(datagram[HeaderLength..]);
        while (!reader.IsEmpty)
        {
            int offset = datagram.Length - reader.Remaining;
            if (fingerprint > 0 || !StunAttribute.TryRead(ref reader, out StunAttribute attribute)) return false;   // §14.7: it is the last
            switch (attribute.Type)
            {
                case StunAttributeType.MessageIntegrity when integrity == 0 && integritySha256 == 0:
                    if (attribute.Value.Length != IntegritySha1Length) return false;
                    integrity = offset;
                    break;
                case StunAttributeType.MessageIntegritySha256 when integritySha256 == 0:
                    if (attribute.Value.Length is < IntegritySha256Minimum or > IntegritySha256Maximum ||
                        (attribute.Value.Length & 3) != 0) return false;                                            // §14.6
                    integritySha256 = offset;
                    break;
                case StunAttributeType.Fingerprint:
                    if (attribute.Value.Length != 4) return false;
                    fingerprint = offset;
                    break;
                default:
                    break;
            }
        }
        int end = FirstOf(FirstOf(FirstOf(datagram.Length, fingerprint), integritySha256), integrity);
        message = new StunMessage(datagram, end, integrity, integritySha256, fingerprint);
        return true;
    }

    /// <summary>Finds the first attribute of a type among <see cref="Attributes"/>.</summary>
    public bool TryGet(StunAttributeType type, out StunAttribute attribute)
    {
        WireReader reader = Attributes;
        while (StunAttribute.TryRead(ref reader, out attribute))
        {
            if (attribute.Type == type) return true;
        }
        attribute = default;
        return false;
    }

    /// <summary>Whether an attribute of this type is there.</summary>
    public bool Has(StunAttributeType type) => TryGet(type, out _);

    /// <summary>Reads an attribute whose value is 32 bits.</summary>
    public bool TryGetUInt32(StunAttributeType type, out uint value)
    {
        value = 0;
        return TryGet(type, out StunAttribute attribute) && attribute.TryGetUInt32(out value);
    }

    /// <summary>Reads an attribute whose value is 64 bits.</summary>
    public bool TryGetUInt64(StunAttributeType type, out ulong value)
    {
        value = 0;
        return TryGet(type, out StunAttribute attribute) && attribute.TryGetUInt64(out value);
    }

    /// <summary>Reads an attribute that holds a XORed address.</summary>
    public bool TryGetXorAddress(StunAttributeType type, out TransportAddress address)
    {
        address = default;
        return TryGet(type, out StunAttribute attribute) && attribute.TryGetXorAddress(TransactionId, out address);
    }

    /// <summary>The address a Binding response tells: XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS from an old server (RFC 8489 §11).</summary>
    public bool TryGetMappedAddress(out TransportAddress address) =>
        TryGetXorAddress(StunAttributeType.XorMappedAddress, out address) ||
        (TryGet(StunAttributeType.MappedAddress, out StunAttribute attribute) && attribute.TryGetAddress(out address));

    /// <summary>The error code, or <see cref="StunErrorCode.None"/> when ERROR-CODE is missing or malformed.</summary>
    public StunErrorCode GetErrorCode() =>
        TryGet(StunAttributeType.ErrorCode, out StunAttribute attribute) && attribute.TryGetErrorCode(out StunErrorCode code)
            ? code
            : StunErrorCode.None;

    /// <summary>Whether FINGERPRINT is there and right (RFC 8489 §14.7).</summary>
    public bool VerifyFingerprint() =>
        HasFingerprint &&
        BinaryPrimitives.ReadUInt32BigEndian(Bytes[(_fingerprint + StunAttribute.HeaderLength)..]) ==
            (Crc32.Compute(Bytes[.._fingerprint]) ^ FingerprintMask);

    /// <summary>
    /// Whether the message is authentic under <paramref name="key"/>: MESSAGE-INTEGRITY-SHA256 where there is one, else
    /// MESSAGE-INTEGRITY; compared in constant time. False when it carries neither.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool VerifyIntegrity(StunKey key)
    {
        Require.NotNull(key);
        int offset = HasIntegritySha256 ? _integritySha256 : _integrity;
        if (offset == 0) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(Bytes[(offset + 2)..]);
        ReadOnlySpan<byte> given = Bytes.Slice(offset + StunAttribute.HeaderLength, length);
        Span<byte> computed = stackalloc byte[IntegritySha256Maximum];
        // §14.5, §14.6: the hash covers the header as if the message ended with this attribute.
        Span<byte> header = stackalloc byte[HeaderLength];
        Bytes[..HeaderLength].CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(offset + StunAttribute.HeaderLength + length - HeaderLength));
        key.ComputeIntegrity(HasIntegritySha256, header, Bytes[HeaderLength..offset], computed);
        return StunCrypto.FixedTimeEquals(computed[..length], given);
    }

    /// <summary>
    /// Collects the comprehension-required attributes whose types are not among <paramref name="known"/>, for
    /// UNKNOWN-ATTRIBUTES of a 420 response (RFC 8489 §6.3.1).
    /// </summary>
    /// <returns>How many there are; only as many as fit are put into <paramref name="unknown"/>.</returns>
    public int CollectUnknown(ReadOnlySpan<StunAttributeType> known, Span<StunAttributeType> unknown)
    {
        int count = 0;
        WireReader reader = Attributes;
        while (StunAttribute.TryRead(ref reader, out StunAttribute attribute))
        {
            if (!attribute.IsComprehensionRequired || Contains(known, attribute.Type)) continue;
            if (count < unknown.Length) unknown[count] = attribute.Type;
            count++;
        }
        return count;
    }

    private static bool Contains(ReadOnlySpan<StunAttributeType> types, StunAttributeType type)
    {
        foreach (StunAttributeType candidate in types)
        {
            if (candidate == type) return true;
        }
        return false;
    }

    private static int FirstOf(int end, int offset) => offset > 0 ? Math.Min(end, offset) : end;
}
