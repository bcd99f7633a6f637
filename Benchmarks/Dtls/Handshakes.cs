using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Benchmarks.Dtls;

/// <summary>Pairs of connections, joined through memory.</summary>
internal static class Handshakes
{
    public static DtlsCertificate Left { get; } = Create();

    public static DtlsCertificate Right { get; } = Create();

    public static (DtlsConnection Client, DtlsConnection Server) CreatePair(DtlsOptions options, Instant now)
    {
        DtlsConnection client = Create(options, DtlsRole.Client), server = Create(options, DtlsRole.Server);
        client.Start(now);
        server.Start(now);
        return (client, server);
    }

    public static DtlsConnection Create(DtlsOptions options, DtlsRole role)
    {
        bool isClient = role == DtlsRole.Client;
        DtlsConnection connection = new(options with { Role = role, Certificate = isClient ? Left : Right }, RandomSource.Cryptographic);
        connection.SetRemoteFingerprints([(isClient ? Right : Left).GetFingerprint()]);
        return connection;
    }

    public static void Deliver(DtlsConnection from, DtlsConnection to, byte[] datagram, Instant now)
    {
        while (from.Transmit(datagram, now) is > 0 and int sent)
        {
            for (Span<byte> rest = datagram.AsSpan(0, sent); !rest.IsEmpty;) rest = rest[to.Receive(rest, now, out _, out _)..];
        }
    }

    private static DtlsCertificate Create() =>
        DtlsCertificate.Create(new DtlsCertificateOptions(), DateTimeOffset.UtcNow, RandomSource.Cryptographic);
}
