using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Where the search for the path's MTU stands (RFC 8899 §5.2).</summary>
internal enum PathMtuState
{
    /// <summary>There is nothing to search for.</summary>
    Disabled,

    /// <summary>Whether the base size passes is being asked.</summary>
    Base,

    /// <summary>Larger sizes are tried.</summary>
    Searching,

    /// <summary>The largest that passes is known; it is tried again after a while whether more passes.</summary>
    SearchComplete,
}

/// <summary>Finds out by probes how large a packet the path carries (RFC 8899): HEARTBEAT with PAD (RFC 4820) of the size in question.</summary>
/// <remarks>
/// The probed path must not fragment, or every size passes. Deviation, RFC 8899 §5.2: there is no state Error. Below the base
/// size nothing is tried, since the base is chosen to pass everywhere, and chunks on their way could not be cut again.
/// </remarks>
internal sealed class PathMtuDiscovery(AssociationContext context)
{
    private const int MaxProbes = 3;                                  // MAX_PROBES, §5.1.2
    private const int Precision = 8;                                  // bytes within which the search is content
    private const int LossesOfABlackHole = 8;                         // chunks in large packets, none of which arrived in between
    private const int TimeoutsOfABlackHole = 2;
    private const int InfoLength = 16;
    private const int ProbeOverhead = PacketHeader.Length + Chunk.HeaderLength + Parameter.HeaderLength + InfoLength + Chunk.HeaderLength;
    private static readonly TimeSpan s_raise = TimeSpan.FromSeconds(600);               // PMTU_RAISE_TIMER, §5.1.1
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromSeconds(1);          // PROBE_TIMER, §5.1.1

    private int _tooLarge;                                            // the least size known not to pass
    private int _probed;                                              // PROBED_SIZE
    private int _timeouts;                                            // in a row, when last told of
    private int _probes;                                              // PROBE_COUNT
    private ulong _nonce;
    private bool _isAwaited;
    private Instant _timer = Instant.Never;

    public PathMtuState State { get; private set; } = PathMtuState.Disabled;

    public bool IsOwed { get; private set; }

    public Instant NextTimeout => IsOwed ? Instant.Never : _timer;

    private int Base => context.BaseMtu;

    private int Most => context.Options.MaxMtu & ~3;

    /// <summary>The association is up; the search leaves it a second for what is more urgent.</summary>
    public void Start(Instant now)
    {
        Stop();
        if (Most > Base) (State, _timer) = (PathMtuState.Base, now + s_shortestWait);
    }

    /// <summary>The base size changed, or large packets vanish: starts from there.</summary>
    public void Restart()
    {
        if (State != PathMtuState.Disabled) Enter(PathMtuState.Base, Base);
    }

    public void Stop() => (State, IsOwed, _isAwaited, _timer) = (PathMtuState.Disabled, false, false, Instant.Never);

    public void AdvanceTo(Instant now)
    {
        if (now < _timer) return;
        _timer = Instant.Never;
        if (!_isAwaited)                                              // §5.2: PMTU_RAISE_TIMER, or the base was in doubt
        {
            Enter(State == PathMtuState.SearchComplete ? PathMtuState.Searching : PathMtuState.Base, State == PathMtuState.SearchComplete ? Most : Base);
        }
        else if (_probes < MaxProbes) IsOwed = true;
        else Fail(now);
    }

    /// <summary>Tells of large packets lost in a row and of timeouts in a row (§4.4): too many of either, and large packets vanish.</summary>
    /// <returns>Whether the size went back to the base.</returns>
    public bool Observe(int largeLosses, int timeouts)
    {
        bool isTimeout = timeouts > _timeouts && timeouts >= TimeoutsOfABlackHole;
        _timeouts = timeouts;
        if (context.Mtu <= Base || (largeLosses < LossesOfABlackHole && !isTimeout)) return false;
        SetMtu(Base);
        Restart();
        return true;
    }

    /// <summary>Writes the probe into an empty packet, which it fills to its size.</summary>
    public void Write(ref WireWriter writer, Instant now)
    {
        Debug.Assert(writer.Length == PacketHeader.Length, "a probe has its packet for itself");
        IsOwed = false;
        _isAwaited = true;
        _probes++;
        _nonce = context.Random.NextUInt64();
        Span<byte> info = stackalloc byte[InfoLength];
        BinaryPrimitives.WriteUInt64BigEndian(info, _nonce);
        BinaryPrimitives.WriteUInt64BigEndian(info[8..], (ulong)_probed);
        int start = Chunk.Begin(ref writer, ChunkType.Heartbeat);
        Parameter.Write(ref writer, (ushort)ParameterType.HeartbeatInfo, info);
        Chunk.End(ref writer, start);
        start = Chunk.Begin(ref writer, ChunkType.Pad);
        writer.WriteZeros(_probed - ProbeOverhead);
        Chunk.End(ref writer, start);
        TimeSpan wait = context.Rto.Rto;
        _timer = now + (wait < s_shortestWait ? s_shortestWait : wait);
    }

    /// <summary>The size of the packet that <see cref="Write"/> fills.</summary>
    public int ProbeSize => _probed;

    /// <summary>Takes a HEARTBEAT ACK where it is the answer to a probe.</summary>
    public bool TryReceiveAck(in Chunk chunk, Instant now)
    {
        WireReader reader = new(chunk.Value);
        if (!_isAwaited || !Parameter.TryRead(ref reader, out Parameter parameter) || parameter.Value.Length != InfoLength ||
            BinaryPrimitives.ReadUInt64BigEndian(parameter.Value) != _nonce) return false;
        context.Errors = 0;                                           // RFC 9260 §8.3: the peer lives
        if (_probed > context.Mtu) SetMtu(_probed);
        if (State == PathMtuState.Base) _tooLarge = Most + Precision;
        Next(now);
        return true;
    }

    private void Fail(Instant now)
    {
        if (State == PathMtuState.Base)                               // nothing said so far that the path works at all
        {
            (_isAwaited, _timer) = (false, now + s_raise);
            return;
        }
        _tooLarge = _probed;
        Next(now);
    }

    // The largest first, since most paths carry it; then halving what is in doubt (§5.3.2).
    private void Next(Instant now)
    {
        if (_tooLarge - context.Mtu <= Precision)
        {
            (State, _isAwaited, _timer) = (PathMtuState.SearchComplete, false, now + s_raise);
            return;
        }
        Enter(PathMtuState.Searching, _tooLarge > Most ? Most : (context.Mtu + _tooLarge) / 2 & ~3);
    }

    private void Enter(PathMtuState state, int size)
    {
        if (size == Most) _tooLarge = Most + Precision;
        (State, _probed, _probes, IsOwed, _isAwaited, _timer) = (state, size, 0, true, false, Instant.Never);
    }

    private void SetMtu(int size)
    {
        context.Mtu = size;
        context.Raise(new SctpEvent(SctpEventKind.MtuChanged));
    }
}
