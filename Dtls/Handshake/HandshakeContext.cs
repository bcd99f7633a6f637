namespace WebRtcStack.Dtls;

/// <summary>What all states of a handshake share: what was negotiated, and the way out for messages. It holds no secret.</summary>
internal sealed class HandshakeContext(DtlsOptions options, RandomSource random, RecordLayer records, PeerIdentity peer)
{
    private const int RandomLength = 32;
    private readonly byte[] _randoms = new byte[2 * RandomLength];
    private ushort _nextSequence;

    public DtlsOptions Options { get; } = options;

    public Offer Offer { get; } = new(options);

    public RandomSource Random { get; } = random;

    public EphemeralKeys Keys { get; } = new(random);

    public RecordLayer Records { get; } = records;

    public PeerIdentity Peer { get; } = peer;

    public Transcript Transcript { get; } = new();

    public FlightSender Flight { get; } = new(options, records);

    public AckTracker Acks { get; } = new(records);

    /// <summary>The version as it is on the wire; 0 before it is negotiated.</summary>
    public ushort Version { get; private set; }

    public CipherSuite Suite { get; set; }

    public DtlsNamedGroup Group { get; set; }

    public SrtpProtectionProfile? SrtpProfile { get; set; }

    public bool ExtendedMasterSecret { get; set; }

    /// <summary>client_random and server_random.</summary>
    public ReadOnlySpan<byte> Randoms => _randoms;

    public Span<byte> ClientRandom => _randoms.AsSpan(0, RandomLength);

    public Span<byte> ServerRandom => _randoms.AsSpan(RandomLength);

    public DtlsRole PeerRole => Options.Role == DtlsRole.Client ? DtlsRole.Server : DtlsRole.Client;

    /// <summary>A warning that is owed outside of any flight.</summary>
    public DtlsAlert? OwedWarning { get; set; }

    /// <summary>The version is negotiated; DTLS 1.3 keeps that of DTLS 1.2 on its records (RFC 9147 §4).</summary>
    public void SetVersion(ushort version)
    {
        Version = version;
        Records.Version = DtlsVersion.Dtls12;
        Records.IsDtls13 = version == DtlsVersion.Dtls13;
        if (version == DtlsVersion.Dtls13) Transcript.BeginDtls13();
    }

    /// <summary>Draws the key that the handshake is likely to need.</summary>
    public void DrawKeys()
    {
        // A server that is sent a hybrid share answers with its own X25519 key, as it does to a classical one.
        bool isClientOf13 = Options.Role == DtlsRole.Client && Offer.Dtls13;
        Keys.Draw(isClientOf13 ? Offer.Groups[0] : Options.Groups.Count > 0 ? Options.Groups[0] : DtlsNamedGroup.X25519);
    }

    /// <summary>Continues the numbers of messages and records where another has begun to answer in our stead.</summary>
    public void Continue(ushort sequence, ulong recordSequence)
    {
        _nextSequence = sequence;
        Records.BeginAt(recordSequence);
    }

    /// <summary>Starts our next flight, which tells the peer that all of its own has come.</summary>
    public void BeginFlight(bool timed)
    {
        Flight.Begin(timed);
        Acks.Begin();
    }

    /// <summary>Adds a message to the flight and to the transcript.</summary>
    public void Send(HandshakeType type, ReadOnlySpan<byte> body, ushort epoch = 0)
    {
        byte[] raw = HandshakeMessage.Build(type, _nextSequence++, body);
        Transcript.Append(raw);
        Flight.Add(ContentType.Handshake, epoch, raw);
    }

    /// <summary>Adds a message to the flight that comes after the handshake, and so belongs to no transcript.</summary>
    public void SendPostHandshake(HandshakeType type, ReadOnlySpan<byte> body, ushort epoch) =>
        Flight.Add(ContentType.Handshake, epoch, HandshakeMessage.Build(type, _nextSequence++, body));

    /// <summary>The first of our SRTP profiles that the client offered; none means no use_srtp in the answer (RFC 5764 §4.1.2).</summary>
    public SrtpProtectionProfile? ChooseSrtpProfile(in HelloExtensions client)
    {
        foreach (SrtpProtectionProfile profile in Options.SrtpProfiles)
        {
            if (Vectors.ContainsNumber(client.SrtpProfiles, (ushort)profile)) return profile;
        }
        return null;
    }

    /// <summary>Takes the server's use_srtp: one of the profiles that were offered, and the MKI that was offered, which is none (RFC 5764 §4.1.1).</summary>
    public bool TryTakeSrtpProfile(in HelloExtensions server)
    {
        if (!server.Has(ExtensionType.UseSrtp)) return true;
        WireReader reader = new(server.SrtpProfiles);
        if (!server.SrtpMki.IsEmpty || !reader.TryReadUInt16(out ushort number) || !reader.IsEmpty) return false;
        foreach (SrtpProtectionProfile profile in Options.SrtpProfiles)
        {
            if (profile == (SrtpProtectionProfile)number) SrtpProfile = profile;
        }
        return SrtpProfile is not null;
    }

    /// <summary>Takes the peer's record_size_limit, which counts the content type in DTLS 1.3 (RFC 8449 §4); false when it is too small.</summary>
    public bool TryTakeRecordSizeLimit(in HelloExtensions extensions)
    {
        const int Smallest = 64;
        if (!extensions.Has(ExtensionType.RecordSizeLimit)) return true;
        if (extensions.RecordSizeLimit < Smallest) return false;
        int plaintext = extensions.RecordSizeLimit - (Version == DtlsVersion.Dtls13 ? 1 : 0);
        Records.MaxPlaintext = Math.Min(plaintext, RecordHeader.MaxPlaintext);
        Records.ReadLimit = Options.RecordSizeLimit;
        return true;
    }

    /// <summary>Writes a line of the key log (draft-ietf-tls-keylogfile).</summary>
    public void LogSecret(string label, Secret secret) => Options.KeyLog?.Invoke($"{label} {Hex(ClientRandom)} {Hex(secret.Span)}");

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        System.Text.StringBuilder text = new(bytes.Length * 2);
        foreach (byte value in bytes) text.Append(value.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
