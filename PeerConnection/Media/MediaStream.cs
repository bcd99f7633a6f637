using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Tracks that belong together and are played in sync (mediacapture-main §4.2).</summary>
public sealed class MediaStream
{
    private readonly object _gate = new();
    private readonly List<MediaStreamTrack> _tracks = [];

    /// <summary>Creates a stream with a random id.</summary>
    public MediaStream() : this(Guid.NewGuid().ToString()) { }

    /// <summary>Creates a stream with a given id, which is signalled as msid (RFC 8830).</summary>
    public MediaStream(string id) => Id = Require.NotNull(id);

    /// <summary>Creates a stream of the tracks that another has now.</summary>
    public MediaStream(MediaStream stream) : this(Require.NotNull(stream).GetTracks()) { }

    /// <summary>Creates a stream of tracks.</summary>
    public MediaStream(IEnumerable<MediaStreamTrack> tracks) : this()
    {
        foreach (MediaStreamTrack track in Require.NotNull(tracks)) Add(Require.NotNull(track));
    }

    /// <summary>The id.</summary>
    public string Id { get; }

    /// <summary>Whether any track is live.</summary>
    public bool Active => GetTracks().Any(track => track.ReadyState == MediaStreamTrackState.Live);

    /// <summary>A track was added by the connection.</summary>
    public event EventHandler<MediaStreamTrackEvent>? OnAddTrack;

    /// <summary>A track was removed by the connection.</summary>
    public event EventHandler<MediaStreamTrackEvent>? OnRemoveTrack;

    /// <summary>The tracks.</summary>
    public IReadOnlyList<MediaStreamTrack> GetTracks()
    {
        lock (_gate) return [.. _tracks];
    }

    /// <summary>The audio tracks.</summary>
    public IReadOnlyList<MediaStreamTrack> GetAudioTracks() => [.. GetTracks().Where(track => track.Kind == MediaKind.Audio)];

    /// <summary>The video tracks.</summary>
    public IReadOnlyList<MediaStreamTrack> GetVideoTracks() => [.. GetTracks().Where(track => track.Kind == MediaKind.Video)];

    /// <summary>The track with an id, or null.</summary>
    public MediaStreamTrack? GetTrackById(string trackId) => GetTracks().FirstOrDefault(track => track.Id == trackId);

    /// <summary>Adds a track, unless it is there.</summary>
    public void AddTrack(MediaStreamTrack track) => Add(Require.NotNull(track));

    /// <summary>Removes a track, if it is there.</summary>
    public void RemoveTrack(MediaStreamTrack track) => Remove(Require.NotNull(track));

    /// <summary>A stream with an id of its own and a clone of each track.</summary>
    public MediaStream Clone() => new(GetTracks().Select(track => track.Clone()));

    internal bool Add(MediaStreamTrack track)
    {
        lock (_gate)
        {
            if (_tracks.Contains(track)) return false;
            _tracks.Add(track);
            return true;
        }
    }

    internal bool Remove(MediaStreamTrack track)
    {
        lock (_gate) return _tracks.Remove(track);
    }

    internal void RaiseAddTrack(MediaStreamTrack track) => OnAddTrack?.Invoke(this, new MediaStreamTrackEvent(track));

    internal void RaiseRemoveTrack(MediaStreamTrack track) => OnRemoveTrack?.Invoke(this, new MediaStreamTrackEvent(track));
}

/// <summary>A track was added to a stream or removed from it (mediacapture-main §4.5).</summary>
/// <param name="track">The track.</param>
public sealed class MediaStreamTrackEvent(MediaStreamTrack track) : EventArgs
{
    /// <summary>The track.</summary>
    public MediaStreamTrack Track { get; } = track;
}
