using WebRtcStack.Core;

namespace WebRtcStack;

public sealed partial class RTCPeerConnection
{
    /// <summary>The senders of transceivers that are not stopped.</summary>
    public IReadOnlyList<RTCRtpSender> GetSenders() => Read(() => (IReadOnlyList<RTCRtpSender>)[.. Live().Select(transceiver => transceiver.Sender)]);

    /// <summary>The receivers of transceivers that are not stopped.</summary>
    public IReadOnlyList<RTCRtpReceiver> GetReceivers() => Read(() => (IReadOnlyList<RTCRtpReceiver>)[.. Live().Select(transceiver => transceiver.Receiver)]);

    /// <summary>
    /// The transceivers, in the order of their creation: stopped ones until the exchange that rejects their section has ended, and when the
    /// connection was closed (webrtc-pc §5.1.2, CollectTransceivers).
    /// </summary>
    public IReadOnlyList<RTCRtpTransceiver> GetTransceivers() => Read(() => (IReadOnlyList<RTCRtpTransceiver>)[.. _context.Transceivers.All]);

    /// <summary>Sends a track: through a transceiver that is free for it, or a new one (webrtc-pc §5.1.2).</summary>
    /// <exception cref="DOMException">InvalidStateError: closed. InvalidAccessError: the track is sent already.</exception>
    public RTCRtpSender AddTrack(MediaStreamTrack track, params MediaStream[] streams)
    {
        Require.NotNull(track);
        Require.NotNull(streams);
        lock (_context.Gate)
        {
            _context.RequireOpen();
            if (Live().Any(transceiver => transceiver.Sender.Track == track)) throw DOMException.InvalidAccess("The track is sent already.");
            RTCRtpTransceiver? free = Live().FirstOrDefault(transceiver => transceiver.Kind == track.Kind && transceiver.Sender.Track is null &&
                !transceiver.IsStopping && !transceiver.HasSent);
            if (free is null)
            {
                free = _context.Transceivers.Create(track.Kind, RTCRtpTransceiverDirection.SendRecv, track, streams);
            }
            else
            {
                free.Sender.SetTrack(track);
                free.Sender.ReplaceStreams(streams);
                free.SetDirection(free.Direction.Receives() ? RTCRtpTransceiverDirection.SendRecv : RTCRtpTransceiverDirection.SendOnly);
            }
            free.WasUsedByAddTrack = true;
            _context.Streams.Remember(streams);
            _context.Needed.Update();
            return free.Sender;
        }
    }

    /// <summary>Stops sending a track; its transceiver stays (webrtc-pc §5.1.2).</summary>
    /// <exception cref="DOMException">InvalidStateError: closed. InvalidAccessError: the sender is another connection's.</exception>
    public void RemoveTrack(RTCRtpSender sender)
    {
        Require.NotNull(sender);
        lock (_context.Gate)
        {
            _context.RequireOpen();
            RTCRtpTransceiver transceiver = _context.Transceivers.All.FirstOrDefault(each => each.Sender == sender)
                ?? throw DOMException.InvalidAccess("The sender is another connection's.");
            if (sender.Track is null || transceiver.IsStopping) return;
            sender.SetTrack(null);
            transceiver.SetDirection(transceiver.Direction.Receives() ? RTCRtpTransceiverDirection.RecvOnly : RTCRtpTransceiverDirection.Inactive);
            _context.Needed.Update();
        }
    }

    /// <summary>Adds a transceiver for a track (webrtc-pc §5.1.2).</summary>
    /// <exception cref="DOMException">InvalidStateError: closed. OperationError: an encoding's codec is not among the capabilities.</exception>
    /// <exception cref="ArgumentException">The rids of the encodings are malformed or not unique, or only some have one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A scaleResolutionDownBy is below 1, or a maxFramerate not above 0.</exception>
    public RTCRtpTransceiver AddTransceiver(MediaStreamTrack track, RTCRtpTransceiverInit? init = null)
    {
        Require.NotNull(track);
        return AddTransceiver(track.Kind, track, init);
    }

    /// <summary>Adds a transceiver without a track (webrtc-pc §5.1.2).</summary>
    /// <exception cref="DOMException">InvalidStateError: closed. OperationError: an encoding's codec is not among the capabilities.</exception>
    /// <exception cref="ArgumentException">The rids of the encodings are malformed or not unique, or only some have one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A scaleResolutionDownBy is below 1, or a maxFramerate not above 0.</exception>
    public RTCRtpTransceiver AddTransceiver(MediaKind kind, RTCRtpTransceiverInit? init = null) => AddTransceiver(kind, null, init);

    private RTCRtpTransceiver AddTransceiver(MediaKind kind, MediaStreamTrack? track, RTCRtpTransceiverInit? init)
    {
        init ??= new RTCRtpTransceiverInit();
        if (init.Direction == RTCRtpTransceiverDirection.Stopped) throw new ArgumentException("A transceiver does not start stopped.", nameof(init));
        lock (_context.Gate)
        {
            _context.RequireOpen();
            IReadOnlyList<RTCRtpEncodingParameters> encodings = EncodingRules.ForAddTransceiver(kind, init.SendEncodings, _context.Options);
            RTCRtpTransceiver transceiver = _context.Transceivers.Create(kind, init.Direction, track, init.Streams, encodings, init.ReceiveRids);
            _context.Streams.Remember(init.Streams);
            _context.Needed.Update();
            return transceiver;
        }
    }

    private IEnumerable<RTCRtpTransceiver> Live() => _context.Transceivers.All.Where(transceiver => !transceiver.IsStopped);
}
