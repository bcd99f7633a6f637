using System.Collections.Concurrent;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using WebRtcStack.Dtls;

namespace WebRtcStack.Benchmarks.Dtls;

/// <summary>BouncyCastle's DTLS 1.2 with the same certificates, joined through queues: its handshake blocks, so the server has a thread.</summary>
internal sealed class BouncyCastleDtls
{
    private readonly Pipe _toClient = new();
    private readonly Pipe _toServer = new();
    private DtlsTransport? _client;
    private DtlsTransport? _server;

    /// <summary>Processor time of both sides' last handshake.</summary>
    public TimeSpan ClientTime { get; private set; }

    public TimeSpan ServerTime { get; private set; }

    public void Connect(DtlsCertificate clientCertificate, DtlsCertificate serverCertificate)
    {
        Thread server = new(() =>
        {
            TimeSpan start = ThreadClock.Now;
            _server = new DtlsServerProtocol().Accept(new Server(serverCertificate), new End(_toServer, _toClient));
            ServerTime = ThreadClock.Now - start;
        });
        server.Start();
        TimeSpan start = ThreadClock.Now;
        _client = new DtlsClientProtocol().Connect(new Client(clientCertificate), new End(_toClient, _toServer));
        ClientTime = ThreadClock.Now - start;
        server.Join();
    }

    /// <summary>Seals a record, which stays in the pipe.</summary>
    public void Seal(byte[] data) => _client!.Send(data, 0, data.Length);

    /// <summary>Opens the record that is in the pipe.</summary>
    public int Open(byte[] buffer) => _server!.Receive(buffer, 0, buffer.Length, 1);

    private static BcTlsCrypto NewCrypto() => new(new SecureRandom());

    private static BcDefaultTlsCredentialedSigner Sign(TlsContext context, BcTlsCrypto crypto, DtlsCertificate certificate) => new(
        new TlsCryptoParameters(context), crypto, PrivateKeyFactory.CreateKey(certificate.Key.Export()),
        new Certificate([crypto.CreateCertificate(certificate.Der.ToArray())]), new SignatureAndHashAlgorithm(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa));

    private sealed class Pipe : BlockingCollection<byte[]>;

    private sealed class End(Pipe incoming, Pipe outgoing) : DatagramTransport
    {
        public int GetReceiveLimit() => 1500;

        public int GetSendLimit() => 1500;

        public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

        public int Receive(Span<byte> buffer, int waitMillis)
        {
            if (!incoming.TryTake(out byte[]? datagram, waitMillis)) return -1;
            datagram.CopyTo(buffer);
            return datagram.Length;
        }

        public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

        public void Send(ReadOnlySpan<byte> buffer) => outgoing.Add(buffer.ToArray());

        public void Close()
        {
        }
    }

    private sealed class Client(DtlsCertificate certificate) : DefaultTlsClient(NewCrypto())
    {
        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

        public override TlsAuthentication GetAuthentication() => new Authentication(m_context, (BcTlsCrypto)Crypto, certificate);

        private sealed class Authentication(TlsContext context, BcTlsCrypto crypto, DtlsCertificate certificate) : TlsAuthentication
        {
            public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
            {
            }

            public TlsCredentials GetClientCredentials(CertificateRequest certificateRequest) => Sign(context, crypto, certificate);
        }
    }

    private sealed class Server(DtlsCertificate certificate) : DefaultTlsServer(NewCrypto())
    {
        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

        protected override int[] GetSupportedCipherSuites() => [(int)DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];

        protected override TlsCredentialedSigner GetECDsaSignerCredentials() => Sign(m_context, (BcTlsCrypto)Crypto, certificate);

        public override CertificateRequest GetCertificateRequest() => new(
            [ClientCertificateType.ecdsa_sign], [new SignatureAndHashAlgorithm(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa)], null);

        public override void NotifyClientCertificate(Certificate clientCertificate)
        {
        }
    }
}
