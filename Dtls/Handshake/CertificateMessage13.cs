using System.Text;

namespace WebRtcStack.Dtls;

/// <summary>Certificate (RFC 8446 §4.4.2), CertificateRequest (§4.3.2) and what CertificateVerify signs (§4.4.3) in DTLS 1.3.</summary>
internal static class CertificateMessage13
{
    /// <summary>Reads the end entity's certificate; empty when the list is empty. No certificate_request_context: none is asked for later.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> endEntity)
    {
        endEntity = default;
        WireReader outer = new(body);
        if (!outer.TryReadVector8(out ReadOnlySpan<byte> context) || !context.IsEmpty ||
            !outer.TryReadVector24(out ReadOnlySpan<byte> list) || !outer.IsEmpty) return false;
        WireReader reader = new(list);
        bool first = true;
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadVector24(out ReadOnlySpan<byte> certificate) || certificate.IsEmpty || !reader.TryReadVector16(out _))
                return false;
            if (first) endEntity = certificate;
            first = false;
        }
        return true;
    }

    /// <summary>Builds a list of one certificate.</summary>
    public static byte[] Build(ReadOnlySpan<byte> der)
    {
        byte[] body = new byte[1 + 3 + 3 + der.Length + 2];
        WireWriter writer = new(body);
        writer.WriteVector8([]);                                   // certificate_request_context
        writer.WriteUInt24((uint)der.Length + 5);
        writer.WriteUInt24((uint)der.Length);
        writer.WriteBytes(der);
        writer.WriteVector16([]);                                  // extensions of the certificate
        return body;
    }

    /// <summary>Reads the signature schemes of a CertificateRequest; empty when it lacks them.</summary>
    public static bool TryParseRequest(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> schemes)
    {
        schemes = default;
        WireReader reader = new(body);
        if (!reader.TryReadVector8(out ReadOnlySpan<byte> context) || !context.IsEmpty || reader.IsEmpty ||
            !HelloExtensions.TryParse(reader.Rest, HelloKind.EncryptedExtensions, out HelloExtensions extensions)) return false;
        schemes = extensions.SignatureAlgorithms;
        return true;
    }

    /// <summary>Writes a CertificateRequest for any certificate: the fingerprint decides, not an authority.</summary>
    public static void WriteRequest(ref WireWriter writer)
    {
        writer.WriteVector8([]);                                   // certificate_request_context
        Span<byte> length = ExtensionWriter.BeginBlock(ref writer);
        int start = writer.Length;
        ExtensionWriter.WriteSignatureAlgorithms(ref writer);
        ExtensionWriter.EndBlock(writer, length, start);
    }

    /// <summary>What the signer signs: 64 spaces, the context string, a zero, the transcript's hash.</summary>
    public static byte[] Signed(DtlsRole signer, ReadOnlySpan<byte> transcriptHash)
    {
        const int Padding = 64;
        string context = signer == DtlsRole.Server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
        byte[] content = new byte[Padding + context.Length + 1 + transcriptHash.Length];
        content.AsSpan(0, Padding).Fill((byte)' ');
        Encoding.ASCII.GetBytes(context, 0, context.Length, content, Padding);
        transcriptHash.CopyTo(content.AsSpan(Padding + context.Length + 1));
        return content;
    }
}
