using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sctp;
using WebRtcStack.Srtp;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>
/// One way to the peer, which bundled media sections share: an ICE stream, DTLS over it, and SRTP and SCTP inside.
/// It lives on the connection's loop and composes the layers by nesting spans: the inner one writes where the outer one's payload belongs.
/// </summary>
internal sealed class TransportStack : IDisposable
{
    private const int MaxEarlyDatagrams = 16;           // a ClientHello with an ML-KEM share, sent twice, and some

    private readonly IceAgent _ice;
    private readonly int _mtu;
    private readonly int _searched;                     // bytes by which datagrams with SCTP may exceed the MTU
    private readonly bool _takesCryptex;
    private readonly Queue<byte[]> _early = new();
    private SrtpProtector? _protector;
    private SrtpUnprotector? _unprotector;
    private TransportStack? _rtpStack;                  // of RTCP's own component, the one that it reports on
    private DataChannelTransport? _endedData;           // it is heard no more, but has its ABORT to say
    private bool _closing, _isOpen, _cryptex, _isDataStarted, _isRenewed, _isKeyUsedUp, _hasKeysOfRtp;

    public TransportStack(BundleTransport owner, IceAgent ice, IceStream stream, IceComponent component, RtpSession rtp, WebRtcOptions options, bool takesCryptex) =>
        (Owner, _ice, Stream, Component, Rtp, _mtu, _searched, _takesCryptex) =
        (owner, ice, stream, component, rtp, options.Mtu, Math.Max(0, options.MaxMtu - options.Mtu), takesCryptex);

    /// <summary>The connection's view of the stack.</summary>
    public BundleTransport Owner { get; }

    public IceStream Stream { get; }

    public IceComponent Component { get; }

    /// <summary>What carries the session's RTCP where that has a component of its own; null where it goes with RTP.</summary>
    public TransportStack? RtcpStack
    {
        get;
        set
        {
            field = value;
            if (value is not null) value._rtpStack = this;
        }
    }

    /// <summary>The sockets that candidates were gathered on, as the agent knows them.</summary>
    public List<(TransportAddress Bound, TransportProtocol Protocol)> Bases { get; } = [];

    /// <summary>How many addresses have come up since the first were gathered on.</summary>
    public int AddressesAppeared { get; set; }

    public RtpSession Rtp { get; }

    public DtlsConnection? Dtls { get; private set; }

    /// <summary>Null before the handshake starts.</summary>
    public DtlsRole? Role { get; private set; }

    public SrtpUnprotector? Unprotector => _unprotector;

    public DataChannelTransport? Data { get; set; }

    /// <summary>Whether it is known outside that the handshake is under way.</summary>
    public bool IsConnectingPublished { get; set; }

    /// <summary>Connections to TURN servers; null before it gathers.</summary>
    public TurnStreams? TurnStreams { get; set; }

    /// <summary>The senders' queues.</summary>
    public List<RtpOutlet> Outlets { get; } = [];

    /// <summary>What the receivers have here.</summary>
    public List<RtpInlet> Inlets { get; } = [];

    /// <summary>Datagrams that no layer takes (RFC 7983 §7), or that came before there was one to take them.</summary>
    public long Dropped { get; private set; }

    public long PacketsSent { get; private set; }

    public long BytesSent { get; private set; }

    public long PacketsReceived { get; private set; }

    public long BytesReceived { get; private set; }

    /// <summary>How often ICE has chosen a pair.</summary>
    public long SelectedPairChanges { get; set; }

    private bool IsClient => Role == DtlsRole.Client;

    private bool CarriesRtp => Component == IceComponent.Rtp;

    public Instant NextTimeout
    {
        get
        {
            Instant next = CarriesRtp ? Rtp.NextTimeout : Instant.Never;
            if (Dtls is not null) next = Instant.Min(next, Dtls.NextTimeout);
            if (Data is not null) next = Instant.Min(next, Data.NextTimeout);
            foreach (RtpOutlet outlet in Outlets) next = Instant.Min(next, outlet.NextTimeout);
            foreach (RtpInlet inlet in Inlets) next = Instant.Min(next, inlet.NextTimeout);
            return next;
        }
    }

