namespace WebRtcStack.Dtls;

/// <summary>One DTLS connection over any datagram path: handshake, application data, alerts (RFC 9147, RFC 8446, RFC 6347, RFC 5246, RFC 5764).</summary>
/// <remarks>
/// Not thread-safe: one event loop owns it. It has no socket and no clock; bytes, time and randomness come from the caller.
/// After every call: <see cref="Transmit"/> until it returns 0, <see cref="TryReadEvent"/> until it returns false, then wait
/// until <see cref="NextTimeout"/> at most and call <see cref="AdvanceTo"/>.
/// </remarks>
public sealed class DtlsConnection : IDisposable
{
    /// <summary>The most bytes that <see cref="Protect"/> adds to the plaintext, whatever was negotiated.</summary>
    public const int MaxOverhead = RecordHeader.Size + RecordProtection.MaxOverhead;     // DTLS 1.2 with AES-GCM has the most

    /// <summary>The smallest destination that <see cref="Transmit"/> takes, in bytes.</summary>
    public const int MinDatagramSize = DtlsOptions.MinPathMtu;

    /// <summary>The largest plaintext of one record (RFC 5246 §6.2.1), in bytes.</summary>
    public const int MaxPlaintextLength = RecordHeader.MaxPlaintext;

    private readonly DtlsOptions _options;
    private readonly DropCounters _drops = new();
    private readonly PeerIdentity _peer = new();
    private readonly RecordLayer _records;
    private readonly HandshakeContext _context;
    private readonly HandshakeMachine _handshake;
    private readonly AlertProtocol _alerts;
    private readonly EarlyQueue _earlyRecords;                     // undecrypted: their keys are not there yet
    private readonly EarlyQueue _earlyData;                        // decrypted: the peer is not known yet
    private readonly Queue<DtlsEvent> _events = new(2);            // Connected, then Closed or Failed
    private Instant _handshakeDeadline = Instant.Never;
    private bool _hasDrawnKeys;

    /// <summary>Creates a connection that has not started.</summary>
    /// <param name="options">What to negotiate, and all limits.</param>
    /// <param name="random">Where hello randoms, cookies and X25519 keys come from; cryptographic unless this is a test.</param>
    public DtlsConnection(DtlsOptions options, RandomSource random) : this(options, random, null)
    {
    }

    /// <summary>Creates a server's connection with a client that has shown a valid cookie; <see cref="Start"/> answers its ClientHello.</summary>
    /// <param name="options">What to negotiate, and all limits: those of the keeper.</param>
    /// <param name="random">Where randoms and X25519 keys come from; cryptographic unless this is a test.</param>
    /// <param name="admission">What <see cref="DtlsCookieKeeper.Receive"/> gave; null for a connection that listens itself.</param>
    /// <exception cref="ArgumentException">There is an admission, but the options are those of a client.</exception>
    public DtlsConnection(DtlsOptions options, RandomSource random, DtlsAdmission? admission)
    {
        _options = Require.NotNull(options);
        Require.NotNull(random);
        Require.NotNull(options.Certificate, nameof(DtlsOptions.Certificate));
        if (admission is not null && options.Role != DtlsRole.Server)
            throw new ArgumentException("A client is admitted by a server; set Role to Server.", nameof(options));
        _records = new RecordLayer(options.ReplayWindow, _drops);
        _context = new HandshakeContext(options, random, _records, _peer);
        _handshake = new HandshakeMachine(_context, _drops, admission);
        _alerts = new AlertProtocol(_records);
        _earlyRecords = new EarlyQueue(options.MaxEarlyBytes);
        _earlyData = new EarlyQueue(options.MaxEarlyBytes);
    }

    /// <summary>The state, as RTCDtlsTransportState.</summary>
    public DtlsState State { get; private set; } = DtlsState.New;

    /// <summary>Whether <see cref="Protect"/> may be called: connected, and record numbers are left.</summary>
    public bool CanSend => State == DtlsState.Connected && _records.CanWrite;

    /// <summary>The peer's certificate in DER; empty as long as it is unknown. Not proven before <see cref="DtlsState.Connected"/>.</summary>
    public ReadOnlyMemory<byte> RemoteCertificate => _peer.Certificate;

    /// <summary>The SRTP profile that use_srtp selected; null when none was, or the handshake has not come so far.</summary>
    public SrtpProtectionProfile? SelectedSrtpProfile => _context.SrtpProfile;

