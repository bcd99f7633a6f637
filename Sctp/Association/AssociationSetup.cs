using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What a step of the handshake led to.</summary>
internal enum SetupOutcome
{
    Nothing,

    /// <summary>The parameters of the association are known, or have changed: the transfer starts from them.</summary>
    Established,

    /// <summary>The peer began anew: all that was under way is lost.</summary>
    Restarted,

    /// <summary>The peer began anew while the end of the association waits for its SHUTDOWN COMPLETE.</summary>
    TooLate,
}

/// <summary>The handshake of four and its collisions (RFC 9260 §5).</summary>
internal sealed class AssociationSetup(AssociationContext context, ReplySlot reply, ControlOutbox outbox)
{
    private const int MaxReport = 256;                                // of unknown parameters in an INIT ACK, in bytes
    private static readonly TimeSpan s_cookieLife = TimeSpan.FromSeconds(60);       // §16: Valid.Cookie.Life
    private static readonly TimeSpan s_mostIncrement = TimeSpan.FromSeconds(60);    // what a peer may add to it: no more, against replays (§5.2.6)
    private static readonly TimeSpan s_increment = TimeSpan.FromSeconds(1);         // §5.2.6: what we ask for beyond the round trip
    private byte[] _key = [];
    private byte[] _cookie = [];                                      // the peer's, to be echoed
    private byte[] _report = [];                                      // what its INIT ACK had that we do not know
    private int _staleCookies;
    private uint _cookieLifeIncrement;                                // ms to ask for, once a cookie was stale
    private Instant _echoedAt;
    private Instant _t1 = Instant.Never;
    private TimeSpan _rto;
    private int _retransmits;
    private bool _owesStep;                                           // INIT or COOKIE ECHO, as the state says

    public uint LocalInitialTsn { get; private set; }

    public bool OwesCookieAck { get; private set; }

    public Instant NextTimeout => _t1;

    /// <summary>Whether a packet of the handshake is to be sent that goes alone.</summary>
    public bool OwesPacket => _owesStep;

    /// <summary>Starts the handshake (§5.1 A).</summary>
    public void Associate()
    {
        ChooseTag();
        Step(SctpAssociationState.CookieWait);
        _retransmits = 0;
        _rto = context.Options.RtoInitial;
    }

    /// <summary>INIT, in any state (§5.1 B, §5.2.1, §5.2.2).</summary>
    public void ReceiveInit(in Chunk chunk, uint receiveWindow, Instant now)
    {
        if (!InitChunk.TryParse(chunk, out InitChunk init))
        {
            context.Drops.Count(SctpDropReason.Malformed);
            return;
        }
        PeerParameters peer = init.Peer;
        if (peer.Tag == 0)
        {
            context.Drops.Count(SctpDropReason.Malformed);            // §3.3.2: silently
            return;
        }
        if (!init.IsAcceptable)
        {
            reply.Abort(peer.Tag, reflected: false, ErrorCause.InvalidMandatoryParameter);
            return;
        }
        if (!init.HostName.IsEmpty)
        {
            reply.Abort(peer.Tag, reflected: false, ErrorCause.UnresolvableAddress, init.HostName);          // §5.1.2 B
            return;
        }
        bool isCollision = context.State is SctpAssociationState.CookieWait or SctpAssociationState.CookieEchoed;
        bool exists = context.State != SctpAssociationState.Closed;
        StateCookie cookie = new()
        {
            Created = now + Shorter(TimeSpan.FromMilliseconds(init.CookieLifeIncrement), s_mostIncrement),
            LocalTag = isCollision ? context.LocalTag : context.NewTag(),                   // §5.2.1: the same as in our INIT
            LocalInitialTsn = isCollision ? LocalInitialTsn : context.Random.NextUInt32(),
            Peer = peer,
            LocalTieTag = exists && context.State != SctpAssociationState.CookieWait ? context.LocalTag : 0,
            PeerTieTag = exists && context.State != SctpAssociationState.CookieWait ? context.Peer.Tag : 0,
        };
        Span<byte> bytes = stackalloc byte[StateCookie.Length];
        cookie.Write(bytes, Key());
        WireWriter writer = reply.Begin(peer.Tag);
        InitChunk.Write(ref writer, Self(cookie.LocalTag, cookie.LocalInitialTsn, receiveWindow), bytes, init.Parameters);
        reply.Complete(writer);
    }

