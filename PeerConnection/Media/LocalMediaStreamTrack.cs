using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>A track that the application writes encoded frames or RTP packets to; every sender that has it, or a clone of it, sends them.</summary>
/// <remarks>
/// From any thread. Nothing waits: while a sender is not connected, has another track, or has
/// <see cref="WebRtcOptions.MaxQueuedRtpPackets"/> packets waiting for its loop, what is written is dropped for it, and said so by the
/// result. What a sender queues is at most that number of packets of <see cref="WebRtcOptions.Mtu"/> bytes.
/// </remarks>
public sealed class LocalMediaStreamTrack : MediaStreamTrack
{
    private readonly LocalTrackSource _source;

    /// <summary>Creates a track.</summary>
    /// <param name="kind">Audio or video.</param>
    /// <param name="label">A name for people.</param>
    public LocalMediaStreamTrack(MediaKind kind, string label = "") : this(kind, label, new LocalTrackSource()) { }

    private LocalMediaStreamTrack(MediaKind kind, string label, LocalTrackSource source) : base(kind, Guid.NewGuid().ToString(), label, muted: false)
    {
        _source = source;
        source.Add(this);
    }

    /// <summary>A key frame is needed (PLI or FIR of a receiver, an encoding that is sent again); give one soon. Each of the source's tracks raises it.</summary>
    public event EventHandler<KeyFrameRequestEvent>? OnKeyFrameRequested;

    /// <summary>What the application says of its media; what it leaves out, <see cref="MediaStreamTrack.GetSettings"/> takes from the frames that are written.</summary>
    public MediaTrackSettings Settings { get; set => field = Require.NotNull(value); } = new();

    /// <summary>What the application can make of its media; constraints are checked against it. Default: nothing is known, and so nothing can be required.</summary>
    public MediaTrackCapabilities Capabilities { get; set => field = Require.NotNull(value); } = new();

    /// <summary>Sends one RTP packet. The packet is copied.</summary>
    /// <param name="packet">Its fields. The senders put in their own source, and shift sequence number and timestamp by a constant.</param>
    /// <param name="payload">Its payload, at most <see cref="WebRtcOptions.Mtu"/> less 44 bytes for the headers and SRTP, 1188 by default, so that it fits the path; larger ones are dropped.</param>
    /// <returns>Whether a sender has taken it.</returns>
    /// <remarks>Keep to frames or to packets: a stream of both is one with gaps to those that receive it.</remarks>
    public bool WriteRtp(in RtpPacketFields packet, ReadOnlySpan<byte> payload)
    {
        bool taken = false;
        foreach (LocalMediaStreamTrack track in _source.Tracks)
        {
            if (!track.IsPassing) continue;
            foreach (RTCRtpSender sender in track.Senders) taken |= sender.Send(packet, payload);
        }
        return taken;
    }

    /// <summary>Sends an encoded frame: each sender cuts it into packets of its codec. The frame is copied.</summary>
    /// <param name="frame">What is to be known of it.</param>
    /// <param name="data">The frame, in the form that <see cref="EncodedFrame"/> describes.</param>
    /// <returns>Whether a sender has taken the whole frame; a frame is never taken in part.</returns>
    public bool WriteFrame(in OutgoingFrame frame, ReadOnlySpan<byte> data)
    {
        bool taken = false;
        foreach (LocalMediaStreamTrack track in _source.Tracks)
        {
            if (!track.IsPassing) continue;
            foreach (RTCRtpSender sender in track.Senders) taken |= sender.Send(frame, data);
        }
        return taken;
    }

    /// <inheritdoc/>
    public override MediaTrackCapabilities GetCapabilities() => Capabilities;

    /// <inheritdoc/>
    public override MediaStreamTrack Clone()
    {
        LocalMediaStreamTrack clone = new(Kind, Label, _source) { Settings = Settings, Capabilities = Capabilities };
        CopyStateTo(clone);
        return clone;
    }

    internal override void KeyFrameWanted(KeyFrameRequestEvent e)
    {
        foreach (LocalMediaStreamTrack track in _source.Tracks) track.OnKeyFrameRequested?.Invoke(track, e);
    }

    // Simulcast sends a picture in several sizes: the largest is what there is.
    private protected override MediaTrackSettings CurrentSettings => _source.Tracks.Append(this).SelectMany(track => track.Senders)
        .Select(sender => sender.SourceReading).OrderByDescending(reading => (long)(reading.Width ?? 0) * (reading.Height ?? 0)).FirstOrDefault().Complete(Settings);

    private protected override void Ended() => _source.Remove(this);
}

/// <summary>What a local track and its clones share.</summary>
internal sealed class LocalTrackSource
{
    private readonly object _gate = new();
    private LocalMediaStreamTrack[] _tracks = [];

    public LocalMediaStreamTrack[] Tracks => Volatile.Read(ref _tracks);

    public void Add(LocalMediaStreamTrack track)
    {
        lock (_gate) Volatile.Write(ref _tracks, [.. _tracks, track]);
    }

    public void Remove(LocalMediaStreamTrack track)
    {
        lock (_gate) Volatile.Write(ref _tracks, Array.FindAll(_tracks, each => each != track));
    }
}