    /// <summary>The version that was negotiated as it is on the wire, FEFC for DTLS 1.3, FEFD for DTLS 1.2; 0 before that.</summary>
    public ushort NegotiatedVersion => _context.Version;

    /// <summary>The cipher suite that was negotiated.</summary>
    public DtlsCipherSuite CipherSuite => _context.Suite.Id;

    /// <summary>The group that was negotiated.</summary>
    public DtlsNamedGroup NegotiatedGroup => _context.Group;

    /// <summary>Handshake flights that were sent again.</summary>
    public int Retransmissions => _context.Flight.Retransmissions;

    /// <summary>When <see cref="AdvanceTo"/> has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout => Instant.Min(
        Instant.Min(_handshakeDeadline, _context.Flight.Expiry), Instant.Min(_context.Flight.Deadline, _context.Acks.Deadline));

    /// <summary>How often something from the wire was dropped for this reason.</summary>
    public long GetDropCount(DtlsDropReason reason) => _drops[reason];

    /// <summary>
    /// Draws the ephemeral keys of the handshake ahead, when there is time: while a path to the peer is still looked for. It may be left
    /// out; again, or once the handshake has started, it does nothing.
    /// </summary>
    public void DrawKeys()
    {
        if (State != DtlsState.New || _hasDrawnKeys) return;
        _hasDrawnKeys = true;
        _context.DrawKeys();
    }

    /// <summary>Whether <see cref="DrawKeys"/> has something to do.</summary>
    public bool CanDrawKeys => State == DtlsState.New && !_hasDrawnKeys;

    /// <summary>Starts the handshake: the client owes a ClientHello, the server listens.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public void Start(Instant now)
    {
        if (State != DtlsState.New) throw new InvalidOperationException("The connection was started before; create a new one.");
        State = DtlsState.Connecting;
        _handshakeDeadline = now + _options.HandshakeTimeout;
        _handshake.Start();
        FollowHandshake();
    }

    /// <summary>
    /// Says which certificates the peer may have (RFC 8122). Call it before or during the handshake: without it the handshake
    /// ends, but the connection stays <see cref="DtlsState.Connecting"/> and lets no data through.
    /// </summary>
    /// <exception cref="ArgumentException">None of the fingerprints has a hash that is understood.</exception>
    /// <exception cref="InvalidOperationException">The peer is proven already.</exception>
    public void SetRemoteFingerprints(IReadOnlyList<DtlsFingerprint> fingerprints)
    {
        bool understood = false;
        foreach (DtlsFingerprint fingerprint in Require.NotNull(fingerprints)) understood |= fingerprint.IsUnderstood;
        if (!understood)
            throw new ArgumentException("At least one fingerprint must use sha-256, sha-384 or sha-512.", nameof(fingerprints));
        if (State == DtlsState.Connected) throw new InvalidOperationException("The peer is proven already; fingerprints come before.");
        if (State is DtlsState.Closed or DtlsState.Failed) return;
        _peer.Expect(fingerprints);
        if (_peer.IsWrong)
        {
            Fail(new DtlsEvent(DtlsEventType.Failed, DtlsFailure.FingerprintMismatch, DtlsAlert.BadCertificate,
                "The peer's certificate has none of the announced fingerprints."));
        }
        TryConnect();
    }

    /// <summary>
    /// Consumes the one record at the front of a datagram, decrypting it in place. Call it again with the rest until the datagram
    /// is used up.
    /// </summary>
    /// <param name="datagram">What is left of the datagram; it stays the caller's.</param>
    /// <param name="now">The time.</param>
    /// <param name="plaintextOffset">Where in <paramref name="datagram"/> application data begins.</param>
    /// <param name="plaintextLength">The length of the application data; 0 when the record brought none.</param>
    /// <returns>Bytes consumed; all of a datagram whose front is no record.</returns>
    public int Receive(Span<byte> datagram, Instant now, out int plaintextOffset, out int plaintextLength)
    {
        (plaintextOffset, plaintextLength) = (0, 0);
        if (State is not (DtlsState.Connecting or DtlsState.Connected)) return DropRest(datagram, DtlsDropReason.NotOpen);
        if (!RecordLayer.TryMeasure(datagram, out int size)) return DropRest(datagram, DtlsDropReason.MalformedRecord);
        ushort readEpoch = _records.ReadEpoch;
        ReceiveRecord(datagram[..size], now, early: false, out plaintextOffset, out plaintextLength);
        while (_records.ReadEpoch != readEpoch && State is DtlsState.Connecting or DtlsState.Connected)
        {
            readEpoch = _records.ReadEpoch;                        // new keys: those that wait for later ones wait again
            for (int rest = _earlyRecords.Count; rest > 0 && _earlyRecords.TryTake(out byte[]? early); rest--)
                ReceiveRecord(early, now, early: true, out _, out _);
        }
        return size;
    }

    /// <summary>
    /// Reads application data that had come before the peer was known, oldest first. Call it after <see cref="DtlsEventType.Connected"/>
    /// until it returns false.
    /// </summary>
    /// <param name="destination">Receives the data of one record; at least <see cref="DtlsOptions.MaxEarlyBytes"/> always suffices.</param>
    /// <param name="length">The data's length.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small for the next record.</exception>
    public bool TryReadEarlyData(Span<byte> destination, out int length)
    {
        length = 0;
        if (State != DtlsState.Connected || !_earlyData.TryPeek(out byte[]? data)) return false;
        if (data.Length > destination.Length)
            throw new ArgumentException($"The next record needs {data.Length} bytes.", nameof(destination));
        _earlyData.TryTake(out _);
        data.CopyTo(destination);
        length = data.Length;
        return true;
    }

    /// <summary>Writes the next datagram of the handshake, or an alert. Call until it returns 0.</summary>
    /// <param name="destination">At least <see cref="MinDatagramSize"/> bytes; stays the caller's.</param>
    /// <param name="now">The time.</param>
    /// <returns>Bytes written; 0 when nothing is owed.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small.</exception>
    public int Transmit(Span<byte> destination, Instant now)
    {
        if (destination.Length < MinDatagramSize)
            throw new ArgumentException($"Transmit needs at least {MinDatagramSize} bytes.", nameof(destination));
        if (_context.OwedWarning is DtlsAlert warning) _alerts.OweWarning(warning);
        _context.OwedWarning = null;
        int length = _alerts.Transmit(destination);
        if (length == 0 && State is DtlsState.Connecting or DtlsState.Connected)
            length = _context.Acks.Transmit(destination, forget: _handshake.IsEstablished);
        return length > 0 ? length : _context.Flight.Transmit(destination, now);
    }

    /// <summary>Where in a datagram the plaintext for <see cref="Protect"/> belongs: as long as the datagram has room for.</summary>
    /// <exception cref="InvalidOperationException"><see cref="CanSend"/> is false.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has no room for any plaintext.</exception>
    public Span<byte> PlaintextArea(Span<byte> destination)
    {
        RequireCanSend();
        int room = destination.Length - _records.Overhead(_records.WriteEpoch);
        if (room < 0) throw new ArgumentException($"A record needs {MaxOverhead} bytes besides its plaintext.", nameof(destination));
        return destination.Slice(_records.PlaintextOffset(_records.WriteEpoch), Math.Min(room, _records.MaxPlaintext));
    }

    /// <summary>Seals the plaintext that was written to <see cref="PlaintextArea"/> of the same destination, in place.</summary>
    /// <returns>The length of the datagram.</returns>
    /// <exception cref="InvalidOperationException"><see cref="CanSend"/> is false.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or exceeds that area.</exception>
    public int Protect(Span<byte> destination, int plaintextLength)
    {
        Require.InRange(plaintextLength, 0, PlaintextArea(destination).Length);
        int length = _records.Seal(destination, ContentType.ApplicationData, _records.WriteEpoch, plaintextLength);
        if (_records.Written >= (ulong)_options.RecordsPerKey && _handshake.State is Established13 established)
            established.UpdateKeys(requestPeer: false);
        return length;
    }

    /// <summary>Changes the keys of DTLS 1.3 (RFC 9147 §8). It happens by itself after <see cref="DtlsOptions.RecordsPerKey"/> records.</summary>
    /// <param name="requestPeer">Whether the peer is to change the keys of its direction, too.</param>
    /// <exception cref="InvalidOperationException">The connection is not <see cref="DtlsState.Connected"/>, or is one of DTLS 1.2.</exception>
    public void UpdateKeys(bool requestPeer = true)
    {
        if (State != DtlsState.Connected || _handshake.State is not Established13 established)
            throw new InvalidOperationException("Keys can be updated while a connection of DTLS 1.3 is Connected; ask NegotiatedVersion.");
        established.UpdateKeys(requestPeer);
    }

    /// <summary>Changes <see cref="DtlsOptions.PathMtu"/> for what is still to be sent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside of the option's range.</exception>
    public void UpdatePathMtu(int pathMtu) =>
        _context.Flight.PathMtu = Require.InRange(pathMtu, DtlsOptions.MinPathMtu, DtlsOptions.MaxPathMtu);

    /// <summary>Tells a round-trip time that was measured, by ICE for one; it sets the pace of retransmissions.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative or longer than a minute.</exception>
    public void UpdateRoundTripTime(TimeSpan roundTrip) =>
        _context.Flight.UpdateRoundTripTime(Require.InRange(roundTrip, TimeSpan.Zero, TimeSpan.FromMinutes(1)));

    /// <summary>Closes the connection and owes the peer a close_notify. Harmless when it is over already.</summary>
    public void Close(Instant now)
    {
        if (State is DtlsState.Closed or DtlsState.Failed) return;
        if (State != DtlsState.New) _alerts.OweClose();
        End(DtlsState.Closed, new DtlsEvent(DtlsEventType.Closed, Alert: DtlsAlert.CloseNotify, Reason: "Closed by this side."));
    }

    /// <summary>Lets time pass: retransmissions, and the end of patience. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        if (now < NextTimeout || NextTimeout.IsNever) return;
        if (now >= _handshakeDeadline)
        {
            End(DtlsState.Failed, new DtlsEvent(DtlsEventType.Failed, DtlsFailure.HandshakeTimeout,
                Reason: "The handshake did not end in time."));
            return;
        }
        if (now >= _context.Flight.Expiry)
        {
            End(DtlsState.Failed, new DtlsEvent(DtlsEventType.Failed, DtlsFailure.HandshakeTimeout,
                Reason: "The peer did not acknowledge our last flight in time."));
            return;
        }
        _context.Acks.AdvanceTo(now);
        _context.Flight.AdvanceTo(now);
    }

    /// <summary>Reads the next event.</summary>
    public bool TryReadEvent(out DtlsEvent connectionEvent) => _events.TryDequeue(out connectionEvent);

    /// <summary>Exports keying material (RFC 5705 §4, RFC 8446 §7.5), such as that of SRTP with the label <c>EXTRACTOR-dtls_srtp</c> and no context.</summary>
    /// <param name="label">The label, in ASCII.</param>
    /// <param name="context">The context value, at most 65535 bytes.</param>
    /// <param name="useContext">Whether there is a context; in DTLS 1.2 an empty one differs from none.</param>
    /// <param name="destination">As long as the material that is wanted.</param>
    /// <exception cref="InvalidOperationException">The connection is not <see cref="DtlsState.Connected"/>.</exception>
    /// <exception cref="ArgumentException">The label is one that TLS uses itself.</exception>
    public void ExportKeyingMaterial(string label, ReadOnlySpan<byte> context, bool useContext, Span<byte> destination)
    {
        Require.NotNull(label);
        Require.InRange(context.Length, 0, ushort.MaxValue, nameof(context));
        if (State != DtlsState.Connected || _handshake.State is not Established established)
            throw new InvalidOperationException("Keys can be exported while the connection is Connected; wait for that event.");
        established.Export(label, context, useContext, destination);
    }

    /// <summary>Clears all secrets. Sends nothing: <see cref="Close"/> and <see cref="Transmit"/> come before.</summary>
    public void Dispose()
    {
        if (State is not (DtlsState.Closed or DtlsState.Failed)) State = DtlsState.Closed;
        _alerts.Forget();
        ReleaseAll();
        _records.Dispose();
    }

    private void ReceiveRecord(Span<byte> record, Instant now, bool early, out int offset, out int dataLength)
    {
        dataLength = 0;
        RecordOutcome outcome = _records.Open(record, out OpenedRecord opened);
        offset = opened.Offset;
        if (outcome == RecordOutcome.NoKeys && !_earlyRecords.TryAdd(record)) _drops.Count(DtlsDropReason.EarlyLimit);
        if (_records.ForgeryLimitReached && State is DtlsState.Connecting or DtlsState.Connected)
        {
            Fail(new DtlsEvent(DtlsEventType.Failed, DtlsFailure.ProtocolError, DtlsAlert.BadRecordMac, "Too many records were forged."));
        }
        if (outcome != RecordOutcome.Opened || State is not (DtlsState.Connecting or DtlsState.Connected)) return;
        ReadOnlySpan<byte> content = record.Slice(offset, opened.Length);
        if (opened.Type == ContentType.ApplicationData) dataLength = ReceiveData(opened.Number.Epoch, content, early);
        else if (opened.Number.Epoch == 0 && _handshake.IsEstablished) _drops.Count(DtlsDropReason.UnprotectedAfterHandshake);
        else if (opened.Type == ContentType.Handshake) ReceiveHandshake(opened.Number, content, now);
        else if (opened.Type == ContentType.Ack) ReceiveAck(opened.Number, content, now);
        else if (opened.Type == ContentType.Alert) ReceiveAlert(content);
        // ChangeCipherSpec says nothing that the epoch of the records after it does not say
    }

    private int ReceiveData(ushort epoch, ReadOnlySpan<byte> data, bool early)
    {
        if (epoch == 0 || epoch == HandshakeState13.HandshakeEpoch)
        {
            _drops.Count(DtlsDropReason.UnprotectedApplicationData);
            return 0;
        }
        bool isConnected = State == DtlsState.Connected;
        if ((early || !isConnected) && !_earlyData.TryAdd(data)) _drops.Count(DtlsDropReason.EarlyLimit);
        if (early || !isConnected) return 0;
        if (epoch == 1) _context.Flight.Clear();                   // RFC 6347 §4.2.4: who sends data has our Finished
        return data.Length;
    }

    private void ReceiveHandshake(RecordNumber number, ReadOnlySpan<byte> payload, Instant now)
    {
        _handshake.Receive(payload, number, now);
        FollowHandshake();
    }

    private void ReceiveAck(RecordNumber number, ReadOnlySpan<byte> payload, Instant now)
    {
        _handshake.ReceiveAck(payload, number, now);
        FollowHandshake();
    }

    private void FollowHandshake()
    {
        if (_handshake.State is HandshakeFailed failed) Fail(failed.Event);
        else TryConnect();
        if (_records.IsDtls13 == true && _handshake.IsEstablished && _context.Flight.IsEmpty)
            _records.ForgetHandshake(forReadingToo: _options.Role == DtlsRole.Client);
    }

    private void ReceiveAlert(ReadOnlySpan<byte> content)
    {
        switch (AlertProtocol.Read(content, _records.IsDtls13 == true, out DtlsAlert alert))
        {
            case AlertMeaning.Close:
                _alerts.OweClose();           // RFC 5246 §7.2.1: answered with one of our own
                End(DtlsState.Closed, new DtlsEvent(DtlsEventType.Closed, Alert: alert, Reason: "Closed by the peer."));
                break;
            case AlertMeaning.Fatal:
                End(DtlsState.Failed, new DtlsEvent(DtlsEventType.Failed, DtlsFailure.AlertReceived, alert,
                    $"The peer sent {alert.ToRfcName()}."));
                break;
            default:
                _drops.Count(DtlsDropReason.IgnoredAlert);
                break;
        }
    }

    private void TryConnect()
    {
        if (State != DtlsState.Connecting || !_handshake.IsEstablished) return;
        _context.Keys.Dispose();
        _handshakeDeadline = Instant.Never;                        // from here on we wait for the application, not for the peer
        if (!_peer.IsProven) return;
        State = DtlsState.Connected;
        _events.Enqueue(new DtlsEvent(DtlsEventType.Connected));
    }

    private void Fail(in DtlsEvent failure)
    {
        _alerts.OweFatal(failure.Alert!.Value);
        End(DtlsState.Failed, failure);
    }

    private void End(DtlsState state, in DtlsEvent reason)
    {
        Debug.Assert(State is not (DtlsState.Closed or DtlsState.Failed), "a connection ends once");
        State = state;
        _events.Enqueue(reason);
        ReleaseAll();
    }

    private void ReleaseAll()
    {
        _handshakeDeadline = Instant.Never;
        _context.Flight.Clear();
        _context.Acks.Begin();
        _context.Transcript.Release();
        _context.Keys.Dispose();
        _handshake.Dispose();
        _earlyRecords.Clear();
        _earlyData.Clear();
    }

    private void RequireCanSend()
    {
        if (!CanSend) throw new InvalidOperationException("Nothing can be sent now; ask CanSend first.");
    }

    private int DropRest(ReadOnlySpan<byte> bytes, DtlsDropReason reason)
    {
        _drops.Count(reason);
        return bytes.Length;
    }
}
