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
    SupportedVersions = 43,
    RenegotiationInfo = 0xFF01,
}

/// <summary>The extensions of a ClientHello or ServerHello, as views into the message (RFC 5246 §7.4.1.4).</summary>
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

    /// <summary>renegotiated_connection (RFC 5746 §3.2).</summary>
    public ReadOnlySpan<byte> RenegotiatedConnection { get; private set; }

    /// <summary>Whether there were extensions that are not known here.</summary>
    public bool HasUnknown { get; private set; }

    public readonly bool Has(ExtensionType type) => (_present & Bit(type)) != 0;

    /// <summary>Reads what follows the fixed fields of a hello: nothing, or the block of extensions and nothing behind it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> rest, bool fromClient, out HelloExtensions extensions)
    {
        extensions = default;
        if (rest.IsEmpty) return true;
        WireReader outer = new(rest);
        if (!outer.TryReadVector16(out ReadOnlySpan<byte> block) || !outer.IsEmpty) return false;
        WireReader reader = new(block);
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadUInt16(out ushort type) || !reader.TryReadVector16(out ReadOnlySpan<byte> body) ||
                !extensions.TryAdd((ExtensionType)type, body, fromClient)) return false;
        }
        return true;
    }

    /// <summary>Writes one extension whose body is ready.</summary>
    public static void Write(ref WireWriter writer, ExtensionType type, scoped ReadOnlySpan<byte> body)
    {
        writer.WriteUInt16((ushort)type);
        writer.WriteVector16(body);
    }

    /// <summary>Writes extensions that client and server send alike: extended_master_secret, an empty renegotiation_info, ec_point_formats.</summary>
    public static void WriteCommon(ref WireWriter writer, bool extendedMasterSecret, bool renegotiationInfo, bool pointFormats)
    {
        if (extendedMasterSecret) Write(ref writer, ExtensionType.ExtendedMasterSecret, []);
        if (renegotiationInfo) Write(ref writer, ExtensionType.RenegotiationInfo, [0]);
        if (pointFormats) Write(ref writer, ExtensionType.EcPointFormats, [1, Uncompressed]);
    }

    /// <summary>Writes use_srtp without an MKI.</summary>
    public static void WriteUseSrtp(ref WireWriter writer, params ReadOnlySpan<SrtpProtectionProfile> profiles)
    {
        writer.WriteUInt16((ushort)ExtensionType.UseSrtp);
        writer.WriteUInt16((ushort)(2 + 2 * profiles.Length + 1));
        writer.WriteUInt16((ushort)(2 * profiles.Length));
        foreach (SrtpProtectionProfile profile in profiles) writer.WriteUInt16((ushort)profile);
        writer.WriteByte(0);
    }

    /// <summary>Takes room for the length of the block of extensions; <see cref="EndBlock"/> fills it in.</summary>
    public static Span<byte> BeginBlock(ref WireWriter writer) => writer.Reserve(2);

    /// <summary>Fills in the length of the block, which is all that was written since <see cref="BeginBlock"/>.</summary>
    public static void EndBlock(in WireWriter writer, Span<byte> length, int start) =>
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(writer.Length - start));

    private bool TryAdd(ExtensionType type, ReadOnlySpan<byte> body, bool fromClient)
    {
        if (Bit(type) == 0)
        {
            HasUnknown = true;
            return true;
        }
        if (Has(type)) return false;                               // §7.4.1.4: no type twice
        _present |= Bit(type);
        WireReader reader = new(body);
        switch (type)
        {
            case ExtensionType.SupportedGroups:
                if (!reader.TryReadNumbers16(out ReadOnlySpan<byte> groups)) return false;
                SupportedGroups = groups;
                break;
            case ExtensionType.EcPointFormats:
                if (!reader.TryReadVector8(out ReadOnlySpan<byte> formats) || formats.IndexOf(Uncompressed) < 0) return false;
                break;                                             // RFC 8422 §5.1.2: uncompressed is always there
            case ExtensionType.SignatureAlgorithms:
                if (!reader.TryReadNumbers16(out ReadOnlySpan<byte> schemes)) return false;
                SignatureAlgorithms = schemes;
                break;
            case ExtensionType.UseSrtp:
                if (!reader.TryReadNumbers16(out ReadOnlySpan<byte> profiles) || !reader.TryReadVector8(out ReadOnlySpan<byte> mki))
                    return false;
                SrtpProfiles = profiles;
                SrtpMki = mki;
                break;
            case ExtensionType.SupportedVersions when fromClient:
                if (!reader.TryReadVector8(out ReadOnlySpan<byte> versions) || versions.Length < 2 || versions.Length % 2 != 0)
                    return false;
                SupportedVersions = versions;
                break;
            case ExtensionType.SupportedVersions:
                HasUnknown = true;                                 // not offered, so a server must not answer it
                return true;
            case ExtensionType.RenegotiationInfo:
                if (!reader.TryReadVector8(out ReadOnlySpan<byte> connection)) return false;
                RenegotiatedConnection = connection;
                break;
            default:
                break;                                             // extended_master_secret has no body
        }
        return reader.IsEmpty;
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
        _ => 0,
    };
}
