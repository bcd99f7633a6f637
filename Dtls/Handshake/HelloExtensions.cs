using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>Extensions of hello messages that this library knows.</summary>
internal enum ExtensionType : ushort
{
    SupportedGroups = 10,
    EcPointFormats = 11,
    SignatureAlgorithms = 13,
    UseSrtp = 14,
    ExtendedMasterSecret = 23,
    RecordSizeLimit = 28,
    SupportedVersions = 43,
    Cookie = 44,
    KeyShare = 51,
    RenegotiationInfo = 0xFF01,
}

/// <summary>The extensions of a hello message or of EncryptedExtensions, as views into it (RFC 5246 §7.4.1.4, RFC 8446 §4.2).</summary>
internal ref struct HelloExtensions
{
    private const byte Uncompressed = 0;
    private int _present;

    /// <summary>RFC 8422 §5.1.1, as 16-bit numbers.</summary>
    public ReadOnlySpan<byte> SupportedGroups { get; private set; }

    /// <summary>RFC 8446 §4.2.3, as 16-bit numbers.</summary>
    public ReadOnlySpan<byte> SignatureAlgorithms { get; private set; }

    /// <summary>RFC 5764 §4.1.1, as 16-bit numbers.</summary>
    public ReadOnlySpan<byte> SrtpProfiles { get; private set; }

    /// <summary>srtp_mki.</summary>
    public ReadOnlySpan<byte> SrtpMki { get; private set; }

    /// <summary>RFC 8446 §4.2.1 in a ClientHello, as 16-bit numbers.</summary>
    public ReadOnlySpan<byte> SupportedVersions { get; private set; }

    /// <summary>RFC 8446 §4.2.1 in a ServerHello.</summary>
    public ushort SelectedVersion { get; private set; }

    /// <summary>RFC 8446 §4.2.8: KeyShareEntry after KeyShareEntry of a ClientHello, the one of a ServerHello, the group of a HelloRetryRequest.</summary>
    public ReadOnlySpan<byte> KeyShare { get; private set; }

    /// <summary>RFC 8446 §4.2.2.</summary>
    public ReadOnlySpan<byte> Cookie { get; private set; }

    /// <summary>RFC 8449 §4.</summary>
    public ushort RecordSizeLimit { get; private set; }

    /// <summary>renegotiated_connection (RFC 5746 §3.2).</summary>
    public ReadOnlySpan<byte> RenegotiatedConnection { get; private set; }

    /// <summary>Whether there were extensions that are not known here.</summary>
    public bool HasUnknown { get; private set; }

    public readonly bool Has(ExtensionType type) => (_present & Bit(type)) != 0;

    /// <summary>Whether there are known extensions besides these.</summary>
    public readonly bool HasOtherThan(params ReadOnlySpan<ExtensionType> allowed)
    {
        int rest = _present;
        foreach (ExtensionType type in allowed) rest &= ~Bit(type);
        return rest != 0;
    }

    /// <summary>Reads what follows the fixed fields of a hello: nothing, or the block of extensions and nothing behind it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> rest, HelloKind kind, out HelloExtensions extensions)
    {
        extensions = default;
        if (rest.IsEmpty) return kind != HelloKind.EncryptedExtensions;
        WireReader outer = new(rest);
        if (!outer.TryReadVector16(out ReadOnlySpan<byte> block) || !outer.IsEmpty) return false;
        WireReader reader = new(block);
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadUInt16(out ushort type) || !reader.TryReadVector16(out ReadOnlySpan<byte> body) ||
                !extensions.TryAdd((ExtensionType)type, body, kind)) return false;
        }
        return true;
    }

    private bool TryAdd(ExtensionType type, ReadOnlySpan<byte> body, HelloKind kind)
    {
        if (Bit(type) == 0)
        {
            HasUnknown = true;
            return true;
        }
        if (Has(type)) return false;                               // §7.4.1.4: no type twice
        _present |= Bit(type);
        WireReader reader = new(body);
        return TryRead(type, kind, ref reader) && reader.IsEmpty;
    }

    private bool TryRead(ExtensionType type, HelloKind kind, ref WireReader reader)
    {
        ReadOnlySpan<byte> value;
        switch (type)
        {
            case ExtensionType.SupportedGroups:
                if (!reader.TryReadNumbers16(out value)) return false;
                SupportedGroups = value;
                return true;
            case ExtensionType.EcPointFormats:                     // RFC 8422 §5.1.2: uncompressed is always there
                return reader.TryReadVector8(out value) && value.IndexOf(Uncompressed) >= 0;
            case ExtensionType.SignatureAlgorithms:
                if (!reader.TryReadNumbers16(out value)) return false;
                SignatureAlgorithms = value;
                return true;
            case ExtensionType.UseSrtp:
                if (!reader.TryReadNumbers16(out value) || !reader.TryReadVector8(out ReadOnlySpan<byte> mki)) return false;
                SrtpProfiles = value;
                SrtpMki = mki;
                return true;
            case ExtensionType.RecordSizeLimit:
                if (!reader.TryReadUInt16(out ushort limit)) return false;
                RecordSizeLimit = limit;
                return true;
            case ExtensionType.SupportedVersions when kind == HelloKind.ClientHello:
                if (!reader.TryReadVector8(out value) || value.Length < 2 || value.Length % 2 != 0) return false;
                SupportedVersions = value;
                return true;
            case ExtensionType.SupportedVersions:
                if (!reader.TryReadUInt16(out ushort version)) return false;
                SelectedVersion = version;
                return true;
            case ExtensionType.KeyShare when kind == HelloKind.ClientHello:
                if (!reader.TryReadVector16(out value)) return false;
                KeyShare = value;
                return HandshakeKeyShare.AreWellFormed(value);
            case ExtensionType.KeyShare:
                KeyShare = reader.Rest;
                return reader.TrySkip(reader.Remaining);
            case ExtensionType.Cookie:
                if (!reader.TryReadVector16(out value) || value.IsEmpty) return false;
                Cookie = value;
                return true;
            case ExtensionType.RenegotiationInfo:
                if (!reader.TryReadVector8(out value)) return false;
                RenegotiatedConnection = value;
                return true;
            default:
                return true;                                       // extended_master_secret has no body
        }
    }

    private static int Bit(ExtensionType type) => type switch
    {
        ExtensionType.SupportedGroups => 1,
        ExtensionType.EcPointFormats => 2,
        ExtensionType.SignatureAlgorithms => 4,
        ExtensionType.UseSrtp => 8,
        ExtensionType.ExtendedMasterSecret => 16,
        ExtensionType.SupportedVersions => 32,
        ExtensionType.RenegotiationInfo => 64,
        ExtensionType.RecordSizeLimit => 128,
        ExtensionType.Cookie => 256,
        ExtensionType.KeyShare => 512,
        _ => 0,
    };
}
