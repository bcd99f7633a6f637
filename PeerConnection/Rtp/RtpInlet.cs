using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What a receiver does on the loop: from the session's packets to the tracks.</summary>
internal sealed class RtpInlet(RTCRtpReceiver receiver, ConnectionContext context, ReceivedSources sources)
{
    private const int MaxGone = 16;
    private readonly Dictionary<uint, ReceivedStream> _streams = [];
    private readonly SdpCodec?[] _codecs = new SdpCodec?[128];
    private TransportStack? _stack;
    private RtpSection? _section;
    private IReadOnlyList<string> _rids = [];
    private byte[] _elementIds = [];
    private TimeSpan? _target;
    private long? _maxBitrate;
    private byte? _redundantType;                        // RED of audio, where it was negotiated
    private byte _dependenciesId, _audioLevelId, _mixerLevelsId, _orientationId, _captureTimeId;
    private readonly Queue<ReceivedStream> _gone = new();
    private MediaMeter? _latest;

    public RtpSection? Section => _section;

    public IReadOnlyCollection<ReceivedStream> Streams => _streams.Values;

    /// <summary>Sources that were there and are not any more: what was counted of them is still told (webrtc-stats §8.1).</summary>
    public IReadOnlyCollection<ReceivedStream> Gone => _gone;

    /// <summary>Of the latest frame's stream; from any thread.</summary>
    public MediaReading LatestReading => Volatile.Read(ref _latest)?.Reading ?? default;

    public void Open(
        TransportStack stack, string mid, NegotiatedExtensions extensions, IReadOnlyList<SdpCodec> codecs, IReadOnlyList<uint> ssrcs, IReadOnlyList<RtpSourcePair> pairs,
        IReadOnlyList<string> rids)
    {
        if (_section is null)
        {
            _section = new RtpSection { Mid = mid, Tag = receiver };
            stack.Rtp.AddSection(_section);
            stack.Inlets.Add(this);
        }
        (_stack, _rids) = (stack, rids);
        _section.MidExtensionId = extensions.ReceiveId(RtpHeaderExtensionUri.Mid);
        (_section.Ssrcs, _section.Pairs) = (ssrcs, pairs);
        _section.PayloadTypes = MediaCapabilities.PayloadTypes(codecs);
        _section.RidExtensionId = extensions.ReceiveId(RtpHeaderExtensionUri.RtpStreamId);
        byte second = extensions.ReceiveId(RtpHeaderExtensionUri.TransportWideCongestionControl2);
        (_section.TransportSequenceExtensionId, _section.TransportSequenceIsOnRequest) =
            (second > 0 ? second : extensions.ReceiveId(RtpHeaderExtensionUri.TransportWideCongestionControl), second > 0);
        _section.RepairedRidExtensionId = extensions.ReceiveId(RtpHeaderExtensionUri.RepairedRtpStreamId);
        Array.Clear(_codecs, 0, _codecs.Length);
        foreach (SdpCodec codec in codecs) _codecs[codec.PayloadType & 0x7F] = codec;
        _redundantType = codecs.FirstOrDefault(codec => AudioRedundancy.PrimaryOf(codec) is not null)?.PayloadType;
        StopFrames();                                                    // payload types may mean other formats now
        _elementIds = EndToEndExtensions.ReceiveIds(extensions);
        _audioLevelId = extensions.ReceiveId(RtpHeaderExtensionUri.AudioLevel);
        _mixerLevelsId = extensions.ReceiveId(RtpHeaderExtensionUri.MixerAudioLevels);
        _dependenciesId = extensions.ReceiveId(RtpHeaderExtensionUri.DependencyDescriptor);
        _orientationId = extensions.ReceiveId(RtpHeaderExtensionUri.VideoOrientation);
        _captureTimeId = extensions.ReceiveId(RtpHeaderExtensionUri.AbsoluteCaptureTime);
    }

    public void Close()
    {
        if (_section is null) return;
        _stack?.Rtp.RemoveSection(_section);
        _stack?.Inlets.Remove(this);
        StopFrames();
        _streams.Clear();
        _gone.Clear();
        _section = null;
    }

