using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Sends a track to the peer (webrtc-pc §5.2).</summary>
public sealed class RTCRtpSender
{
    private readonly ConnectionContext _context;
    private volatile MediaStreamTrack? _track;
    private volatile RtpOutlet? _outlet;
    private List<string> _streamIds;

    internal RTCRtpSender(ConnectionContext context, MediaKind kind, MediaStreamTrack? track, IEnumerable<MediaStream> streams)
    {
        (_context, Kind) = (context, kind);
        _streamIds = [.. streams.Select(stream => stream.Id).Distinct()];
        (Ssrc, RepairSsrc) = (context.Options.Random.NextUInt32(), context.Options.Random.NextUInt32());
        SetTrack(track);
    }

    /// <summary>The track that is sent, or null.</summary>
    public MediaStreamTrack? Track => _track;

    /// <summary>The DTLS transport that it is sent over, or null before that is known.</summary>
    public RTCDtlsTransport? Transport { get; internal set; }

    internal MediaKind Kind { get; }

    internal uint Ssrc { get; }

    /// <summary>The source of retransmissions (RFC 4588).</summary>
    internal uint RepairSsrc { get; }

    internal IReadOnlyList<string> StreamIds => _streamIds;

    /// <summary>The stream on the loop, for statistics.</summary>
    internal RtpSendStream? Stream => _outlet?.Stream;

    /// <summary>Replaces the track without negotiation; null sends nothing (webrtc-pc §5.2, replaceTrack).</summary>
    /// <exception cref="ArgumentException">The track is of another kind (a WebIDL TypeError).</exception>
    /// <exception cref="DOMException">InvalidStateError: the connection is closed.</exception>
    public Task ReplaceTrackAsync(MediaStreamTrack? track)
    {
        if (track is not null && track.Kind != Kind)
            throw new ArgumentException($"The sender sends {Kind.ToW3CString()}; the track is {track.Kind.ToW3CString()}.", nameof(track));
        return _context.Negotiation.Chain.Chain(() => SetTrack(track));
    }

    /// <summary>Sets the streams that the track belongs to for the peer (webrtc-pc §5.2, setStreams).</summary>
    /// <exception cref="DOMException">InvalidStateError: the connection is closed.</exception>
    public void SetStreams(params MediaStream[] streams)
    {
        Require.NotNull(streams);
        lock (_context.Gate)
        {
            _context.RequireOpen();
            _streamIds = [.. streams.Select(stream => stream.Id).Distinct()];
            _context.Needed.Update();
        }
    }

    internal void AddStreams(IEnumerable<MediaStream> streams) => _streamIds = [.. _streamIds.Union(streams.Select(stream => stream.Id))];

    internal void SetTrack(MediaStreamTrack? track)
    {
        (_track as LocalMediaStreamTrack)?.Detach(this);
        _track = track;
        (track as LocalMediaStreamTrack)?.Attach(this);
    }

    internal void Send(in RtpPacketFields packet, ReadOnlySpan<byte> payload) => _outlet?.Post(packet, payload);

    internal bool Owns(RtpSendStream stream) => Stream == stream;

    internal void RaiseKeyFrameRequested() => (_track as LocalMediaStreamTrack)?.RaiseKeyFrameRequested();

    /// <summary>Starts to send, or goes on with what was negotiated anew.</summary>
    internal void Open(BundleTransport transport, string mid, SessionExtensions extensions, IReadOnlyList<SdpCodec> codecs)
    {
        byte[] payloadTypes = [.. codecs.Where(codec => codec.AssociatedPayloadType is null).Select(codec => codec.PayloadType)];
        uint? repair = MediaCapabilities.HasRetransmission(Kind) ? RepairSsrc : null;
        RtpPayloadTypes types = MediaCapabilities.PayloadTypes(codecs);
        uint clockRate = codecs.Count > 0 ? codecs[0].ClockRate : 90_000;
        _context.Post((peer, _) =>
        {
            if (transport.Stack is not { } stack) return;
            if (_outlet is not { } outlet)
            {
                outlet = new RtpOutlet(stack.Rtp.AddSendStream(Ssrc, clockRate, repair), peer.Registration, payloadTypes, _context.Options.Random, _context.Options.MaxQueuedRtpPackets);
                stack.Outlets.Add(outlet);
                _outlet = outlet;
            }
            outlet.PayloadTypes = payloadTypes;
            outlet.Stream.PayloadTypes = types;
            (outlet.Stream.Mid, outlet.Stream.ClockRate) = (Encoding.ASCII.GetBytes(mid), clockRate);
            extensions.ApplyTo(outlet.Stream);
        });
    }

    /// <summary>Stops sending; the peer is told goodbye.</summary>
    internal void Close(BundleTransport? transport) => _context.Post((_, _) =>
    {
        if (_outlet is not { } outlet) return;
        _outlet = null;
        outlet.Close();
        if (transport?.Stack is not { } stack) return;
        stack.Outlets.Remove(outlet);
        stack.Rtp.RemoveSendStream(outlet.Stream);
    });
}
