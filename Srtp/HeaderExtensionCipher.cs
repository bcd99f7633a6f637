using System.Buffers;
using System.Buffers.Binary;

namespace WebRtcStack.Srtp;

/// <summary>Encryption of chosen header extension elements (RFC 6904; with AES-GCM by AES-CM all the same, RFC 7714 §8.3).</summary>
internal sealed class HeaderExtensionCipher : IDisposable
{
    private const int BlockHeaderLength = 4;
    private const int MaxOnStack = 256;
    private const byte OneByteStop = 15;                           // RFC 8285 §4.2
    private readonly SaltedCounterMode _cipher;
    private readonly bool[] _encrypted = new bool[256];

    private HeaderExtensionCipher(SaltedCounterMode cipher, IEnumerable<int> identifiers)
    {
        _cipher = cipher;
        foreach (int identifier in identifiers) _encrypted[identifier] = true;
    }

    /// <summary>Null when no element is to be encrypted.</summary>
    public static HeaderExtensionCipher? Create(
        SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, SrtpOptions options, bool allowNative)
    {
        if (options.EncryptedHeaderExtensions.Count == 0) return null;
        using KeyDerivation derivation = new(profile, masterKey, masterSalt);
        return new HeaderExtensionCipher(
            new SaltedCounterMode(profile, derivation, KeyLabel.RtpHeaderEncryption, KeyLabel.RtpHeaderSalt, allowNative),
            options.EncryptedHeaderExtensions);
    }

    /// <summary>Encrypts or decrypts the elements in place, and leaves their headers and the padding (§3).</summary>
    public void Apply(Span<byte> packet, in PacketHeader header, ulong index)
    {
        if (!header.HasExtension) return;
        Span<byte> block = packet[header.ExtensionOffset..header.Length];
        ushort profile = BinaryPrimitives.ReadUInt16BigEndian(block);
        bool isOneByte = profile == RtpExtensionProfile.OneByte;
        if (!isOneByte && (profile & RtpExtensionProfile.TwoByteMask) != RtpExtensionProfile.TwoByte) return;
        Span<byte> elements = block[BlockHeaderLength..];
        byte[]? rented = elements.Length > MaxOnStack ? ArrayPool<byte>.Shared.Rent(elements.Length) : null;
        Span<byte> crypted = (rented ?? stackalloc byte[MaxOnStack])[..elements.Length];
        elements.CopyTo(crypted);                                  // Encrypt(plaintext), of which the mask takes its part
        _cipher.Crypt(crypted, header.Ssrc, index);
        for (int at = 0; TryReadElement(elements, isOneByte, ref at, out int identifier, out int length);)
        {
            if (_encrypted[identifier]) crypted.Slice(at, length).CopyTo(elements[at..]);
            at += length;
        }
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    public void Dispose() => _cipher.Dispose();

    // Moves to the next element's body (RFC 8285 §4.2, §4.3); false at the end, or where an element overruns the block.
    private static bool TryReadElement(ReadOnlySpan<byte> elements, bool isOneByte, ref int at, out int identifier, out int length)
    {
        (identifier, length) = (0, 0);
        while (at < elements.Length && elements[at] == 0) at++;    // padding
        if (at >= elements.Length) return false;
        if (isOneByte)
        {
            identifier = elements[at] >> 4;
            length = (elements[at] & 0x0F) + 1;
            at++;
            return identifier != OneByteStop && at + length <= elements.Length;
        }
        if (at + 2 > elements.Length) return false;
        (identifier, length) = (elements[at], elements[at + 1]);
        at += 2;
        return at + length <= elements.Length;
    }
}
