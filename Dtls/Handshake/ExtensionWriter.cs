using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>Writes extensions of hello messages.</summary>
internal static class ExtensionWriter
{
    /// <summary>Takes room for the length of the block of extensions; <see cref="EndBlock"/> fills it in.</summary>
    public static Span<byte> BeginBlock(ref WireWriter writer) => writer.Reserve(2);

    /// <summary>Fills in the length of the block, which is all that was written since <see cref="BeginBlock"/>.</summary>
    public static void EndBlock(in WireWriter writer, Span<byte> length, int start) =>
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(writer.Length - start));

    /// <summary>Writes one extension whose body is ready.</summary>
    public static void Write(ref WireWriter writer, ExtensionType type, scoped ReadOnlySpan<byte> body)
    {
        writer.WriteUInt16((ushort)type);
        writer.WriteVector16(body);
    }

    /// <summary>Writes an extension that is one 16-bit number.</summary>
    public static void WriteNumber(ref WireWriter writer, ExtensionType type, ushort number) =>
        Write(ref writer, type, [(byte)(number >> 8), (byte)number]);

    /// <summary>Writes an extension that is a vector of 16-bit numbers.</summary>
    public static void WriteList(ref WireWriter writer, ExtensionType type, scoped ReadOnlySpan<byte> numbers)
    {
        writer.WriteUInt16((ushort)type);
        writer.WriteUInt16((ushort)(numbers.Length + 2));
        writer.WriteVector16(numbers);
    }

    /// <summary>Writes signature_algorithms: all that we verify.</summary>
    public static void WriteSignatureAlgorithms(ref WireWriter writer)
    {
        Span<byte> numbers = stackalloc byte[64];
        WireWriter list = new(numbers);
        foreach (SignatureScheme scheme in SignatureSchemes.Accepted) list.WriteUInt16((ushort)scheme);
        WriteList(ref writer, ExtensionType.SignatureAlgorithms, list.Written);
    }

    /// <summary>Writes extensions that client and server of DTLS 1.2 send alike: extended_master_secret, an empty renegotiation_info, ec_point_formats.</summary>
    public static void WriteCommon(ref WireWriter writer, bool extendedMasterSecret, bool renegotiationInfo, bool pointFormats)
    {
        const byte Uncompressed = 0;
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
}
