using System.Buffers.Binary;
using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A mid, rid or repaired rid as an RTP header extension carries it (RFC 7941, RFC 9143 §15, RFC 8852 §4): a short text, held without allocation.</summary>
/// <remarks>Values are equal when their bytes are, so that one can key a table. The default value is the empty text: no identifier.</remarks>
public readonly record struct SdesIdentifier : IRtpHeaderExtension
{
    /// <summary>The longest text that is held, in bytes. Chromium and Firefox use up to four; one-byte headers carry up to sixteen.</summary>
    public const int MaxLength = 32;

    private readonly ulong _a, _b, _c, _d;

    private SdesIdentifier(ReadOnlySpan<byte> text)
    {
        Span<byte> padded = stackalloc byte[MaxLength];
        padded.Clear();
        text.CopyTo(padded);
        _a = BinaryPrimitives.ReadUInt64BigEndian(padded);
        _b = BinaryPrimitives.ReadUInt64BigEndian(padded[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(padded[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(padded[24..]);
        Length = text.Length;
    }

    /// <summary>Creates an identifier from its text.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The text is longer than 32 bytes.</exception>
    public SdesIdentifier(string text) : this(Encoding.UTF8.GetBytes(Require.NotNull(text)), text.Length)
    {
    }

    private SdesIdentifier(byte[] text, int _) : this(text.AsSpan(0, Require.InRange(text.Length, 0, MaxLength, nameof(text))))
    {
    }

    /// <inheritdoc/>
    public int Length { get; }

    /// <summary>Whether there is no identifier.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Reads an element. False when it is empty or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out SdesIdentifier identifier)
    {
        identifier = default;
        if (source.Length is 0 or > MaxLength) return false;
        identifier = new SdesIdentifier(source);
        return true;
    }

    /// <inheritdoc/>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        Span<byte> padded = stackalloc byte[MaxLength];
        BinaryPrimitives.WriteUInt64BigEndian(padded, _a);
        BinaryPrimitives.WriteUInt64BigEndian(padded[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(padded[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(padded[24..], _d);
        padded[..Length].CopyTo(destination);
        return Length;
    }

    /// <summary>The text.</summary>
    public override string ToString()
    {
        byte[] text = new byte[Length];
        Write(text);
        return Encoding.UTF8.GetString(text);
    }
}