    /// <summary>Gives the stack its handshake, which starts when ICE has found a path: its time limit does not count before.</summary>
    /// <remarks>One that takes the place of another (RFC 8842 §3.1) ends what was keyed by that; SCTP goes on (RFC 8841 §10.4).</remarks>
    public void PrepareDtls(DtlsConnection dtls, DtlsRole role, Instant now)
    {
        if (Dtls is not null)
        {
            DisposeKeys();
            Dtls.Dispose();
            (_isOpen, _isRenewed, IsConnectingPublished) = (false, true, false);
        }
        (Dtls, Role) = (dtls, role);
        if (_early.Count > 0 || HasPathForDtls()) StartDtls(dtls, now);
    }

    /// <summary>Takes over the data channels of a stack that is left.</summary>
    public void AdoptData(TransportStack from)
    {
        (Data, _isDataStarted) = (from.Data, from._isDataStarted);
        from.Data = null;
    }

    /// <summary>Header extensions and CSRCs are encrypted from now on; they are taken so from the start.</summary>
    public void UseCryptex()
    {
        _cryptex = true;
        if (_protector is not null) _protector.Cryptex = true;
    }

    public void Receive(Span<byte> datagram, Instant now, ITransportObserver observer)
    {
        PacketsReceived++;
        BytesReceived += datagram.Length;
        switch (datagram[0])                            // RFC 7983 §7; STUN is ICE's and does not come here
        {
            case >= 20 and <= 63:
                ReceiveDtls(datagram, now);
                break;
            case >= 128 and <= 191:
                ReceiveMedia(datagram, now, observer);
                break;
            default:
                Dropped++;
                break;
        }
    }

    public int Transmit(Span<byte> destination, Instant now, ITransportObserver observer, out NetworkPath path)
    {
        path = default;
        if (!_ice.TryGetSelectedPair(Stream, Component, out _)) return 0;
        if (Dtls is { State: DtlsState.New } dtls && HasPathForDtls()) StartDtls(dtls, now);
        Span<byte> room = destination[..Math.Min(destination.Length, _mtu + _searched)];
        Span<byte> area = _ice.PayloadArea(Stream, Component, room);
        while (Write(area, now, observer, out bool isForRtcpStack) is > 0 and int length)
        {
            if (!isForRtcpStack) return Send(room, length, now, out path);
            length = RtcpStack!.SendRtcp(area[..length], room, now, out path);
            if (length > 0) return length;
        }
        return 0;
    }

    // What RTCP's own component sends: the compound moves to where that one's payload belongs, which a relay may have elsewhere.
    private int SendRtcp(ReadOnlySpan<byte> compound, Span<byte> room, Instant now, out NetworkPath path)
    {
        path = default;
        if (!OpenSrtp() || !_ice.TryGetSelectedPair(Stream, Component, out _)) return 0;      // it is not connected yet; reports come again
        Span<byte> area = _ice.PayloadArea(Stream, Component, room);
        if (area.Length < compound.Length + SrtpProtector.MaxRtcpOverhead) return 0;
        compound.CopyTo(area);
        int length = (_hasKeysOfRtp ? _rtpStack! : this)._protector!.ProtectRtcp(area, compound.Length);
        return length > 0 ? Send(room, length, now, out path) : 0;
    }

    private int Send(Span<byte> room, int length, Instant now, out NetworkPath path)
    {
        PacketsSent++;
        BytesSent += length;
        return _ice.Wrap(Stream, Component, room, length, now, out path);
    }

    // An association that takes the place of another is the new generation's business: the pair of the old one may lead elsewhere.
    private bool HasPathForDtls() =>
        _ice.TryGetSelectedPair(Stream, Component, out IceCandidatePair? pair) && (!_isRenewed || Stream.Pairs.Contains(pair));

    public void AdvanceTo(Instant now)
    {
        Dtls?.AdvanceTo(now);
        Data?.AdvanceTo(now);
        if (CarriesRtp) Rtp.AdvanceTo(now);
        foreach (RtpInlet inlet in Inlets) inlet.AdvanceTo(now);
    }