    /// <summary>The connection ends: memory of frames is given back.</summary>
    public void StopFrames()
    {
        foreach (ReceivedStream stream in _streams.Values) stream.StopFrames();
    }

    public void Receive(RtpReceiveStream source, in RtpPacket packet, Instant now)
    {
        if (receiver.Track.Muted && receiver.IsReceptive) context.QueueTask(Unmute);
        sources.Note(packet, _audioLevelId, _mixerLevelsId, _captureTimeId, _codecs[packet.PayloadType]?.ClockRate ?? 0);
        ReceivedStream stream = Find(source, now);
        RtpHeader header = new(packet.PayloadType, packet.SequenceNumber, packet.Timestamp, packet.Ssrc, packet.Marker);
        if (_redundantType is not { } redundant)
        {
            Take(stream, packet, header, packet.Payload, isOwn: true, now);
            return;
        }
        RedReceiver redundancy = stream.Redundancy ??= new RedReceiver();
        if (packet.PayloadType != redundant)
        {
            if (redundancy.TryTake(packet.SequenceNumber)) Take(stream, packet, header, packet.Payload, isOwn: true, now);
            return;
        }
        if (!RedReader.TryParse(packet.Payload, out RedReader reader)) return;
        while (redundancy.TryRead(header, ref reader, out RtpHeader own, out RedBlock block)) Take(stream, packet, own, block.Payload, block.IsPrimary, now);
    }

    // What a packet brings: its own payload, or one before it that was lost, of which its header extensions say nothing.
    private void Take(ReceivedStream stream, in RtpPacket packet, in RtpHeader header, ReadOnlySpan<byte> payload, bool isOwn, Instant now)
    {
        AudioLevel? level = isOwn ? AudioLevelOf(packet) : null;
        IncomingPacket incoming = new()
        {
            Packet = packet, Payload = payload, Codec = _codecs[header.PayloadType & 0x7F], ElementIds = isOwn ? _elementIds : default, Now = now,
            Dependencies = _dependenciesId > 0 ? stream.ReadDependencies(packet, _dependenciesId) : null,
            IsFirstEncoding = stream.Rid is null || _rids.Count == 0 || _rids[0] == stream.Rid,
            Fields = new RtpPacketFields(header.PayloadType, header.SequenceNumber, header.Timestamp, header.Marker) { Rid = stream.Rid, AudioLevel = level },
        };
        bool wantsFrames = false;
        foreach (RemoteMediaStreamTrack track in receiver.Tracks)
        {
            track.Deliver(incoming);
            wantsFrames |= track.WantsFrames;
        }
        if (wantsFrames) Insert(stream, incoming, header, isOwn);
        else stream.StopFrames();
    }

