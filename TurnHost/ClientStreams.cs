using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.TurnHost;

/// <summary>The TCP and TLS connections of a worker's clients. Those without an allocation are closed after a while.</summary>
internal sealed class ClientStreams(TurnHostOptions options) : IDisposable
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(1);

    private readonly Dictionary<NetworkPath, ClientStream> _streams = [];
    private Instant _sweepAt;

    private sealed class ClientStream(StreamConnection connection, Instant since)
    {
        public StreamConnection Connection { get; } = connection;

        public Instant Since { get; set; } = since;

        public bool HasAllocation { get; set; }
    }

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout => _streams.Count > 0 ? _sweepAt : Instant.Never;

    /// <summary>Takes a connection; false when there are as many as there may be.</summary>
    public bool TryAdd(StreamConnection connection, Instant now)
    {
        if (_streams.Count >= options.MaxStreams) return false;
        _streams[connection.Path] = new ClientStream(connection, now);
        return true;
    }

    public bool TryGet(in NetworkPath client, [NotNullWhen(true)] out StreamConnection? connection)
    {
        connection = _streams.TryGetValue(client, out ClientStream? stream) ? stream.Connection : null;
        return connection is not null;
    }

    /// <summary>Forgets a connection that has ended; false when it is not known, or not any more.</summary>
    public bool Remove(StreamConnection connection) =>
        _streams.TryGetValue(connection.Path, out ClientStream? stream) && ReferenceEquals(stream.Connection, connection) && _streams.Remove(connection.Path);

    /// <summary>Tells whether a client's connection has to be kept: it has an allocation, or is joined with a peer's.</summary>
    public void SetHasAllocation(in NetworkPath client, bool has, Instant now)
    {
        if (client.Protocol == TransportProtocol.Udp || !_streams.TryGetValue(client, out ClientStream? stream)) return;
        (stream.HasAllocation, stream.Since) = (has, now);
    }

    public void AdvanceTo(Instant now)
    {
        if (now < _sweepAt) return;
        _sweepAt = now + s_sweep;
        foreach (ClientStream each in _streams.Values)
        {
            if (!each.HasAllocation && now - each.Since >= options.StreamIdleTimeout) each.Connection.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (ClientStream each in _streams.Values) each.Connection.Dispose();
    }
}