    /// <summary>INIT ACK: only COOKIE-WAIT waits for one (§5.1 C, §5.2.3).</summary>
    /// <returns>False when it makes the association impossible.</returns>
    public bool ReceiveInitAck(in Chunk chunk)
    {
        if (context.State != SctpAssociationState.CookieWait || !InitChunk.TryParse(chunk, out InitChunk ack))
        {
            context.Drops.Count(SctpDropReason.UnexpectedChunk);
            return true;
        }
        if (ack.Peer.Tag == 0)                                        // §3.3.3: there is no tag but our own
        {
            reply.Abort(context.LocalTag, reflected: true);
            return false;
        }
        if (!ack.IsAcceptable)
        {
            reply.Abort(ack.Peer.Tag, reflected: false, ErrorCause.InvalidMandatoryParameter);
            return false;
        }
        if (ack.Cookie.IsEmpty)
        {
            reply.Abort(
                ack.Peer.Tag, reflected: false, ErrorCause.MissingMandatoryParameter, [0, 0, 0, 1, 0, (byte)ParameterType.StateCookie]);
            return false;
        }
        if (!ack.HostName.IsEmpty)
        {
            reply.Abort(ack.Peer.Tag, reflected: false, ErrorCause.UnresolvableAddress, ack.HostName);       // §5.1.2 B
            return false;
        }
        if (Chunk.PaddedSize(ack.Cookie.Length) > context.Mtu - PacketHeader.Length)
        {
            context.Drops.Count(SctpDropReason.NoRoomForAnswer);      // no packet of ours could carry it back
            return true;
        }
        context.Peer = ack.Peer;
        _cookie = ack.Cookie.ToArray();                               // outlives the packet
        WireWriter report = new(stackalloc byte[MaxReport]);
        InitChunk.CopyUnrecognized(ref report, ack.Parameters);
        _report = report.Written.ToArray();
        _retransmits = 0;
        _rto = context.Options.RtoInitial;
        Step(SctpAssociationState.CookieEchoed);
        return true;
    }

    /// <summary>COOKIE ECHO, in any state (§5.1 D, §5.2.4).</summary>
    public SetupOutcome ReceiveCookieEcho(uint verificationTag, in Chunk chunk, Instant now)
    {
        if (_key.Length == 0 || !StateCookie.TryRead(chunk.Value, _key, out StateCookie cookie) || verificationTag != cookie.LocalTag)
        {
            context.Drops.Count(SctpDropReason.ForgedCookie);
            return SetupOutcome.Nothing;
        }
        bool sameLocal = cookie.LocalTag == context.LocalTag, samePeer = cookie.Peer.Tag == context.Peer.Tag;
        bool exists = context.State != SctpAssociationState.Closed;
        if (now - cookie.Created > s_cookieLife && !(exists && sameLocal && samePeer))      // §5.2.4, 3
        {
            context.Drops.Count(SctpDropReason.StaleCookie);
            WireWriter writer = reply.Begin(cookie.Peer.Tag);
            int start = Chunk.Begin(ref writer, ChunkType.Error);
            Span<byte> staleness = stackalloc byte[4];                // §3.3.10.3: in microseconds
            TimeSpan late = now - cookie.Created - s_cookieLife;
            BinaryPrimitives.WriteUInt32BigEndian(staleness, (uint)Math.Min(late.Ticks / (TimeSpan.TicksPerMillisecond / 1000), uint.MaxValue));
            Parameter.Write(ref writer, (ushort)ErrorCause.StaleCookie, staleness);
            Chunk.End(ref writer, start);
            reply.Complete(writer);
            return SetupOutcome.Nothing;
        }
        if (!exists) return Adopt(cookie, SetupOutcome.Established);
        bool inSetup = context.State is SctpAssociationState.CookieWait or SctpAssociationState.CookieEchoed;
        if (sameLocal && samePeer)                                    // §5.2.4 D
        {
            if (inSetup) return Adopt(cookie, SetupOutcome.Established);
            OwesCookieAck = true;                                     // ours was lost
            return SetupOutcome.Nothing;
        }
        if (sameLocal && inSetup) return Adopt(cookie, SetupOutcome.Established);           // B: both began at once
        if (sameLocal)                                                // B: the peer picked another tag meanwhile
        {
            context.Peer = context.Peer with { Tag = cookie.Peer.Tag };
            OwesCookieAck = true;
            return SetupOutcome.Nothing;
        }
        if (!sameLocal && !samePeer && !inSetup && cookie.LocalTieTag == context.LocalTag && cookie.PeerTieTag == context.Peer.Tag)
        {
            if (context.State == SctpAssociationState.ShutdownAckSent) return SetupOutcome.TooLate;        // A: the end goes first
            return Adopt(cookie, SetupOutcome.Restarted);             // A: the peer restarted
        }
        context.Drops.Count(SctpDropReason.UnexpectedChunk);          // C, and what the table does not name
        return SetupOutcome.Nothing;
    }

    /// <summary>COOKIE ACK (§5.1 E, §5.2.5).</summary>
    public SetupOutcome ReceiveCookieAck()
    {
        if (context.State != SctpAssociationState.CookieEchoed)
        {
            context.Drops.Count(SctpDropReason.UnexpectedChunk);
            return SetupOutcome.Nothing;
        }
        Finish();
        return SetupOutcome.Established;
    }

