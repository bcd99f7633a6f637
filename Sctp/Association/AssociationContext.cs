using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What the collaborators of one association share: settings, state, tags, round-trip time, and where they report.</summary>
internal sealed class AssociationContext(SctpOptions options, RandomSource random)
{
    // Events that the peer can cause at will are bounded by this; StreamReset defers its answer beyond it.
    private const int EventBacklog = 4096;

    private readonly Queue<SctpEvent> _events = new();

    public SctpOptions Options { get; } = options;

    public RandomSource Random { get; } = random;

    public SctpDropCounters Drops { get; } = new();

    public RtoEstimator Rto { get; } = new(options);

    public SctpAssociationState State { get; private set; } = SctpAssociationState.Closed;

    /// <summary>Whether the association has ended: it does not start again.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The verification tag of packets to us; 0 until we have one.</summary>
    public uint LocalTag { get; set; }

    public PeerParameters Peer { get; set; }

    public ushort RemotePort { get; set; } = (ushort)options.RemotePort;

    /// <summary>The largest message the peer takes.</summary>
    public int PeerMaxMessageSize { get; set; } = options.PeerMaxMessageSize;

    /// <summary>The largest packet we send.</summary>
    public int Mtu { get; set; } = options.Mtu;

    /// <summary>The packet that is taken to pass everywhere: no chunk is larger, since a chunk that was sent cannot be cut again.</summary>
    public int BaseMtu { get; set; } = options.Mtu;

    /// <summary>Timeouts since the peer last showed signs of life (RFC 9260 §8.1).</summary>
    public int Errors { get; set; }

    /// <summary>Whether both sides do without checksum (RFC 9653).</summary>
    public bool OmitsChecksum => Options.ZeroChecksum && Peer.ZeroChecksum;

    /// <summary>Whether messages go as I-DATA both ways (RFC 8260 §2.2.1).</summary>
    public bool Interleaves => Options.Interleaving && Peer.Interleaving;

    /// <summary>Whether the peer can be told to skip what was given up (RFC 3758 §3.3, RFC 8260 §2.3.1).</summary>
    public bool CanSkip => Interleaves ? Peer.InterleavedForwardTsn : Peer.ForwardTsn;

    /// <summary>Streams in the peer's direction; 0 until known.</summary>
    public int InboundStreams => Math.Min(Options.Streams, (int)Peer.OutboundStreams);

    public bool EventsAreBackedUp => _events.Count >= EventBacklog;

    /// <summary>Whether DATA may be sent: established, or shutting down with data left (RFC 9260 §6).</summary>
    public bool MaySendData => State is SctpAssociationState.Established or SctpAssociationState.ShutdownPending
        or SctpAssociationState.ShutdownReceived;

    /// <summary>Whether DATA is taken in (RFC 9260 §6).</summary>
    public bool MayReceiveData => State is SctpAssociationState.Established or SctpAssociationState.ShutdownPending
        or SctpAssociationState.ShutdownSent;

    public void Raise(in SctpEvent e) => _events.Enqueue(e);

    public bool TryPeekEvent(out SctpEvent e)
    {
        e = _events.Count > 0 ? _events.Peek() : default;
        return _events.Count > 0;
    }

    public bool TryReadEvent(out SctpEvent e)
    {
        e = default;
        if (_events.Count == 0) return false;
        e = _events.Dequeue();
        return true;
    }

    /// <summary>The only place the state changes.</summary>
    public void Enter(SctpAssociationState next) => State = next;

    /// <summary>Ends the association for good, with its last event.</summary>
    public void End(in SctpEvent last)
    {
        if (IsOver) return;
        IsOver = true;
        Enter(SctpAssociationState.Closed);
        Raise(last);
    }

    /// <summary>A verification tag, which is never 0 (RFC 9260 §5.3.1).</summary>
    public uint NewTag()
    {
        uint tag;
        do tag = Random.NextUInt32(); while (tag == 0);
        return tag;
    }
}
