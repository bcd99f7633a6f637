#if NET
using System.Formats.Asn1;

namespace WebRtcStack.Dtls;

/// <summary>What DTLS needs of a certificate (RFC 5280 §4.1): its key, and until when it is valid.</summary>
internal readonly ref struct CertificateFields
{
    /// <summary>notAfter.</summary>
    public DateTimeOffset Expires { get; private init; }

    /// <summary>The object identifier of the key's algorithm.</summary>
    public string Algorithm { get; private init; }

    /// <summary>The object identifier of the curve; empty where the algorithm has no such parameter.</summary>
    public string Curve { get; private init; }

    /// <summary>The key, as the algorithm encodes it.</summary>
    public ReadOnlySpan<byte> Key { get; private init; }

    //  Certificate = { tbs = { [0] version?, serial, signature, issuer, validity, subject, subjectPublicKeyInfo, ... }, algorithm, signature }

    /// <summary>Reads a certificate in DER with nothing behind it; false for anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> der, out CertificateFields fields)
    {
        fields = default;
        try
        {
            ReadOnlySpan<byte> certificate = Sequence(der, out int consumed);
            if (consumed != der.Length) return false;
            ReadOnlySpan<byte> tbs = Sequence(certificate, out consumed);
            if (SkipValue(SkipValue(certificate[consumed..])).Length != 0) return false;
            if (tbs.Length > 0 && tbs[0] == 0xA0) tbs = SkipValue(tbs);
            ReadOnlySpan<byte> rest = SkipValue(SkipValue(SkipValue(tbs)));
            ReadOnlySpan<byte> validity = SkipValue(Sequence(rest, out consumed));
            ReadOnlySpan<byte> keyInfo = Sequence(SkipValue(rest[consumed..]), out _);
            ReadOnlySpan<byte> algorithm = Sequence(keyInfo, out consumed);
            if (!AsnDecoder.TryReadPrimitiveBitString(keyInfo[consumed..], AsnEncodingRules.DER, out int unused, out ReadOnlySpan<byte> key, out _) ||
                unused != 0) return false;
            string oid = AsnDecoder.ReadObjectIdentifier(algorithm, AsnEncodingRules.DER, out int oidLength);
            ReadOnlySpan<byte> parameters = algorithm[oidLength..];
            fields = new CertificateFields
            {
                Expires = Time(validity),
                Algorithm = oid,
                Curve = parameters.Length > 0 && parameters[0] == 6 ? AsnDecoder.ReadObjectIdentifier(parameters, AsnEncodingRules.DER, out _) : "",
                Key = key,
            };
            return true;
        }
        catch (AsnContentException)                                // the decoder has no other way to say it
        {
            return false;
        }
    }

    private static ReadOnlySpan<byte> Sequence(ReadOnlySpan<byte> source, out int consumed)
    {
        AsnDecoder.ReadSequence(source, AsnEncodingRules.DER, out int offset, out int length, out consumed);
        return source.Slice(offset, length);
    }

    private static ReadOnlySpan<byte> SkipValue(ReadOnlySpan<byte> source)
    {
        AsnDecoder.ReadEncodedValue(source, AsnEncodingRules.DER, out _, out _, out int consumed);
        return source[consumed..];
    }

    // RFC 5280 §4.1.2.5: UTCTime until 2049, then GeneralizedTime.
    private static DateTimeOffset Time(ReadOnlySpan<byte> source) => source.Length > 0 && source[0] == 0x17
        ? AsnDecoder.ReadUtcTime(source, AsnEncodingRules.DER, out _, twoDigitYearMax: 2049)
        : AsnDecoder.ReadGeneralizedTime(source, AsnEncodingRules.DER, out _);
}
#endif
