namespace WebRtcStack.Dtls;

/// <summary>The handshake of DTLS 1.3 has ended. Owns the traffic secrets, for key updates (RFC 9147 §8), and the exporter's.</summary>
internal sealed class Established13 : Established
{
    private const byte UpdateNotRequested = 0;
    private const byte UpdateRequested = 1;
    private const ushort LastEpoch = ushort.MaxValue - 1;          // RFC 9147 §8 allows to hold epochs in 16 bits
    private readonly ApplicationSecrets _secrets;
    private bool _updating;                                        // our KeyUpdate is not yet acknowledged
    private bool _updateOwed;
    private bool _requestOwed;

    private Established13(HandshakeContext context, ApplicationSecrets secrets) : base(context) => _secrets = secrets;

    /// <summary>Opens the epoch of application data in both directions.</summary>
    public static Established13 Enter(HandshakeContext context, ApplicationSecrets secrets)
    {
        context.Records.InstallRead(HandshakeState13.ApplicationEpoch, secrets.CreateRead(context.Suite));
        context.Records.InstallWrite(HandshakeState13.ApplicationEpoch, secrets.CreateWrite(context.Suite));
        return new Established13(context, secrets);
    }

    /// <summary>RFC 8446 §7.5: no context and an empty one are the same.</summary>
    public override void Export(string label, ReadOnlySpan<byte> exporterContext, bool useContext, Span<byte> destination) =>
        new KeySchedule(Context.Suite.Hash).Export(_secrets.Exporter, label, exporterContext, destination);

    /// <summary>Changes the key that we send with, as soon as nothing else waits for an acknowledgement.</summary>
    /// <param name="requestPeer">Whether the peer is to change its own, too.</param>
    public void UpdateKeys(bool requestPeer)
    {
        _requestOwed |= requestPeer;
        _updateOwed |= requestPeer || !_updating;
        SendOwed();
    }

    public override HandshakeState Receive(in HandshakeMessage message) => message.Type switch
    {
        HandshakeType.KeyUpdate => TakeKeyUpdate(message),
        HandshakeType.NewSessionTicket when Context.PeerRole == DtlsRole.Server => this,           // nothing is resumed
        _ => Unexpected(message),
    };

    public override void FlightArrived()
    {
        if (_updating)
        {
            _secrets.Update(Context.Suite, Context.Options.Role);
            Context.Records.InstallWrite((ushort)(Context.Records.WriteEpoch + 1), _secrets.CreateWrite(Context.Suite));
            _updating = false;
        }
        SendOwed();
    }

    protected override void Leave() => _secrets.Dispose();

    private HandshakeState TakeKeyUpdate(in HandshakeMessage message)
    {
        if (message.Body.Length != 1) return Malformed(message);
        if (message.Body[0] is not (UpdateNotRequested or UpdateRequested))
            return Fail(DtlsAlert.IllegalParameter, "KeyUpdate asks for something unknown.");
        if (Context.Records.ReadEpoch > LastEpoch) return Fail(DtlsAlert.UnexpectedMessage, "The peer has used up its epochs.");
        _secrets.Update(Context.Suite, Context.PeerRole);
        Context.Records.InstallRead((ushort)(Context.Records.ReadEpoch + 1), _secrets.CreateRead(Context.Suite));
        // Where it is not requested it keeps our epoch from falling behind: RFC 9147bis §7.2 has peers that take no ACK in an epoch
        // below that of the record it names.
        bool isBehind = Context.Records.ReadEpoch > Context.Records.WriteEpoch;
        if ((message.Body[0] == UpdateRequested || isBehind) && !_updating) _updateOwed = true;
        SendOwed();
        return this;
    }

    private void SendOwed()
    {
        if (!_updateOwed || !Context.Flight.IsEmpty || Context.Records.WriteEpoch >= LastEpoch) return;
        Context.Flight.Begin(timed: true);
        Context.SendPostHandshake(
            HandshakeType.KeyUpdate, [_requestOwed ? UpdateRequested : UpdateNotRequested], Context.Records.WriteEpoch);
        (_updateOwed, _requestOwed, _updating) = (false, false, true);
    }
}
