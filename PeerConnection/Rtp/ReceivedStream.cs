using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>One of a receiver's sources.</summary>
internal sealed class ReceivedStream(RtpReceiveStream source)
{
    private DependencyDescriptorReader? _reader;
    private DependencyDescriptor? _dependencies;
    private JitterBufferStatistics _before;
    private bool _hasStopped;

    public RtpReceiveStream Source => source;

    /// <summary>With simulcast, the encoding it carries.</summary>
    public string? Rid { get; set; }

    /// <summary>Where its frames are put together, while somebody reads them.</summary>
    public JitterBuffer? Frames { get; set; }

    /// <summary>Takes redundant audio apart; null where none was negotiated.</summary>
    public RedReceiver? Redundancy { get; set; }

    /// <summary>What its frames tell of themselves.</summary>
    public MediaMeter Meter { get; } = new();

    /// <summary>What putting frames together has come to, in all its buffers; null before there was one.</summary>
    public JitterBufferStatistics? Statistics => Frames is { } frames ? _before + frames.Statistics : _hasStopped ? _before : null;

    public void Note(in EncodedFrame frame, SdpCodec? codec)
    {
        if (codec is not null) Meter.Note(codec, frame.Timestamp, frame.AudioLevel, frame.SpatialId == 0 ? frame.Payload.Span : default);
    }

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
        (_before, _hasStopped) = (_before + Frames.Statistics, true);
        Frames.Dispose();
        Frames = null;
    }
}