    /// <summary>Associates, once both the handshake and the data section are there.</summary>
    public void StartData(Instant now)
    {
        if (Data is null || _isDataStarted || Dtls is not { State: DtlsState.Connected }) return;
        _isDataStarted = true;
        Data.SetRole(IsClient);
        Data.Start(now);
    }

    /// <summary>Ends the association, so that another one can take its place: the section was rejected (RFC 8841 §10.3, §10.4).</summary>
    public void EndData(string reason, Instant now)
    {
        if (Data is not { } ended) return;
        ended.Abort(reason, now);
        _endedData?.Dispose();
        (_endedData, Data, _isDataStarted) = (ended, null, false);
    }

    /// <summary>Owes the goodbyes of all layers: ABORT, BYE, close_notify, in this order.</summary>
    public void Close(Instant now)
    {
        if (_closing) return;
        _closing = true;
        if (CarriesRtp)
        {
            foreach (RtpSendStream stream in Rtp.SendStreams.ToArray()) Rtp.RemoveSendStream(stream);
        }
        Data?.Abort("closed", now);
        if (Dtls is { CanSend: false } dtls) dtls.Close(now);
    }

    public void Dispose()
    {
        foreach (RtpOutlet outlet in Outlets) outlet.Close();
        foreach (RtpInlet inlet in Inlets) inlet.StopFrames();
        if (CarriesRtp) Rtp.Close();
        Data?.Dispose();
        _endedData?.Dispose();
        DisposeKeys();
        Dtls?.Dispose();
    }

    private void DisposeKeys()
    {
        (_isKeyUsedUp, _hasKeysOfRtp) = (false, false);
        _protector?.Dispose();
        _unprotector?.Dispose();
        (_protector, _unprotector) = (null, null);
    }

    // SCTP alone searches for what the path carries (RFC 8899); all else keeps to the MTU.
    private int Write(Span<byte> searched, Instant now, ITransportObserver observer, out bool isForRtcpStack)
    {
        isForRtcpStack = false;
        if (Dtls is not { } dtls) return 0;
        Span<byte> area = searched[..^_searched];
        int length = dtls.Transmit(area, now);
        if (length > 0 || !dtls.CanSend) return length;
        if (CarriesRtp && (_protector is not null || (Outlets.Count > 0 && OpenSrtp())))
        {
            foreach (RtpOutlet outlet in Outlets) outlet.Drain(Rtp, now);
            length = Rtp.Transmit(area[..^SrtpProtector.MaxRtcpOverhead], now, out bool isRtcp);
            isForRtcpStack = length > 0 && isRtcp && RtcpStack is not null;
            if (isForRtcpStack) return length;
            while (length > 0)
            {
                int total = isRtcp ? _protector!.ProtectRtcp(area, length) : _protector!.ProtectRtp(area, length);
                if (total > 0) return total;
                KeyIsUsedUp(observer);
                length = Rtp.Transmit(area[..^SrtpProtector.MaxRtcpOverhead], now, out isRtcp);      // it is lost; others may go
            }
        }
        if (_endedData is not null)
        {
            length = _endedData.Transmit(dtls.PlaintextArea(searched), now);
            if (length > 0) return dtls.Protect(searched, length);
            _endedData.Dispose();
            _endedData = null;
        }
        if (Data is not null)
        {
            observer.CollectMessages(now);
            length = Data.Transmit(dtls.PlaintextArea(searched), now);
            if (length > 0) return dtls.Protect(searched, length);
        }
        if (!_closing) return 0;
        dtls.Close(now);                                // the inner layers have said all they had to say
        return dtls.Transmit(area, now);
    }

    // RFC 3711 §9.2: there is no way on with this key. The transport fails, which the application sees; data channels go on meanwhile.
    private void KeyIsUsedUp(ITransportObserver observer)
    {
        if (_isKeyUsedUp) return;
        _isKeyUsedUp = true;
        observer.KeyUsedUp(this);
    }

