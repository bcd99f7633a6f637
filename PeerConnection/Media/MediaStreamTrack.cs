namespace WebRtcStack;

/// <summary>
/// A source of audio or video (mediacapture-main §4.3): <see cref="LocalMediaStreamTrack"/> to write to,
/// <see cref="RemoteMediaStreamTrack"/> to read from, <see cref="RelayTrack"/> to forward others.
/// </summary>
public abstract class MediaStreamTrack
{
    private readonly object _gate = new();
    private RTCRtpSender[] _senders = [];
    private int _ended;
    private volatile bool _muted, _enabled = true;
    private volatile MediaTrackConstraints _constraints = new();
    private volatile MediaTrackSettings? _lastSettings;

    private protected MediaStreamTrack(MediaKind kind, string id, string label, bool muted) =>
        (Kind, Id, Label, _muted) = (kind, id, label, muted);

    /// <summary>Audio or video.</summary>
    public MediaKind Kind { get; }

    /// <summary>The id, which is signalled as part of the msid.</summary>
    public string Id { get; }

    /// <summary>A name for people.</summary>
    public string Label { get; }

    /// <summary>What the media is like, for encoders: "" (default), "speech", "music", "motion", "detail" or "text" (mst-content-hint §4).</summary>
    public string ContentHint { get; set; } = "";

    /// <summary>
    /// Whether media passes; what is written to, or arrives at, a track that is not enabled is dropped. When video is enabled again its
    /// source is asked for a key frame.
    /// </summary>
    public bool Enabled
    {
        get => _enabled;
        set
        {
            if (_enabled == value) return;
            _enabled = value;
            if (!value || Kind != MediaKind.Video) return;
            foreach (RTCRtpSender sender in Senders) sender.RaiseKeyFrameRequested(rid: null);
        }
    }

    /// <summary>Whether the source gives no media for the time being.</summary>
    public bool Muted => _muted;

    /// <summary>Whether it may give media at all.</summary>
    public MediaStreamTrackState ReadyState => Volatile.Read(ref _ended) == 0 ? MediaStreamTrackState.Live : MediaStreamTrackState.Ended;

    /// <summary>The source has stopped giving media for the time being.</summary>
    public event EventHandler? OnMute;

    /// <summary>The source gives media.</summary>
    public event EventHandler? OnUnmute;

    /// <summary>The source has ended, other than by <see cref="Stop"/>.</summary>
    public event EventHandler? OnEnded;

    internal bool IsPassing => _enabled && Volatile.Read(ref _ended) == 0;

    private protected RTCRtpSender[] Senders => Volatile.Read(ref _senders);

    /// <summary>Ends the track for good; no event follows. Its clones go on.</summary>
    public void Stop()
    {
        if (TryEnd()) Ended();
    }

    /// <summary>A track of the same source with an id of its own, which is enabled and stopped by itself (mediacapture-main §4.3, clone).</summary>
    public abstract MediaStreamTrack Clone();

    /// <summary>What is known of the media now, or was when the track ended (mediacapture-main §4.3.3, getSettings; webrtc-pc §9.3.1 for remote tracks).</summary>
    public MediaTrackSettings GetSettings() => _lastSettings ?? CurrentSettings;

    /// <summary>What the track's source can do (mediacapture-main §4.3.3, getCapabilities). Of what the peer sends, nothing (webrtc-pc §9.3.1).</summary>
    public virtual MediaTrackCapabilities GetCapabilities() => new();

    /// <summary>What <see cref="ApplyConstraintsAsync"/> was given last; an encoder keeps to it.</summary>
    public MediaTrackConstraints GetConstraints() => _constraints;

    /// <summary>Asks the track's source to be as is wanted (mediacapture-main §4.3.3, applyConstraints).</summary>
    /// <param name="constraints">What is wanted, in place of what was before; null for nothing.</param>
    /// <returns>Ends at once: it is the application that makes the media.</returns>
    /// <exception cref="OverconstrainedError">A required value is not among <see cref="GetCapabilities"/>; with what the peer sends, any value (webrtc-pc §9.3.1).</exception>
    public Task ApplyConstraintsAsync(MediaTrackConstraints? constraints = null)
    {
        constraints ??= new MediaTrackConstraints();
        if (ReadyState == MediaStreamTrackState.Ended) return Task.CompletedTask;        // step 2
        if (Refusal(constraints) is { } name) return Task.FromException(new OverconstrainedError(name, $"The track cannot have the {name} that is required; see GetCapabilities."));
        _constraints = constraints;
        return Task.CompletedTask;
    }

    // The state changes at once, its event is raised by the caller in the connection's order.
    internal bool TrySetMuted(bool muted)
    {
        if (_muted == muted || ReadyState == MediaStreamTrackState.Ended) return false;
        _muted = muted;
        return true;
    }

    internal bool TryEnd()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) return false;
        _lastSettings = CurrentSettings;
        return true;
    }

    internal void RaiseMutedChanged() => (_muted ? OnMute : OnUnmute)?.Invoke(this, EventArgs.Empty);

    internal void RaiseEnded() => OnEnded?.Invoke(this, EventArgs.Empty);

    internal virtual void Attach(RTCRtpSender sender)
    {
        lock (_gate)
        {
            if (!_senders.Contains(sender)) Volatile.Write(ref _senders, [.. _senders, sender]);
        }
    }

    internal virtual void Detach(RTCRtpSender sender)
    {
        lock (_gate) Volatile.Write(ref _senders, Array.FindAll(_senders, attached => attached != sender));
    }

    /// <summary>A sender that has the track needs a key frame.</summary>
    internal abstract void KeyFrameWanted(KeyFrameRequestEvent e);

    private protected abstract MediaTrackSettings CurrentSettings { get; }

    private protected virtual void Ended() { }

    /// <summary>The W3C name of a constraint that cannot be met, or null.</summary>
    private protected virtual string? Refusal(MediaTrackConstraints constraints) => GetCapabilities().Failure(constraints);

    private protected void CopyStateTo(MediaStreamTrack clone)
    {
        clone._enabled = _enabled;
        (clone.ContentHint, clone._constraints) = (ContentHint, _constraints);
        if (ReadyState == MediaStreamTrackState.Ended) clone.TryEnd();
    }
}

/// <summary>Somebody needs a key frame of a track: a receiver has asked for one (PLI or FIR), or an encoding is sent again.</summary>
/// <param name="sender">The sender that needs it.</param>
/// <param name="rid">The encoding; null for the only one, or all.</param>
public sealed class KeyFrameRequestEvent(RTCRtpSender sender, string? rid) : EventArgs
{
    /// <summary>The sender that needs it.</summary>
    public RTCRtpSender Sender { get; } = sender;

    /// <summary>The encoding; null for the only one, or all.</summary>
    public string? Rid { get; } = rid;
}

/// <summary>What is known of a track's media (mediacapture-main §4.3.7).</summary>
public sealed record MediaTrackSettings
{
    /// <summary>Pixels across, or null.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels down, or null.</summary>
    public int? Height { get; init; }

    /// <summary>Width by height, rounded to ten decimals, or null.</summary>
    public double? AspectRatio => Width is { } width && Height is > 0 and { } height ? Math.Round((double)width / height, 10) : null;

    /// <summary>Frames per second, or null.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Samples per second, or null.</summary>
    public int? SampleRate { get; init; }

    /// <summary>Audio channels, or null.</summary>
    public int? ChannelCount { get; init; }
}
