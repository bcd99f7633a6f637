namespace WebRtcStack.Dtls;

/// <summary>Alert descriptions (RFC 5246 §7.2, RFC 5746, RFC 8446 §6).</summary>
public enum DtlsAlert : byte
{
    /// <summary>close_notify.</summary>
    CloseNotify = 0,

    /// <summary>unexpected_message.</summary>
    UnexpectedMessage = 10,

    /// <summary>bad_record_mac.</summary>
    BadRecordMac = 20,

    /// <summary>record_overflow.</summary>
    RecordOverflow = 22,

    /// <summary>handshake_failure.</summary>
    HandshakeFailure = 40,

    /// <summary>bad_certificate.</summary>
    BadCertificate = 42,

    /// <summary>unsupported_certificate.</summary>
    UnsupportedCertificate = 43,

    /// <summary>certificate_revoked.</summary>
    CertificateRevoked = 44,

    /// <summary>certificate_expired.</summary>
    CertificateExpired = 45,

    /// <summary>certificate_unknown.</summary>
    CertificateUnknown = 46,

    /// <summary>illegal_parameter.</summary>
    IllegalParameter = 47,

    /// <summary>unknown_ca.</summary>
    UnknownCa = 48,

    /// <summary>access_denied.</summary>
    AccessDenied = 49,

    /// <summary>decode_error.</summary>
    DecodeError = 50,

    /// <summary>decrypt_error.</summary>
    DecryptError = 51,

    /// <summary>protocol_version.</summary>
    ProtocolVersion = 70,

    /// <summary>insufficient_security.</summary>
    InsufficientSecurity = 71,

    /// <summary>internal_error.</summary>
    InternalError = 80,

    /// <summary>inappropriate_fallback.</summary>
    InappropriateFallback = 86,

    /// <summary>user_canceled.</summary>
    UserCanceled = 90,

    /// <summary>no_renegotiation.</summary>
    NoRenegotiation = 100,

    /// <summary>missing_extension.</summary>
    MissingExtension = 109,

    /// <summary>unsupported_extension.</summary>
    UnsupportedExtension = 110,

    /// <summary>unrecognized_name.</summary>
    UnrecognizedName = 112,

    /// <summary>certificate_required.</summary>
    CertificateRequired = 116,

    /// <summary>no_application_protocol.</summary>
    NoApplicationProtocol = 120,
}

/// <summary>The names of alerts.</summary>
public static class DtlsAlertExtensions
{
    /// <summary>The alert's name as the RFC writes it, <c>bad_certificate</c>; an unknown one is <c>alert_</c> and its number.</summary>
    public static string ToRfcName(this DtlsAlert alert) => alert switch
    {
        DtlsAlert.CloseNotify => "close_notify",
        DtlsAlert.UnexpectedMessage => "unexpected_message",
        DtlsAlert.BadRecordMac => "bad_record_mac",
        DtlsAlert.RecordOverflow => "record_overflow",
        DtlsAlert.HandshakeFailure => "handshake_failure",
        DtlsAlert.BadCertificate => "bad_certificate",
        DtlsAlert.UnsupportedCertificate => "unsupported_certificate",
        DtlsAlert.CertificateRevoked => "certificate_revoked",
        DtlsAlert.CertificateExpired => "certificate_expired",
        DtlsAlert.CertificateUnknown => "certificate_unknown",
        DtlsAlert.IllegalParameter => "illegal_parameter",
        DtlsAlert.UnknownCa => "unknown_ca",
        DtlsAlert.AccessDenied => "access_denied",
        DtlsAlert.DecodeError => "decode_error",
        DtlsAlert.DecryptError => "decrypt_error",
        DtlsAlert.ProtocolVersion => "protocol_version",
        DtlsAlert.InsufficientSecurity => "insufficient_security",
        DtlsAlert.InternalError => "internal_error",
        DtlsAlert.InappropriateFallback => "inappropriate_fallback",
        DtlsAlert.UserCanceled => "user_canceled",
        DtlsAlert.NoRenegotiation => "no_renegotiation",
        DtlsAlert.MissingExtension => "missing_extension",
        DtlsAlert.UnsupportedExtension => "unsupported_extension",
        DtlsAlert.UnrecognizedName => "unrecognized_name",
        DtlsAlert.CertificateRequired => "certificate_required",
        DtlsAlert.NoApplicationProtocol => "no_application_protocol",
        _ => "alert_" + ((byte)alert).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
