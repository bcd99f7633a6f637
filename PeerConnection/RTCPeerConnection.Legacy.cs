using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Takes a description that was made (webrtc-pc §4.4.3.1).</summary>
/// <param name="description">The description.</param>
public delegate void RTCSessionDescriptionCallback(RTCSessionDescription description);

/// <summary>Takes the reason of a failure (webrtc-pc §4.4.3.1).</summary>
/// <param name="error">A <see cref="DOMException"/>; where a Promise would be rejected with a WebIDL TypeError, an <see cref="ArgumentException"/>.</param>
public delegate void RTCPeerConnectionErrorCallback(Exception error);

/// <summary>Told that an operation has succeeded.</summary>
public delegate void VoidFunction();

// What W3C has replaced and browsers still have. All of it works; the messages name the modern way.
public sealed partial class RTCPeerConnection
{
    private const string UseTasks = "Callbacks came before Promises: await the overload that returns the result.";

    /// <summary>The peer has begun to send in a stream.</summary>
    [Obsolete("Use OnTrack, whose event has the track's streams.")]
    public event EventHandler<MediaStreamEvent>? OnAddStream;

    /// <summary>The peer no longer sends in a stream.</summary>
    [Obsolete("Use OnRemoveTrack of the stream.")]
    public event EventHandler<MediaStreamEvent>? OnRemoveStream;

    /// <summary>Sends all tracks of a stream; those that are sent already stay as they are. Tracks that join the stream later are not.</summary>
    /// <exception cref="DOMException">InvalidStateError: closed.</exception>
    [Obsolete("Use AddTrack(track, stream) for each track.")]
    public void AddStream(MediaStream stream)
    {
        Require.NotNull(stream);
        lock (_context.Gate)
        {
            _context.RequireOpen();
            foreach (MediaStreamTrack track in stream.GetTracks())
            {
                if (!Live().Any(transceiver => transceiver.Sender.Track == track)) AddTrack(track, stream);
            }
        }
    }

    /// <summary>Stops sending all tracks of a stream.</summary>
    /// <exception cref="DOMException">InvalidStateError: closed.</exception>
    [Obsolete("Use RemoveTrack(sender) for each sender.")]
    public void RemoveStream(MediaStream stream)
    {
        IReadOnlyList<MediaStreamTrack> tracks = Require.NotNull(stream).GetTracks();
        lock (_context.Gate)
        {
            _context.RequireOpen();
            foreach (RTCRtpTransceiver transceiver in Live().Where(each => each.Sender.Track is { } track && tracks.Contains(track)).ToArray())
                RemoveTrack(transceiver.Sender);
        }
    }

    /// <summary>The streams that tracks are sent in.</summary>
    [Obsolete("Use GetSenders().")]
    public IReadOnlyList<MediaStream> GetLocalStreams() => Read(() => _context.Streams.Local);

    /// <summary>The streams that the peer sends tracks in.</summary>
    [Obsolete("Use GetReceivers(), and the streams of OnTrack's event.")]
    public IReadOnlyList<MediaStream> GetRemoteStreams() => Read(() => _context.Streams.Remote);

    /// <summary>What sends tones for a track (webrtc-pc §7.2).</summary>
    /// <exception cref="DOMException">InvalidAccessError: no sender of this connection has the track. NotSupportedError: it is no audio track.</exception>
    [Obsolete("Use RTCRtpSender.Dtmf of the track's sender.")]
    public RTCDTMFSender CreateDTMFSender(MediaStreamTrack track)
    {
        Require.NotNull(track);
        RTCRtpSender sender = GetSenders().FirstOrDefault(each => each.Track == track) ?? throw DOMException.InvalidAccess("No sender of the connection has the track; add it first.");
        return sender.Dtmf ?? throw new DOMException("NotSupportedError", "Tones are sent with audio tracks.");
    }

    /// <summary>As <see cref="CreateOfferAsync(RTCOfferOptions?)"/>; the Task ends at once, one of the callbacks is called in the order of events.</summary>
    [Obsolete(UseTasks)]
    public Task CreateOfferAsync(RTCSessionDescriptionCallback successCallback, RTCPeerConnectionErrorCallback failureCallback, RTCOfferOptions? options = null)
    {
        Require.NotNull(successCallback);
        Require.NotNull(failureCallback);
        Chain.Chain(() => _negotiator.CreateOffer(options), offer => successCallback(offer), error => failureCallback(error));
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="CreateAnswerAsync(RTCAnswerOptions?)"/>; the Task ends at once, one of the callbacks is called in the order of events.</summary>
    [Obsolete(UseTasks)]
    public Task CreateAnswerAsync(RTCSessionDescriptionCallback successCallback, RTCPeerConnectionErrorCallback failureCallback)
    {
        Require.NotNull(successCallback);
        Require.NotNull(failureCallback);
        Chain.Chain(_negotiator.CreateAnswer, answer => successCallback(answer), error => failureCallback(error));
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="SetLocalDescriptionAsync(RTCSessionDescription)"/>; the Task ends at once, one of the callbacks is called in the order of events.</summary>
    [Obsolete(UseTasks)]
    public Task SetLocalDescriptionAsync(RTCSessionDescription description, VoidFunction successCallback, RTCPeerConnectionErrorCallback failureCallback)
    {
        Require.NotNull(description);
        _isLocalSet = true;
        return ChainLegacy(() => _negotiator.SetLocal(description.Type, description.Sdp), successCallback, failureCallback);
    }

    /// <summary>As <see cref="SetRemoteDescriptionAsync(RTCSessionDescription)"/>; the Task ends at once, one of the callbacks is called in the order of events.</summary>
    [Obsolete(UseTasks)]
    public Task SetRemoteDescriptionAsync(RTCSessionDescription description, VoidFunction successCallback, RTCPeerConnectionErrorCallback failureCallback)
    {
        Require.NotNull(description);
        return ChainLegacy(() => _negotiator.SetRemote(description), successCallback, failureCallback, () => _negotiator.RollBackForGlare(description));
    }

    /// <summary>As <see cref="AddIceCandidateAsync(RTCIceCandidateInit?)"/>; the Task ends at once, one of the callbacks is called in the order of events.</summary>
    [Obsolete(UseTasks)]
    public Task AddIceCandidateAsync(RTCIceCandidateInit candidate, VoidFunction successCallback, RTCPeerConnectionErrorCallback failureCallback)
    {
        Require.NotNull(candidate);
        if (Refusal(candidate) is not { } refusal) return ChainLegacy(() => _candidates.Add(candidate), successCallback, failureCallback);
        Chain.Reject(error => Require.NotNull(failureCallback)(error), refusal);
        return Task.CompletedTask;
    }

#pragma warning disable CS0618   // raised for those who still listen
    internal void RaiseAddStream(MediaStream stream) => OnAddStream?.Invoke(this, new MediaStreamEvent(stream));

    internal void RaiseRemoveStream(MediaStream stream) => OnRemoveStream?.Invoke(this, new MediaStreamEvent(stream));
#pragma warning restore CS0618

    private Task ChainLegacy(Action operation, VoidFunction successCallback, RTCPeerConnectionErrorCallback failureCallback, Func<bool>? first = null)
    {
        Require.NotNull(successCallback);
        Require.NotNull(failureCallback);
        Chain.Chain(operation, () => successCallback(), error => failureCallback(error), first);
        return Task.CompletedTask;
    }
}
