namespace WebRtcStack.Dtls;

/// <summary>The secrets after the handshake (RFC 8446 §7.1), with one owner. The traffic secrets move on with each key update.</summary>
internal sealed class ApplicationSecrets(Secret client, Secret server, Secret exporter, DtlsRole role) : IDisposable
{
    /// <summary>client_application_traffic_secret_N.</summary>
    public Secret Client { get; private set; } = client;

    /// <summary>server_application_traffic_secret_N.</summary>
    public Secret Server { get; private set; } = server;

    /// <summary>exporter_master_secret.</summary>
    public Secret Exporter { get; } = exporter;

    /// <summary>The protection of what the peer sends.</summary>
    public CiphertextProtection CreateRead(in CipherSuite suite) => new(suite, (role == DtlsRole.Client ? Server : Client).Span);

    /// <summary>The protection of what we send.</summary>
    public CiphertextProtection CreateWrite(in CipherSuite suite) => new(suite, (role == DtlsRole.Client ? Client : Server).Span);

    /// <summary>The sender's next traffic secret takes the place of the present one (RFC 8446 §7.2).</summary>
    public void Update(in CipherSuite suite, DtlsRole sender)
    {
        KeySchedule schedule = new(suite.Hash);
        Secret old = sender == DtlsRole.Client ? Client : Server;
        Secret next = schedule.Next(old);
        old.Dispose();
        if (sender == DtlsRole.Client) Client = next;
        else Server = next;
    }

    /// <summary>Hands all to a new owner.</summary>
    public ApplicationSecrets Move() => new(Client.Move(), Server.Move(), Exporter.Move(), role);

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        Exporter.Dispose();
    }
}
