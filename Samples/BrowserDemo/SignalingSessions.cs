using System.Collections.Concurrent;

namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>The sessions by their ids. A session lives as long as its browser listens.</summary>
internal sealed class SignalingSessions
{
    private const int MaxSessions = 64;
    private readonly ConcurrentDictionary<string, SignalingSession> _sessions = new();

    /// <summary>Opens a session, or null when there are too many.</summary>
    public SignalingSession? TryOpen(out string id)
    {
        id = Guid.NewGuid().ToString("N");
        if (_sessions.Count >= MaxSessions) return null;
        SignalingSession session = new();
        _sessions[id] = session;
        return session;
    }

    public SignalingSession? Find(string id) => _sessions.GetValueOrDefault(id);

    public async Task CloseAsync(string id)
    {
        if (_sessions.TryRemove(id, out SignalingSession? session)) await session.DisposeAsync();
    }
}
