using System.Text;

namespace WebRtcStack.Dtls;

/// <summary>The key schedule of DTLS 1.3 (RFC 8446 §7.1), on HKDF (RFC 5869) with the suite's hash.</summary>
/// <param name="hash">The suite's hash.</param>
/// <param name="labelPrefix">What stands before each label: <c>dtls13</c> (RFC 9147 §5.9), in TLS itself <c>tls13 </c>.</param>
internal readonly struct KeySchedule(DtlsHash hash, string labelPrefix = "dtls13")
{
    public int Length => Hashing.Length(hash);

    /// <summary>Handshake Secret, from the (EC)DHE secret and no PSK.</summary>
    public Secret Handshake(ReadOnlySpan<byte> shared)
    {
        Span<byte> zeros = stackalloc byte[Hashing.MaxLength];
        zeros = zeros[..Length];
        zeros.Clear();
        byte[] early = new byte[Length];
        Hashing.Hmac(hash, zeros, zeros, early);                   // HKDF-Extract(0, 0): Early Secret without a PSK
        using Secret earlySecret = new(early);
        return Extract(earlySecret, shared);
    }

    /// <summary>Master Secret (Main Secret in RFC 9846).</summary>
    public Secret Master(Secret handshake)
    {
        Span<byte> zeros = stackalloc byte[Hashing.MaxLength];
        zeros = zeros[..Length];
        zeros.Clear();
        return Extract(handshake, zeros);
    }

    /// <summary>Derive-Secret, with the hash of the messages.</summary>
    public Secret Derive(Secret secret, string label, ReadOnlySpan<byte> transcriptHash)
    {
        byte[] derived = new byte[Length];
        ExpandLabel(secret.Span, label, transcriptHash, derived);
        return new Secret(derived);
    }

    /// <summary>application_traffic_secret_N+1 (§7.2).</summary>
    public Secret Next(Secret trafficSecret) => Derive(trafficSecret, "traffic upd", []);

    /// <summary>verify_data of Finished (§4.4.4).</summary>
    public void VerifyData(Secret trafficSecret, ReadOnlySpan<byte> transcriptHash, Span<byte> destination)
    {
        Span<byte> key = stackalloc byte[Hashing.MaxLength];
        key = key[..Length];
        ExpandLabel(trafficSecret.Span, "finished", [], key);
        Hashing.Hmac(hash, key, transcriptHash, destination);
        SecretMemory.Clear(key);
    }

    /// <summary>TLS-Exporter (§7.5); no context and an empty one are the same.</summary>
    public void Export(Secret exporterMaster, string label, ReadOnlySpan<byte> context, Span<byte> destination)
    {
        Span<byte> digest = stackalloc byte[Hashing.MaxLength];
        digest = digest[..Length];
        Hashing.Hash(hash, [], digest);
        using Secret perLabel = Derive(exporterMaster, label, digest);
        Hashing.Hash(hash, context, digest);
        ExpandLabel(perLabel.Span, "exporter", digest, destination);
    }

    /// <summary>HKDF-Expand-Label (§7.1).</summary>
    public void ExpandLabel(ReadOnlySpan<byte> secret, string label, ReadOnlySpan<byte> context, Span<byte> destination)
    {
        //  uint16 length | opaque label<7..255> = prefix + label | opaque context<0..255>; the counter of HKDF-Expand behind them
        byte[] name = Encoding.ASCII.GetBytes(labelPrefix + label);
        byte[] input = new byte[Length + 4 + name.Length + context.Length + 1];          // T(i - 1), then HkdfLabel, then i
        WireWriter writer = new(input.AsSpan(Length));
        writer.WriteUInt16((ushort)destination.Length);
        writer.WriteVector8(name);
        writer.WriteVector8(context);
        ReadOnlySpan<byte> current = input.AsSpan(Length);                               // T(1) has no T(0) before it
        Span<byte> block = stackalloc byte[Hashing.MaxLength];
        block = block[..Length];
        while (!destination.IsEmpty)
        {
            input[^1]++;
            Hashing.Hmac(hash, secret, current, block);
            int count = Math.Min(Length, destination.Length);
            block[..count].CopyTo(destination);
            destination = destination[count..];
            block.CopyTo(input);
            current = input;
        }
        SecretMemory.Clear(block);
        SecretMemory.Clear(input);
    }

    // Derive-Secret(secret, "derived", "") salts the next HKDF-Extract.
    private Secret Extract(Secret secret, ReadOnlySpan<byte> material)
    {
        Span<byte> empty = stackalloc byte[Hashing.MaxLength];
        empty = empty[..Length];
        Hashing.Hash(hash, [], empty);
        using Secret salt = Derive(secret, "derived", empty);
        byte[] extracted = new byte[Length];
        Hashing.Hmac(hash, salt.Span, material, extracted);
        return new Secret(extracted);
    }
}
