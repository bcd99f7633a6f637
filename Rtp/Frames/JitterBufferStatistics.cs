namespace WebRtcStack.Rtp;

/// <summary>What a jitter buffer has done, in the terms of webrtc-stats' RTCInboundRtpStreamStats.</summary>
public readonly record struct JitterBufferStatistics
{
    /// <summary>jitterBufferDelay: over all samples (audio) or frames (video) handed out, the time from their first packet's arrival.</summary>
    public TimeSpan JitterBufferDelay { get; init; }

    /// <summary>jitterBufferTargetDelay: over the same, the target in force.</summary>
    public TimeSpan JitterBufferTargetDelay { get; init; }

    /// <summary>jitterBufferMinimumDelay: over the same, what the network alone asked for.</summary>
    public TimeSpan JitterBufferMinimumDelay { get; init; }

    /// <summary>jitterBufferEmittedCount: samples (audio) or frames (video) handed out.</summary>
    public ulong JitterBufferEmittedCount { get; init; }

    /// <summary>Frames handed out.</summary>
    public ulong FramesEmitted { get; init; }

    /// <summary>Key frames handed out.</summary>
    public ulong KeyFramesEmitted { get; init; }

    /// <summary>framesReceived: frames all of whose packets arrived.</summary>
    public ulong FramesReceived { get; init; }

    /// <summary>framesAssembledFromMultiplePackets.</summary>
    public ulong FramesAssembledFromMultiplePackets { get; init; }

    /// <summary>totalAssemblyTime: over those, from the first to the last packet's arrival.</summary>
    public TimeSpan TotalAssemblyTime { get; init; }

    /// <summary>framesDropped: frames that lacked packets, needed such a frame, or exceeded a limit.</summary>
    public ulong FramesDropped { get; init; }

    /// <summary>packetsDiscarded: packets that came too late, or for which there was no room.</summary>
    public ulong PacketsDiscarded { get; init; }

    /// <summary>Packets that were there already.</summary>
    public ulong PacketsDuplicated { get; init; }

    /// <summary>Packets that were malformed, or of a payload type without format.</summary>
    public ulong PacketsMalformed { get; init; }

    /// <summary>Packets that never came while they could still be used.</summary>
    public ulong PacketsMissed { get; init; }

    /// <summary>Packets recovered from the redundancy of later ones (RFC 2198).</summary>
    public ulong PacketsRecovered { get; init; }

    /// <summary>What two buffers of the same stream have done together.</summary>
    public static JitterBufferStatistics operator +(in JitterBufferStatistics one, in JitterBufferStatistics other) => Add(one, other);

    /// <summary>What two buffers of the same stream have done together.</summary>
    public static JitterBufferStatistics Add(in JitterBufferStatistics one, in JitterBufferStatistics other) => new()
    {
        JitterBufferDelay = one.JitterBufferDelay + other.JitterBufferDelay,
        JitterBufferTargetDelay = one.JitterBufferTargetDelay + other.JitterBufferTargetDelay,
        JitterBufferMinimumDelay = one.JitterBufferMinimumDelay + other.JitterBufferMinimumDelay,
        JitterBufferEmittedCount = one.JitterBufferEmittedCount + other.JitterBufferEmittedCount,
        FramesEmitted = one.FramesEmitted + other.FramesEmitted,
        KeyFramesEmitted = one.KeyFramesEmitted + other.KeyFramesEmitted,
        FramesReceived = one.FramesReceived + other.FramesReceived,
        FramesAssembledFromMultiplePackets = one.FramesAssembledFromMultiplePackets + other.FramesAssembledFromMultiplePackets,
        TotalAssemblyTime = one.TotalAssemblyTime + other.TotalAssemblyTime,
        FramesDropped = one.FramesDropped + other.FramesDropped,
        PacketsDiscarded = one.PacketsDiscarded + other.PacketsDiscarded,
        PacketsDuplicated = one.PacketsDuplicated + other.PacketsDuplicated,
        PacketsMalformed = one.PacketsMalformed + other.PacketsMalformed,
        PacketsMissed = one.PacketsMissed + other.PacketsMissed,
        PacketsRecovered = one.PacketsRecovered + other.PacketsRecovered,
    };
}

/// <summary>What became of a packet.</summary>
public enum JitterBufferInsertResult
{
    /// <summary>It waits.</summary>
    Inserted,

    /// <summary>It was there already.</summary>
    Duplicate,

    /// <summary>What it belongs to has been handed out or given up.</summary>
    Late,

    /// <summary>Its number lies far from the others'; if the next follows it, the stream starts anew there.</summary>
    Stray,

    /// <summary>Its payload is malformed, or its payload type has no format.</summary>
    Malformed,
}

/// <summary>What a jitter buffer tells its owner.</summary>
public enum JitterBufferEvent
{
    /// <summary>Nothing can be decoded until a key frame comes: ask for one.</summary>
    KeyFrameNeeded,

    /// <summary>The sequence numbers start anew.</summary>
    StreamRestarted,
}
