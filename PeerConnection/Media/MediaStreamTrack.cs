namespace WebRtcStack;

/// <summary>A source of audio or video (mediacapture-main §4.3): <see cref="LocalMediaStreamTrack"/> to write to, <see cref="RemoteMediaStreamTrack"/> to read from.</summary>
public abstract class MediaStreamTrack
{
    private int _ended;
    private volatile bool _muted;

    private protected MediaStreamTrack(MediaKind kind, string id, string label, bool muted) =>
        (Kind, Id, Label, _muted) = (kind, id, label, muted);

    /// <summary>Audio or video.</summary>
    public MediaKind Kind { get; }

    /// <summary>The id, which is signalled as part of the msid.</summary>
    public string Id { get; }

    /// <summary>A name for people.</summary>
    public string Label { get; }

    /// <summary>Whether media passes; what is written to, or arrives at, a track that is not enabled is dropped.</summary>
    public bool Enabled { get; set; } = true;

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

    /// <summary>Ends the track for good; no event follows.</summary>
    public void Stop() => Interlocked.Exchange(ref _ended, 1);

    // The state changes at once, its event is raised by the caller in the connection's order.
    internal bool TrySetMuted(bool muted)
    {
        if (_muted == muted || ReadyState == MediaStreamTrackState.Ended) return false;
        _muted = muted;
        return true;
    }

    internal bool TryEnd() => Interlocked.Exchange(ref _ended, 1) == 0;

    internal void RaiseMutedChanged() => (_muted ? OnMute : OnUnmute)?.Invoke(this, EventArgs.Empty);

    internal void RaiseEnded() => OnEnded?.Invoke(this, EventArgs.Empty);
}
