using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Receives a track from the peer (webrtc-pc §5.3).</summary>
public sealed class RTCRtpReceiver
{
    private readonly ConnectionContext _context;
    private readonly RemoteMediaStreamTrack _track;
    private RtpSection? _section;                        // the loop's

    internal RTCRtpReceiver(ConnectionContext context, MediaKind kind)
    {
        _context = context;
        _track = new RemoteMediaStreamTrack(this, kind, Guid.NewGuid().ToString(), context.Callbacks, context.Options.MaxQueuedRtpPackets);
    }

    /// <summary>The track; there is one from the start, muted until the peer sends.</summary>
    public MediaStreamTrack Track => _track;

    /// <summary>The DTLS transport that it is received over, or null before that is known.</summary>
    public RTCDtlsTransport? Transport { get; internal set; }

    /// <summary>[[AssociatedRemoteMediaStreams]].</summary>
    internal IReadOnlyList<MediaStream> Streams { get; set; } = [];

    internal RtpSection? Section => _section;

    internal void RequestKeyFrame() => _context.Post((peer, _) =>
    {
        foreach (TransportStack stack in peer.Stacks)
        {
            foreach (RtpReceiveStream stream in stack.Rtp.ReceiveStreams)
            {
                if (stream.Section == _section) stack.Rtp.RequestKeyFrame(stream);
            }
        }
    });

    // On the loop.
    internal void Deliver(in RtpPacket packet)
    {
        if (_track.Muted) _context.QueueTask(() => SetMuted(false));     // webrtc-pc §5.3: media arrives
        _track.Deliver(new RtpPacketFields(packet.PayloadType, packet.SequenceNumber, packet.Timestamp, packet.Marker), packet.Payload);
    }

    internal void SetMuted(bool muted)
    {
        if (_track.TrySetMuted(muted)) _context.Fire(_track.RaiseMutedChanged);
    }

    internal void End()
    {
        if (_track.TryEnd()) _context.Fire(_track.RaiseEnded);
    }

    internal void EndWithConnection()
    {
        if (_track.TryEnd()) _context.QueueTask(() => _context.Settle(_track.RaiseEnded));
    }

    /// <summary>Starts to receive, or goes on with what was negotiated anew.</summary>
    internal void Open(BundleTransport transport, string mid, SessionExtensions extensions, IReadOnlyList<SdpCodec> codecs, IReadOnlyList<uint> ssrcs, IReadOnlyList<RtpSourcePair> pairs)
    {
        RtpPayloadTypes payloadTypes = MediaCapabilities.PayloadTypes(codecs);
        _context.Post((_, _) =>
        {
            if (transport.Stack is not { } stack) return;
            if (_section is null)
            {
                _section = new RtpSection { Mid = mid, Tag = this };
                stack.Rtp.AddSection(_section);
            }
            extensions.ApplyTo(_section);
            (_section.Ssrcs, _section.Pairs) = (ssrcs, pairs);
            _section.PayloadTypes = payloadTypes;
        });
    }

    internal void Close(BundleTransport? transport) => _context.Post((_, _) =>
    {
        if (_section is null) return;
        transport?.Stack?.Rtp.RemoveSection(_section);
        _section = null;
    });
}