    private void ReceiveDtls(Span<byte> datagram, Instant now)
    {
        if (Dtls is null)
        {
            if (_early.Count < MaxEarlyDatagrams) _early.Enqueue(datagram.ToArray());
            else Dropped++;
            return;
        }
        if (Dtls.State == DtlsState.New) StartDtls(Dtls, now);          // the peer found a path before we did
        while (!datagram.IsEmpty)
        {
            int consumed = Dtls.Receive(datagram, now, out int offset, out int length);
            if (!_isOpen && Dtls.State == DtlsState.Connected) Open(Dtls, now);
            if (length > 0 && Data is not null) Data.Receive(datagram.Slice(offset, length), now);
            datagram = datagram[consumed..];
        }
    }

    // What came too early for the handshake is taken now, so that no flight is lost.
    private void StartDtls(DtlsConnection dtls, Instant now)
    {
        dtls.Start(now);
        while (_early.Count > 0) ReceiveDtls(_early.Dequeue(), now);
    }

    // The handshake has ended: SRTP gets its keys, and SCTP its way. At once, as media may follow in the same batch of datagrams.
    private void Open(DtlsConnection dtls, Instant now)
    {
        _isOpen = true;
        StartData(now);
        Span<byte> early = stackalloc byte[EventLoop.MaxDatagramSize];      // application data that came before its sender was known
        while (dtls.TryReadEarlyData(early, out int earlyLength)) Data?.Receive(early[..earlyLength], now);
    }

    // A connection without media has no use for SRTP: its keys are derived when the first packet comes or goes.
    private bool OpenSrtp()
    {
        if (_protector is not null) return true;
        if (!_isOpen || Dtls is not { SelectedSrtpProfile: { } selected } dtls) return false;
        SrtpProfile profile = (SrtpProfile)(ushort)selected;            // both carry the registry's numbers
        Span<byte> material = stackalloc byte[SrtpKeyingMaterial.Length(profile)];
        dtls.ExportKeyingMaterial(SrtpKeyingMaterial.ExporterLabel, default, useContext: false, material);
        SrtpKeyingMaterial keys = SrtpKeyingMaterial.Split(profile, material);
        _protector = new SrtpProtector(profile, IsClient ? keys.ClientKey : keys.ServerKey, IsClient ? keys.ClientSalt : keys.ServerSalt,
            new SrtpOptions { Cryptex = _cryptex });
        _unprotector = new SrtpUnprotector(profile, IsClient ? keys.ServerKey : keys.ClientKey, IsClient ? keys.ServerSalt : keys.ClientSalt,
            new SrtpOptions { Cryptex = _takesCryptex });
        material.Clear();
        Rtp.RepeatsPackets = !profile.IsAead();         // RFC 7714 §10.1
        return true;
    }

    private void ReceiveMedia(Span<byte> datagram, Instant now, ITransportObserver observer)
    {
        if (!OpenSrtp())
        {
            Dropped++;
            return;
        }
        if (RtcpPacket.IsRtcp(datagram))
        {
            if (TryUnprotectRtcp(datagram, out int compound)) Rtp.ReceiveRtcp(datagram[..compound], now);
            return;
        }
        if (!CarriesRtp)
        {
            Dropped++;
            return;
        }
        if (!_unprotector!.TryUnprotectRtp(datagram, out int length)) return;
        RtpReceiveStream? stream = Rtp.Receive(datagram[..length], now, out RtpPacket packet);
        if (stream is not null) observer.RtpReceived(stream, packet, now);
    }

    // RFC 5764 §4.2: the association of RTCP's own component gives its keys. Chromium protects RTCP with those of RTP's, as it does when
    // both are multiplexed, and understands nothing else: who does so is answered likewise.
    private bool TryUnprotectRtcp(Span<byte> datagram, out int length)
    {
        if (_rtpStack is null) return _unprotector!.TryUnprotectRtcp(datagram, out length);
        Span<byte> copy = stackalloc byte[EventLoop.MaxDatagramSize];
        datagram.CopyTo(copy);                          // what fails leaves nothing behind
        if (_unprotector!.TryUnprotectRtcp(datagram, out length)) return true;
        copy[..datagram.Length].CopyTo(datagram);
        if (!_rtpStack.OpenSrtp() || !_rtpStack._unprotector!.TryUnprotectRtcp(datagram, out length)) return false;
        return _hasKeysOfRtp = true;
    }
}
