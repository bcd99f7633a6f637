using System.Threading;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The states of a channel, as the W3C API names them.</summary>
public enum DataChannelState
{
    /// <summary>The association is not up yet.</summary>
    Connecting,

    /// <summary>Messages can be sent.</summary>
    Open,

    /// <summary>One side has closed it; what was queued is still sent.</summary>
    Closing,

    /// <summary>It is over.</summary>
    Closed,
}

/// <summary>One data channel: its parameters, state and counters. <see cref="DataChannelTransport"/> acts on it.</summary>
public sealed class DataChannel
{
    private OutgoingStream? _stream;
    private long _lowThreshold;
    private long _unsent;                                             // webrtc-pc §6.2: the amount is not reset by closing

    internal DataChannel(in DataChannelParameters parameters, bool isRemote)
    {
        (Label, Protocol, Ordered) = (parameters.Label, parameters.Protocol, parameters.Ordered);
        (MaxPacketLifeTime, MaxRetransmits) = (parameters.MaxPacketLifeTime, parameters.MaxRetransmits);
        (Negotiated, Priority, IsRemote) = (parameters.Negotiated, parameters.Priority, isRemote);
        Id = parameters.Id;
    }

    /// <summary>The stream it uses; null while no id has been given.</summary>
    public ushort? Id { get; internal set; }

    /// <summary>The name its creator gave it.</summary>
    public string Label { get; }

    /// <summary>The subprotocol its creator named.</summary>
    public string Protocol { get; }

    /// <summary>Whether messages arrive in order.</summary>
    public bool Ordered { get; }

    /// <summary>Milliseconds after which a message is given up, or null.</summary>
    public int? MaxPacketLifeTime { get; }

    /// <summary>How often a message is sent again before it is given up, or null.</summary>
    public int? MaxRetransmits { get; }

    /// <summary>Whether both applications created it, without DCEP.</summary>
    public bool Negotiated { get; }

    /// <summary>Its share of the path relative to others (RFC 8831 §6.4).</summary>
    public ushort Priority { get; }

    /// <summary>Whether the peer opened it.</summary>
    public bool IsRemote { get; }

    /// <summary>Its state.</summary>
    public DataChannelState State { get; internal set; }

    /// <summary>Bytes of messages that wait to be sent for the first time; once the channel is closed, those that were never sent. Any thread may read it.</summary>
    public long BufferedAmount => Volatile.Read(ref _stream)?.Buffered ?? Volatile.Read(ref _unsent);

    /// <summary>On falling to this, <see cref="DataChannelEventKind.BufferedAmountLow"/> is raised. Default 0; in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long BufferedAmountLowThreshold
    {
        get => _lowThreshold;
        set
        {
            _lowThreshold = Require.InRange(value, 0, long.MaxValue);
            if (_stream is not null && State != DataChannelState.Closed) _stream.LowThreshold = value;
        }
    }

    /// <summary>Messages given to <see cref="DataChannelTransport.Send(DataChannel, MessageLease, bool, Instant)"/>.</summary>
    public long MessagesSent { get; internal set; }

    /// <summary>Bytes of those messages.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>Messages read from it.</summary>
    public long MessagesReceived { get; internal set; }

    /// <summary>Bytes of those messages.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>The peer knows the channel, so that messages need not keep behind DATA_CHANNEL_OPEN (RFC 8832 §6).</summary>
    internal bool IsAcknowledged { get; set; }

    internal bool OutgoingIsReset { get; set; }

    internal bool IncomingIsReset { get; set; }

    /// <summary>Where the incoming stream is reset: messages of the channel that were not read yet. What comes behind them is for the stream's next channel.</summary>
    internal int UnreadAtReset { get; set; }

    /// <summary>DATA_CHANNEL_OPEN of the stream's next channel, which came before this one was over here.</summary>
    internal MessageLease NextOpen { get; set; }

    /// <summary>The peer has closed that next channel as well.</summary>
    internal bool NextIsReset { get; set; }

    /// <summary>The beginning of a message that comes in the parts of the deprecated PPIDs (RFC 8831 §6.6).</summary>
    internal MessageLease Partial { get; set; }

    /// <summary>Joins the channel to its stream, which belonged to another channel before or to none.</summary>
    internal void Attach(OutgoingStream stream)
    {
        stream.LowThreshold = _lowThreshold;
        stream.Weight = Priority;
        Volatile.Write(ref _stream, stream);
    }

    /// <summary>Separates the channel from its stream, which may go on to another channel.</summary>
    internal void Detach()
    {
        Partial.Dispose();
        NextOpen.Dispose();
        Partial = NextOpen = default;
        if (_stream is { } stream) Volatile.Write(ref _unsent, stream.Buffered);
        Volatile.Write(ref _stream, null);
    }
}
