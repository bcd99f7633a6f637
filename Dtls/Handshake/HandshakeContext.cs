namespace WebRtcStack.Dtls;

/// <summary>What all states of a handshake share: what was negotiated, and the way out for messages. It holds no secret.</summary>
internal sealed class HandshakeContext(DtlsOptions options, RandomSource random, RecordLayer records, PeerIdentity peer)
{
    private const int RandomLength = 32;
    private readonly byte[] _randoms = new byte[2 * RandomLength];
    private ushort _nextSequence;

    public DtlsOptions Options { get; } = options;

    public RandomSource Random { get; } = random;

    public PeerIdentity Peer { get; } = peer;

    public Transcript Transcript { get; } = new();

    public FlightSender Flight { get; } = new(options, records);

    public CipherSuite Suite { get; set; }

    public DtlsNamedGroup Group { get; set; }

    public SrtpProtectionProfile? SrtpProfile { get; set; }

    public bool ExtendedMasterSecret { get; set; }

    /// <summary>client_random and server_random.</summary>
    public ReadOnlySpan<byte> Randoms => _randoms;

    public Span<byte> ClientRandom => _randoms.AsSpan(0, RandomLength);

    public Span<byte> ServerRandom => _randoms.AsSpan(RandomLength);

    /// <summary>A warning that is owed outside of any flight.</summary>
    public DtlsAlert? OwedWarning { get; set; }

    /// <summary>The version on all records from the hellos on.</summary>
    public void SetVersion(ushort version) => records.Version = version;

    /// <summary>Adds a message to the flight and to the transcript.</summary>
    public void Send(HandshakeType type, ReadOnlySpan<byte> body, ushort epoch = 0)
    {
        byte[] raw = HandshakeMessage.Build(type, _nextSequence++, body);
        Transcript.Append(raw);
        Flight.Add(ContentType.Handshake, epoch, raw);
    }

    /// <summary>Adds ChangeCipherSpec and Finished; what follows them is protected (RFC 5246 §7.1, §7.4.9).</summary>
    public void SendFinished(Secret master)
    {
        Flight.Add(ContentType.ChangeCipherSpec, 0, [1]);
        records.WriteEpoch = 1;
        Span<byte> verifyData = stackalloc byte[Prf.VerifyDataLength];
        VerifyData(master, Options.Role, verifyData);
        Send(HandshakeType.Finished, verifyData, epoch: 1);
    }

    /// <summary>verify_data over the transcript as it stands.</summary>
    public void VerifyData(Secret master, DtlsRole sender, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[Hashing.MaxLength];
        hash = hash[..Hashing.Length(Suite.Hash)];
        Transcript.Hash(Suite.Hash, hash);
        Prf.VerifyData(Suite.Hash, master.Span, sender, hash, destination);
    }

    /// <summary>
    /// Derives the master secret and installs the keys of epoch 1 (RFC 5246 §6.3). The transcript must end with
    /// ClientKeyExchange, which is where the session hash ends (RFC 7627 §3).
    /// </summary>
    public Secret DeriveKeys(ReadOnlySpan<byte> premaster)
    {
        Secret master;
        if (ExtendedMasterSecret)
        {
            Span<byte> hash = stackalloc byte[Hashing.MaxLength];
            hash = hash[..Hashing.Length(Suite.Hash)];
            Transcript.Hash(Suite.Hash, hash);
            master = Prf.ExtendedMasterSecret(Suite.Hash, premaster, hash);
        }
        else
        {
            master = Prf.MasterSecret(Suite.Hash, premaster, Randoms);
        }
        Options.KeyLog?.Invoke($"CLIENT_RANDOM {Hex(ClientRandom)} {Hex(master.Span)}");
        (RecordProtection client, RecordProtection server) = Protections(Suite, master.Span, ClientRandom, ServerRandom);
        if (Options.Role == DtlsRole.Client) records.InstallKeys(server, client);
        else records.InstallKeys(client, server);
        return master;
    }

    /// <summary>key_block: both keys, then both fixed parts of the nonce; AEAD suites have no MAC keys (RFC 5246 §6.3).</summary>
    internal static (RecordProtection Client, RecordProtection Server) Protections(
        in CipherSuite suite, ReadOnlySpan<byte> master, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> serverRandom)
    {
        Span<byte> seed = stackalloc byte[2 * RandomLength];
        serverRandom.CopyTo(seed);                                 // here the server's random comes first
        clientRandom.CopyTo(seed[RandomLength..]);
        int key = suite.KeyLength, iv = suite.IvLength;
        Span<byte> block = stackalloc byte[2 * (32 + Aead.NonceLength)];
        block = block[..(2 * (key + iv))];
        Prf.Expand(suite.Hash, master, "key expansion", seed, block);
        RecordProtection client = new(suite.Aead, block[..key], block.Slice(2 * key, iv));
        RecordProtection server = new(suite.Aead, block.Slice(key, key), block.Slice(2 * key + iv, iv));
        SecretMemory.Clear(block);
        return (client, server);
    }

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        System.Text.StringBuilder text = new(bytes.Length * 2);
        foreach (byte value in bytes) text.Append(value.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
