using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>Writes a STUN message into the caller's span (RFC 8489 §5): attributes in call order, integrity and FINGERPRINT last.</summary>
/// <remarks>What does not fit sets <see cref="Overflowed"/>; <see cref="Length"/> is then 0. No method allocates.</remarks>
public ref struct StunMessageWriter
{
    private readonly Span<byte> _destination;
    private readonly StunTransactionId _transactionId;
    private WireWriter _writer;

    /// <summary>Writes the header of a message without attributes.</summary>
    public StunMessageWriter(Span<byte> destination, StunClass @class, StunMethod method, StunTransactionId transactionId)
    {
        _destination = destination;
        _transactionId = transactionId;
        _writer = new WireWriter(destination);
        int m = (int)method, c = (int)@class;
        _writer.WriteUInt16((ushort)((m & 0xF80) << 2 | (m & 0x70) << 1 | m & 0xF | (c & 2) << 7 | (c & 1) << 4));    // §5, figure 3
        _writer.WriteUInt16(0);
        _writer.WriteUInt32(StunMessage.MagicCookie);
        Span<byte> id = _writer.Reserve(StunTransactionId.Length);
        if (!id.IsEmpty) transactionId.Write(id);
    }

    /// <summary>Bytes of the message so far, or 0 once something did not fit. After each attribute the message is complete.</summary>
    public readonly int Length => _writer.Length;

    /// <summary>Whether something did not fit.</summary>
    public readonly bool Overflowed => _writer.Overflowed;

    /// <summary>Writes one attribute with its padding.</summary>
    public void Write(StunAttributeType type, scoped ReadOnlySpan<byte> value)
    {
        Span<byte> room = Reserve(type, value.Length);
        if (!_writer.Overflowed) value.CopyTo(room);
    }

    /// <summary>Writes an attribute without a value: USE-CANDIDATE, DONT-FRAGMENT.</summary>
    public void WriteFlag(StunAttributeType type) => Reserve(type, 0);

    /// <summary>Writes an attribute whose value is 32 bits.</summary>
    public void WriteUInt32(StunAttributeType type, uint value)
    {
        Span<byte> room = Reserve(type, 4);
        if (!_writer.Overflowed) BinaryPrimitives.WriteUInt32BigEndian(room, value);
    }

    /// <summary>Writes an attribute whose value is 64 bits.</summary>
    public void WriteUInt64(StunAttributeType type, ulong value)
    {
        Span<byte> room = Reserve(type, 8);
        if (!_writer.Overflowed) BinaryPrimitives.WriteUInt64BigEndian(room, value);
    }

    /// <summary>Writes an attribute like MAPPED-ADDRESS (RFC 8489 §14.1).</summary>
    public void WriteAddress(StunAttributeType type, TransportAddress address)
    {
        Span<byte> room = Reserve(type, StunAddress.LengthOf(address));
        if (!_writer.Overflowed) StunAddress.Write(room, address, 0, default);
    }

    /// <summary>Writes an attribute like XOR-MAPPED-ADDRESS (RFC 8489 §14.2).</summary>
    public void WriteXorAddress(StunAttributeType type, TransportAddress address)
    {
        Span<byte> room = Reserve(type, StunAddress.LengthOf(address));
        if (!_writer.Overflowed) StunAddress.Write(room, address, StunMessage.MagicCookie, _transactionId);
    }

    /// <summary>Writes ERROR-CODE with the reason phrase of its registration (RFC 8489 §14.8).</summary>
    public void WriteErrorCode(StunErrorCode code)
    {
        ReadOnlySpan<byte> reason = StunReason.For(code);
        Span<byte> room = Reserve(StunAttributeType.ErrorCode, 4 + reason.Length);
        if (_writer.Overflowed) return;
        room[..2].Clear();
        room[2] = (byte)((int)code / 100);
        room[3] = (byte)((int)code % 100);
        reason.CopyTo(room[4..]);
    }

    /// <summary>Writes UNKNOWN-ATTRIBUTES (RFC 8489 §14.13).</summary>
    public void WriteUnknownAttributes(scoped ReadOnlySpan<StunAttributeType> types)
    {
        Span<byte> room = Reserve(StunAttributeType.UnknownAttributes, 2 * types.Length);
        if (_writer.Overflowed) return;
        for (int i = 0; i < types.Length; i++) BinaryPrimitives.WriteUInt16BigEndian(room[(2 * i)..], (ushort)types[i]);
    }

    /// <summary>Writes PASSWORD-ALGORITHM, which has no parameters (RFC 8489 §14.12).</summary>
    public void WritePasswordAlgorithm(StunPasswordAlgorithm algorithm) =>
        WriteUInt32(StunAttributeType.PasswordAlgorithm, (uint)algorithm << 16);

    /// <summary>Takes room for an attribute's value, which the caller fills; its padding is zero.</summary>
    /// <returns>Exactly <paramref name="length"/> bytes, or an empty span when it does not fit.</returns>
    public Span<byte> Reserve(StunAttributeType type, int length)
    {
        Debug.Assert((uint)length <= ushort.MaxValue, "our own caller, not the wire");
        _writer.WriteUInt16((ushort)type);
        _writer.WriteUInt16((ushort)length);
        Span<byte> room = _writer.Reserve(length);
        _writer.WriteZeros(-length & 3);
        SetLength(_writer.Length);
        return _writer.Overflowed ? default : room;
    }

    /// <summary>Appends MESSAGE-INTEGRITY (RFC 8489 §14.5).</summary>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public void WriteIntegrity(StunKey key) =>
        WriteIntegrity(key, StunAttributeType.MessageIntegrity, StunMessage.IntegritySha1Length);

    /// <summary>Appends MESSAGE-INTEGRITY-SHA256, not truncated (RFC 8489 §14.6).</summary>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public void WriteIntegritySha256(StunKey key) =>
        WriteIntegrity(key, StunAttributeType.MessageIntegritySha256, StunCrypto.Sha256Length);

    /// <summary>Appends FINGERPRINT; nothing may follow it (RFC 8489 §14.7).</summary>
    public void WriteFingerprint()
    {
        int covered = _writer.Length;
        Span<byte> room = Reserve(StunAttributeType.Fingerprint, 4);
        if (_writer.Overflowed) return;
        BinaryPrimitives.WriteUInt32BigEndian(room, Crc32.Compute(_destination[..covered]) ^ StunMessage.FingerprintMask);
    }

    private void WriteIntegrity(StunKey key, StunAttributeType type, int length)
    {
        Require.NotNull(key);
        int covered = _writer.Length;
        Span<byte> room = Reserve(type, length);
        if (_writer.Overflowed) return;
        key.ComputeIntegrity(type == StunAttributeType.MessageIntegritySha256,
            _destination[..StunMessage.HeaderLength], _destination[StunMessage.HeaderLength..covered], room);
    }

    private readonly void SetLength(int total)
    {
        if (total > 0) BinaryPrimitives.WriteUInt16BigEndian(_destination[2..], (ushort)(total - StunMessage.HeaderLength));
    }
}