    /// <summary>The peer found our echo of its cookie stale: ask for a new one, that lives longer (§5.2.6, 3).</summary>
    /// <returns>False when that has been so too often.</returns>
    public bool ReceiveStaleCookie(Instant now)
    {
        if (context.State != SctpAssociationState.CookieEchoed) return true;
        if (++_staleCookies > context.Options.MaxInitRetransmits) return false;
        _cookieLifeIncrement = (uint)Shorter(now - _echoedAt + s_increment, s_mostIncrement).TotalMilliseconds;
        Step(SctpAssociationState.CookieWait);
        return true;
    }

    /// <summary>T1 (§5.1, §4 notes 2 and 3).</summary>
    /// <returns>False when the handshake has failed.</returns>
    public bool AdvanceTo(Instant now)
    {
        if (now < _t1) return true;
        _t1 = Instant.Never;
        if (++_retransmits > context.Options.MaxInitRetransmits) return false;
        _rto = RtoEstimator.Double(_rto, context.Options);
        _owesStep = true;
        return true;
    }

    /// <summary>Writes INIT or COOKIE ECHO as a packet of its own.</summary>
    public void WritePacket(ref WireWriter writer, uint receiveWindow, Instant now)
    {
        bool isInit = context.State == SctpAssociationState.CookieWait;
        PacketHeader.Write(
            ref writer, (ushort)context.Options.LocalPort, context.RemotePort, isInit ? 0 : context.Peer.Tag);
        if (isInit)
        {
            InitChunk.Write(ref writer, Self(context.LocalTag, LocalInitialTsn, receiveWindow), default, default, _cookieLifeIncrement);
        }
        else
        {
            WriteCookieEcho(ref writer);
            _echoedAt = now;
        }
        _owesStep = false;
        _t1 = now + _rto;
    }

    /// <summary>Writes our INIT for the peer to have it by signalling (draft-hancke-tsvwg-snap §5.2); the state stays as it is (§6).</summary>
    public void WriteInit(ref WireWriter writer, uint receiveWindow)
    {
        ChooseTag();
        InitChunk.Write(ref writer, Self(context.LocalTag, LocalInitialTsn, receiveWindow), default, default);
    }

    /// <summary>Takes the INITs that both sides signalled: they are all of the handshake (draft-hancke-tsvwg-snap §6).</summary>
    public void Adopt(in InitChunk local, in InitChunk peer)
    {
        context.LocalTag = local.Peer.Tag;
        LocalInitialTsn = local.Peer.InitialTsn;
        context.Peer = peer.Peer;
        Finish();
    }

    public void WriteCookieAck(ref WireWriter writer)
    {
        Chunk.Write(ref writer, ChunkType.CookieAck, ChunkFlags.None, default);
        OwesCookieAck = false;
    }

    /// <summary>The association is over: nothing is owed any more, and the key goes.</summary>
    public void Stop()
    {
        (_owesStep, OwesCookieAck, _t1) = (false, false, Instant.Never);
        Array.Clear(_key, 0, _key.Length);
        _key = [];
    }

    private void ChooseTag()
    {
        context.LocalTag = context.NewTag();
        LocalInitialTsn = context.Random.NextUInt32();
    }

    private void WriteCookieEcho(ref WireWriter writer)
    {
        Chunk.Write(ref writer, ChunkType.CookieEcho, ChunkFlags.None, _cookie);
        if (_report.Length == 0 || writer.Free < Chunk.HeaderLength + Parameter.HeaderLength + _report.Length) return;
        int start = Chunk.Begin(ref writer, ChunkType.Error);         // §3.2.2: it goes along with the COOKIE ECHO
        Parameter.Write(ref writer, (ushort)ErrorCause.UnrecognizedParameters, _report);
        Chunk.End(ref writer, start);
    }

    private SetupOutcome Adopt(in StateCookie cookie, SetupOutcome outcome)
    {
        context.LocalTag = cookie.LocalTag;
        context.Peer = cookie.Peer;
        LocalInitialTsn = cookie.LocalInitialTsn;
        outbox.Clear();
        Finish();
        OwesCookieAck = true;
        return outcome;
    }

    private void Finish()
    {
        (_t1, _owesStep, _cookie, _report) = (Instant.Never, false, [], []);
        context.Enter(SctpAssociationState.Established);
    }

    private void Step(SctpAssociationState state)
    {
        context.Enter(state);
        _owesStep = true;
        _t1 = Instant.Never;
    }

    private PeerParameters Self(uint tag, uint initialTsn, uint receiveWindow) => new()
    {
        Tag = tag, InitialTsn = initialTsn, ReceiveWindow = receiveWindow,
        OutboundStreams = (ushort)context.Options.Streams, InboundStreams = (ushort)context.Options.Streams,
        ForwardTsn = true, Reconfig = true, ZeroChecksum = context.Options.ZeroChecksum, Interleaving = context.Options.Interleaving,
    };

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private byte[] Key()
    {
        if (_key.Length == 0) context.Random.Fill(_key = new byte[32]);
        return _key;
    }
}