    /// <summary>When a frame's time comes.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (ReceivedStream stream in _streams.Values)
            {
                if (stream.Frames is { } frames) next = Instant.Min(next, frames.NextTimeout);
            }
            return next;
        }
    }

    /// <summary>Hands out the frames whose time has come.</summary>
    public void AdvanceTo(Instant now)
    {
        foreach (ReceivedStream stream in _streams.Values)
        {
            if (stream.Frames is not null) HandOut(stream, stream.Frames, now);
        }
    }

    /// <summary>Sets the delay that the application asks for.</summary>
    public void SetTarget(TimeSpan? target)
    {
        _target = target;
        foreach (ReceivedStream stream in _streams.Values)
        {
            if (stream.Frames is { } frames) frames.TargetDelay = target;
        }
    }

    /// <summary>Sets the bit rate that each source is asked not to exceed.</summary>
    public void SetMaxBitrate(long? bitsPerSecond, Instant now)
    {
        _maxBitrate = bitsPerSecond;
        foreach (ReceivedStream stream in _streams.Values) _stack?.Rtp.RequestMaxBitrate(stream.Source, bitsPerSecond, now);
    }

    /// <summary>A source has said goodbye, or was forgotten.</summary>
    public void Forget(RtpReceiveStream source)
    {
        if (!_streams.Remove(source.Ssrc, out ReceivedStream? stream)) return;
        stream.StopFrames();
        if (_gone.Count == MaxGone) _gone.Dequeue();
        _gone.Enqueue(stream);
    }

    private void Insert(ReceivedStream stream, in IncomingPacket incoming, in RtpHeader header, bool isOwn)
    {
        if (stream.Frames is not { } frames)
        {
            frames = NewBuffer();
            stream.Frames = frames;
            if (receiver.Kind == MediaKind.Video) _stack?.Rtp.RequestKeyFrame(stream.Source);       // frames are of use from a key frame on
        }
        RtpReceiveStream source = stream.Source;
        if (source.SenderReports > 0) frames.SetSenderReport(source.LastSenderReport.NtpTime, source.LastSenderReport.RtpTime);
        frames.Insert(header, incoming.Payload, incoming.Now, isOwn ? Hints(incoming) : default);
        HandOut(stream, frames, incoming.Now);
    }

    private RtpFrameHints Hints(in IncomingPacket incoming)
    {
        RtpPacket packet = incoming.Packet;
        return new RtpFrameHints
        {
            AudioLevel = incoming.Fields.AudioLevel,
            Orientation = _orientationId > 0 && packet.TryGetExtension(_orientationId, out ReadOnlySpan<byte> value) && VideoOrientation.TryRead(value, out VideoOrientation turned) ? turned : null,
            CaptureTime = _captureTimeId > 0 && packet.TryGetExtension(_captureTimeId, out value) && AbsoluteCaptureTime.TryRead(value, out AbsoluteCaptureTime captured) ? captured : null,
            Dependencies = incoming.Dependencies is { } dependencies ? FrameDependencies.Of(dependencies) : null,
        };
    }

    private JitterBuffer NewBuffer()
    {
        JitterBuffer buffer = new(context.Options.JitterBuffer with { Kind = receiver.Kind == MediaKind.Audio ? JitterBufferKind.Audio : JitterBufferKind.Video })
        {
            TargetDelay = _target,
        };
        foreach (SdpCodec? codec in _codecs)
        {
            if (codec is not null && RtpPayloadFormats.TryGetDepacketizer(codec.Name, out IRtpDepacketizer? format)) buffer.SetFormat(codec.PayloadType, format, codec.ClockRate);
        }
        return buffer;
    }

    private void HandOut(ReceivedStream stream, JitterBuffer frames, Instant now)
    {
        while (frames.TryReadFrame(now, out EncodedFrame frame))
        {
            using (frame)
            {
                stream.Note(frame, _codecs[frame.PayloadType]);
                Volatile.Write(ref _latest, stream.Meter);
                foreach (RemoteMediaStreamTrack track in receiver.Tracks) track.Deliver(frame, stream.Rid);
            }
        }
        while (frames.TryReadEvent(out JitterBufferEvent e))
        {
            if (e == JitterBufferEvent.KeyFrameNeeded) _stack?.Rtp.RequestKeyFrame(stream.Source);
        }
    }

    public void RequestKeyFrame(string? rid)
    {
        foreach (ReceivedStream stream in _streams.Values)
        {
            if (rid is null || stream.Rid == rid) _stack?.Rtp.RequestKeyFrame(stream.Source);
        }
    }

    private AudioLevel? AudioLevelOf(in RtpPacket packet) =>
        _audioLevelId > 0 && packet.TryGetExtension(_audioLevelId, out ReadOnlySpan<byte> value) && AudioLevel.TryRead(value, out AudioLevel level) ? level : null;

    // webrtc-pc §9.3: media arrives, and is wanted still when the task's turn comes
    private void Unmute()
    {
        if (receiver.IsReceptive) receiver.SetMuted(false);
    }

    private ReceivedStream Find(RtpReceiveStream source, Instant now)
    {
        if (!_streams.TryGetValue(source.Ssrc, out ReceivedStream? stream) || stream.Source != source)
        {
            stream?.StopFrames();
            _streams[source.Ssrc] = stream = new ReceivedStream(source);
            if (_maxBitrate is not null) _stack?.Rtp.RequestMaxBitrate(source, _maxBitrate, now);
        }
        // Only what was negotiated is a name: the wire does not make up others.
        if (stream.Rid is null && source.Rid is not null && _rids.Contains(source.Rid)) stream.Rid = source.Rid;
        return stream;
    }
}
