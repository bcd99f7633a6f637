using System.Collections.Concurrent;
using System.Threading;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>Another DTLS implementation on a thread of its own, joined to the test by two queues of datagrams.</summary>
public sealed class BouncyCastlePeer : DatagramTransport, IDisposable
{
    private const int Resend = 30;                                 // milliseconds; its own default is a second
    private const int ReceiveLimit = 1500;
    private readonly Thread _thread;
    private readonly int _mtu;

    public BouncyCastlePeer(bool client, DtlsCertificate certificate, int mtu = 1200, bool extendedMasterSecret = true)
    {
        (_mtu, ExtendedMasterSecret) = (mtu, extendedMasterSecret);
        _thread = new Thread(() => Run(client, certificate)) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>What it sends.</summary>
    public BlockingCollection<byte[]> Outgoing { get; } = [];

    /// <summary>What it is to receive.</summary>
    public BlockingCollection<byte[]> Incoming { get; } = [];

    /// <summary>The exporter's output, once its handshake has ended.</summary>
    public byte[]? Exported { get; private set; }

    public Exception? Failure { get; private set; }

    private bool ExtendedMasterSecret { get; }

    public int GetReceiveLimit() => ReceiveLimit;

    public int GetSendLimit() => _mtu;

    public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

    public int Receive(Span<byte> buffer, int waitMillis)
    {
        if (Incoming.IsCompleted) throw new IOException("The test is over.");
        if (!Incoming.TryTake(out byte[]? datagram, waitMillis)) return -1;
        datagram.CopyTo(buffer);
        return datagram.Length;
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    public void Send(ReadOnlySpan<byte> buffer) => Outgoing.Add(buffer.ToArray());

    public void Close()
    {
    }

    /// <summary>Ends its thread: it waits for datagrams only, and gets no more.</summary>
    public void Dispose()
    {
        Incoming.CompleteAdding();
        _thread.Join();
        Outgoing.Dispose();
        Incoming.Dispose();
    }

    private static BcTlsCrypto Crypto() => new(new SecureRandom());

    // Echoes application data until it gets no more datagrams.
    private void Run(bool client, DtlsCertificate certificate)
    {
        try
        {
            DtlsTransport transport = client
                ? new DtlsClientProtocol().Connect(new Client(this, certificate), this)
                : new DtlsServerProtocol().Accept(new Server(this, certificate), this);
            byte[] buffer = new byte[2000];
            while (!Incoming.IsCompleted)
            {
                int length = transport.Receive(buffer, 0, buffer.Length, 100);
                if (length > 0) transport.Send(buffer, 0, length);
            }
        }
        catch (Exception e) when (e is System.IO.IOException or InvalidOperationException)
        {
            Failure = e;
        }
    }

    private static TlsCredentialedSigner Sign(TlsContext context, BcTlsCrypto crypto, DtlsCertificate certificate)
    {
        TlsCertificate parsed = crypto.CreateCertificate(certificate.Der.ToArray());
        Certificate chain = new([parsed]);
        SignatureAndHashAlgorithm algorithm = new(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa);
        return new BcDefaultTlsCredentialedSigner(new TlsCryptoParameters(context), crypto,
            PrivateKeyFactory.CreateKey(certificate.Key.Export()), chain, algorithm);
    }

    private sealed class Client(BouncyCastlePeer peer, DtlsCertificate certificate) : DefaultTlsClient(Crypto())
    {
        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

        public override int GetHandshakeResendTimeMillis() => Resend;

        public override bool ShouldUseExtendedMasterSecret() => peer.ExtendedMasterSecret;

        public override TlsAuthentication GetAuthentication() => new Authentication(m_context, (BcTlsCrypto)Crypto, certificate);

        public override void NotifyHandshakeComplete() =>
            peer.Exported = m_context.ExportKeyingMaterial("EXPERIMENTAL test", [1, 2], 32);

        private sealed class Authentication(TlsContext context, BcTlsCrypto crypto, DtlsCertificate certificate) : TlsAuthentication
        {
            public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
            {
            }

            public TlsCredentials GetClientCredentials(CertificateRequest certificateRequest) => Sign(context, crypto, certificate);
        }
    }

    private sealed class Server(BouncyCastlePeer peer, DtlsCertificate certificate) : DefaultTlsServer(Crypto())
    {
        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

        public override int GetHandshakeResendTimeMillis() => Resend;

        public override bool ShouldUseExtendedMasterSecret() => peer.ExtendedMasterSecret;

        protected override int[] GetSupportedCipherSuites() => [(int)DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];

        protected override TlsCredentialedSigner GetECDsaSignerCredentials() => Sign(m_context, (BcTlsCrypto)Crypto, certificate);

        public override CertificateRequest GetCertificateRequest() => new(
            [ClientCertificateType.ecdsa_sign], [new SignatureAndHashAlgorithm(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa)], null);

        public override void NotifyClientCertificate(Certificate clientCertificate)
        {
        }

        public override void NotifyHandshakeComplete() =>
            peer.Exported = m_context.ExportKeyingMaterial("EXPERIMENTAL test", [1, 2], 32);
    }
}
