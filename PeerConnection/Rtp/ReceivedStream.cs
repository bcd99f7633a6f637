using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>One of a receiver's sources.</summary>
internal sealed class ReceivedStream(RtpReceiveStream source)
{
    private DependencyDescriptorReader? _reader;
    private DependencyDescriptor? _dependencies;
    private JitterBufferStatistics _past;

    public RtpReceiveStream Source => source;

    /// <summary>With simulcast, the encoding it carries.</summary>
    public string? Rid { get; set; }

    /// <summary>Where its frames are put together, while somebody reads them.</summary>
    public JitterBuffer? Frames { get; set; }

    /// <summary>Takes redundant audio apart; null where none was negotiated.</summary>
    public RedReceiver? Redundancy { get; set; }

    /// <summary>What its jitter buffers have done; null when there has been none.</summary>
    public JitterBufferStatistics? Buffered => Frames is not null ? _past + Frames.Statistics : _past != default ? _past : null;

    /// <summary>Reads what a packet says of its frame's dependencies; null when it says nothing that can be read.</summary>
    public DependencyDescriptor? ReadDependencies(in RtpPacket packet, byte id)
    {
        if (!packet.TryGetExtension(id, out ReadOnlySpan<byte> value)) return null;
        _reader ??= new DependencyDescriptorReader();
        _dependencies ??= new DependencyDescriptor();
        return _reader.TryRead(value, _dependencies) ? _dependencies : null;
    }

    public void StopFrames()
    {
        if (Frames is null) return;
        _past += Frames.Statistics;
        Frames.Dispose();
        Frames = null;
    }
}
