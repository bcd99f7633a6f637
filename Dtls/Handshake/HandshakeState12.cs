namespace WebRtcStack.Dtls;

/// <summary>A state of a handshake of DTLS 1.2: what its keys and its Finished are made of (RFC 5246 §6.3, §7.4.9).</summary>
internal abstract class HandshakeState12(HandshakeContext context) : HandshakeState(context)
{
    /// <summary>Takes the peer's end entity certificate; on failure the state to go to.</summary>
    protected HandshakeState? TakeCertificate(in HandshakeMessage message, out CertificatePublicKey? key)
    {
        key = null;
        if (!CertificateMessage.TryParse(message.Body, out ReadOnlySpan<byte> der)) return Malformed(message);
        if (der.IsEmpty) return Fail(DtlsAlert.HandshakeFailure, "The peer has no certificate.");
        return AcceptCertificate(message, der, out key);
    }

    /// <summary>
    /// Derives the master secret and installs the keys of epoch 1 (RFC 5246 §6.3). The transcript must end with
    /// ClientKeyExchange, which is where the session hash ends (RFC 7627 §3).
    /// </summary>
    protected Secret DeriveKeys(ReadOnlySpan<byte> premaster)
    {
        Secret master;
        if (Context.ExtendedMasterSecret)
        {
            Span<byte> hash = stackalloc byte[Hashing.MaxLength];
            hash = hash[..Hashing.Length(Context.Suite.Hash)];
            Context.Transcript.Hash(Context.Suite.Hash, hash);
            master = Prf.ExtendedMasterSecret(Context.Suite.Hash, premaster, hash);
        }
        else
        {
            master = Prf.MasterSecret(Context.Suite.Hash, premaster, Context.Randoms);
        }
        Context.LogSecret("CLIENT_RANDOM", master);
        (RecordProtection client, RecordProtection server) =
            RecordProtection.CreatePair(Context.Suite, master.Span, Context.ClientRandom, Context.ServerRandom);
        if (Context.Options.Role == DtlsRole.Client) Context.Records.InstallKeys(server, client);
        else Context.Records.InstallKeys(client, server);
        return master;
    }

    /// <summary>Adds ChangeCipherSpec and Finished; what follows them is protected (RFC 5246 §7.1, §7.4.9).</summary>
    protected void SendFinished(Secret master)
    {
        Context.Flight.Add(ContentType.ChangeCipherSpec, 0, [1]);
        Context.Records.WriteEpoch = 1;
        Span<byte> verifyData = stackalloc byte[Prf.VerifyDataLength];
        VerifyData(master, Context.Options.Role, verifyData);
        Context.Send(HandshakeType.Finished, verifyData, epoch: 1);
    }

    /// <summary>Checks the peer's Finished over the transcript as it stands, and appends it; on failure the state to go to.</summary>
    protected HandshakeState? TakeFinished(in HandshakeMessage message, Secret master)
    {
        Span<byte> expected = stackalloc byte[Prf.VerifyDataLength];
        VerifyData(master, Context.PeerRole, expected);
        return TakeFinished(message, expected);
    }

    private void VerifyData(Secret master, DtlsRole sender, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[Hashing.MaxLength];
        hash = hash[..Hashing.Length(Context.Suite.Hash)];
        Context.Transcript.Hash(Context.Suite.Hash, hash);
        Prf.VerifyData(Context.Suite.Hash, master.Span, sender, hash, destination);
    }
}
