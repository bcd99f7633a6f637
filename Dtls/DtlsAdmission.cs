namespace WebRtcStack.Dtls;

/// <summary>
/// A client that has shown a valid cookie to a <see cref="DtlsCookieKeeper"/>: what a <see cref="DtlsConnection"/> needs to go on from
/// there. It holds no secret, and is for one connection.
/// </summary>
public sealed class DtlsAdmission
{
    internal DtlsAdmission(TransportAddress client, byte[] clientHello, ulong recordSequence, RetryCookie? retry, byte[] cookie) =>
        (Client, ClientHello, RecordSequence, Retry, Cookie) = (client, clientHello, recordSequence, retry, cookie);

    /// <summary>Where the client is, as its cookie proves.</summary>
    public TransportAddress Client { get; }

    /// <summary>The ClientHello with the cookie.</summary>
    internal byte[] ClientHello { get; }

    /// <summary>The number of the record that it came in, or its last fragment; ours begin there (RFC 6347 §4.2.1).</summary>
    internal ulong RecordSequence { get; }

    /// <summary>What the HelloRetryRequest of DTLS 1.3 settled; null in DTLS 1.2.</summary>
    internal RetryCookie? Retry { get; }

    /// <summary>The cookie of DTLS 1.3 as it was on the wire.</summary>
    internal byte[] Cookie { get; }
}
