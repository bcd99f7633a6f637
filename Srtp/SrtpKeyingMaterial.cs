namespace WebRtcStack.Srtp;

/// <summary>The four secrets that a DTLS exporter yields for SRTP (RFC 5764 §4.2), as views into the caller's memory.</summary>
/// <remarks>Whoever exported the material clears it when protector and unprotector are made.</remarks>
public readonly ref struct SrtpKeyingMaterial
{
    /// <summary>The label of the exporter; it has no context.</summary>
    public const string ExporterLabel = "EXTRACTOR-dtls_srtp";

    /// <summary>The longest material of all profiles, in bytes.</summary>
    public const int MaxLength = 2 * (32 + 12);

    private SrtpKeyingMaterial(SrtpProfile profile, ReadOnlySpan<byte> material)
    {
        int key = profile.KeyLength(), salt = profile.SaltLength();
        ClientKey = material[..key];
        ServerKey = material.Slice(key, key);
        ClientSalt = material.Slice(2 * key, salt);
        ServerSalt = material.Slice(2 * key + salt, salt);
    }

    /// <summary>client_write_SRTP_master_key: what the DTLS client protects with.</summary>
    public ReadOnlySpan<byte> ClientKey { get; }

    /// <summary>server_write_SRTP_master_key: what the DTLS server protects with.</summary>
    public ReadOnlySpan<byte> ServerKey { get; }

    /// <summary>client_write_SRTP_master_salt.</summary>
    public ReadOnlySpan<byte> ClientSalt { get; }

    /// <summary>server_write_SRTP_master_salt.</summary>
    public ReadOnlySpan<byte> ServerSalt { get; }

    /// <summary>Bytes to export for a profile.</summary>
    public static int Length(SrtpProfile profile) => 2 * (profile.KeyLength() + profile.SaltLength());

    /// <summary>Splits exported material.</summary>
    /// <exception cref="ArgumentException">It has another length than the profile needs.</exception>
    public static SrtpKeyingMaterial Split(SrtpProfile profile, ReadOnlySpan<byte> material)
    {
        if (material.Length != Length(profile))
            throw new ArgumentException($"The profile {profile} needs {Length(profile)} bytes of keying material.", nameof(material));
        return new SrtpKeyingMaterial(profile, material);
    }
}
