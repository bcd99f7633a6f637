using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Settings of a <see cref="StreamConnection"/>.</summary>
/// <remarks>Worst-case memory: <see cref="MaxFrameSize"/> and 16 KiB inbound, twice <see cref="MaxPendingBytes"/> outbound, and what TLS holds.</remarks>
public sealed record StreamConnectionOptions
{
    /// <summary>How messages lie in the stream. Required.</summary>
    public required StreamFraming Framing { get; init => field = Require.NotNull(value); }

    /// <summary>For TLS to a server: its name, which is sent (SNI, RFC 6066 §3) and which its certificate has to have (RFC 6125). Null: no TLS.</summary>
    public string? TlsHost { get; init; }

    /// <summary>For TLS to a server: in place of the system's judgement about its certificate. Null: the system's.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>For TLS as the server: the certificate with its private key. Null: no TLS.</summary>
    public X509Certificate2? ServerCertificate { get; init; }

    /// <summary>How long connecting, and the TLS handshake, may take together. Default 10 s; from 100 ms to 2 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan OpenTimeout { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)); } = TimeSpan.FromSeconds(10);

    /// <summary>The longest message; a longer one closes the connection. Default 65560 bytes, which is any of TURN; from 1024 to 1 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxFrameSize { get; init => field = Require.InRange(value, 1024, 1 << 20); } = 65_560;

    /// <summary>Bytes that may wait to be written; messages beyond that are dropped, as a datagram would be. Default 256 KiB; from 4 KiB to 64 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPendingBytes { get; init => field = Require.InRange(value, 4 << 10, 64 << 20); } = 256 << 10;

    internal bool IsSecure => TlsHost is not null || ServerCertificate is not null;
}
