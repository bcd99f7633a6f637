namespace WebRtcStack.Sctp;

/// <summary>A snapshot of an association's counters.</summary>
public readonly record struct SctpStatistics
{
    /// <summary>Packets sent.</summary>
    public long PacketsSent { get; init; }

    /// <summary>Packets received, the dropped ones included.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Bytes of packets sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of packets received, the dropped ones included.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Messages queued for sending.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Messages that arrived completely.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>DATA chunks sent again.</summary>
    public long Retransmissions { get; init; }

    /// <summary>Expiries of the retransmission timer T3.</summary>
    public long Timeouts { get; init; }

    /// <summary>Reductions of the congestion window that were taken back, because what seemed lost had arrived.</summary>
    public long UndoneReductions { get; init; }

    /// <summary>Messages given up under partial reliability.</summary>
    public long MessagesAbandoned { get; init; }

    /// <summary>The smoothed round-trip time, zero until measured.</summary>
    public TimeSpan SmoothedRoundTripTime { get; init; }

    /// <summary>The congestion window in bytes.</summary>
    public long CongestionWindow { get; init; }

    /// <summary>What the peer can still take, in bytes.</summary>
    public long PeerReceiveWindow { get; init; }

    /// <summary>What we can still take, in bytes.</summary>
    public long ReceiveWindow { get; init; }

    /// <summary>Bytes in flight.</summary>
    public long BytesInFlight { get; init; }

    /// <summary>The largest packet we send, in bytes.</summary>
    public int Mtu { get; init; }
}
