namespace WebRtcStack.Dtls;

/// <summary>The secrets between ServerHello and Finished (RFC 8446 §7.1), with one owner.</summary>
internal sealed class HandshakeSecrets(Secret handshake, Secret client, Secret server) : IDisposable
{
    /// <summary>client_handshake_traffic_secret.</summary>
    public Secret Client { get; } = client;

    /// <summary>server_handshake_traffic_secret.</summary>
    public Secret Server { get; } = server;

    /// <summary>Derives the secrets when the transcript ends with ServerHello, and opens epoch 2 in both directions.</summary>
    public static HandshakeSecrets Install(HandshakeContext context, ReadOnlySpan<byte> shared)
    {
        KeySchedule schedule = new(context.Suite.Hash);
        Span<byte> hash = stackalloc byte[schedule.Length];
        context.Transcript.Hash(context.Suite.Hash, hash);
        Secret handshake = schedule.Handshake(shared);
        HandshakeSecrets secrets = new(
            handshake, schedule.Derive(handshake, "c hs traffic", hash), schedule.Derive(handshake, "s hs traffic", hash));
        context.LogSecret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", secrets.Client);
        context.LogSecret("SERVER_HANDSHAKE_TRAFFIC_SECRET", secrets.Server);
        bool isClient = context.Options.Role == DtlsRole.Client;
        Secret read = isClient ? secrets.Server : secrets.Client, write = isClient ? secrets.Client : secrets.Server;
        context.Records.InstallRead(HandshakeState13.HandshakeEpoch, new CiphertextProtection(context.Suite, read.Span));
        context.Records.InstallWrite(HandshakeState13.HandshakeEpoch, new CiphertextProtection(context.Suite, write.Span));
        return secrets;
    }

    /// <summary>Derives what comes after, when the transcript ends with the server's Finished.</summary>
    public ApplicationSecrets Advance(HandshakeContext context)
    {
        KeySchedule schedule = new(context.Suite.Hash);
        Span<byte> hash = stackalloc byte[schedule.Length];
        context.Transcript.Hash(context.Suite.Hash, hash);
        using Secret master = schedule.Master(handshake);
        ApplicationSecrets secrets = new(
            schedule.Derive(master, "c ap traffic", hash), schedule.Derive(master, "s ap traffic", hash),
            schedule.Derive(master, "exp master", hash), context.Options.Role);
        context.LogSecret("CLIENT_TRAFFIC_SECRET_0", secrets.Client);
        context.LogSecret("SERVER_TRAFFIC_SECRET_0", secrets.Server);
        context.LogSecret("EXPORTER_SECRET", secrets.Exporter);
        return secrets;
    }

    /// <summary>Hands all to a new owner.</summary>
    public HandshakeSecrets Move() => new(handshake.Move(), Client.Move(), Server.Move());

    public void Dispose()
    {
        handshake.Dispose();
        Client.Dispose();
        Server.Dispose();
    }
}
