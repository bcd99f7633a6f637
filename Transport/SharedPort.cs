using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Finds in a datagram the key that says which connection it is for, as the user name of a STUN request does.</summary>
/// <param name="datagram">What has arrived, from anybody.</param>
/// <param name="key">The key, a view into the datagram.</param>
/// <returns>Whether there is one.</returns>
public delegate bool PortKeyReader(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> key);

/// <summary>
/// A socket that many connections share. A datagram with a connection's key is that connection's; any other is the one's that has
/// sent to its source.
/// </summary>
/// <remarks>
/// A source is remembered when a connection sends to it, so that strangers cannot fill the table, and the first connection keeps it
/// until it leaves. Worst-case memory: <see cref="MaxRemotes"/> sources of about 100 bytes for each connection.
/// </remarks>
internal sealed class SharedPort(PortKeyReader reader)
{
    /// <summary>Sources that are remembered for one connection; to others it can still send, and gets what bears its key.</summary>
    public const int MaxRemotes = 64;

    private const int MaxKeyLength = 256;                     // RFC 8839 §5.4: ice-ufrag
    private readonly Dictionary<LoopRegistration, Member> _members = [];
    private readonly Dictionary<string, LoopRegistration> _byKey = [];
    private readonly Dictionary<TransportAddress, LoopRegistration> _byRemote = [];
    private LoopRegistration? _lastSender;
    private TransportAddress _lastRemote;

    private sealed class Member
    {
        public List<string> Keys { get; } = [];

        public List<TransportAddress> Remotes { get; } = [];
    }

    public bool IsEmpty => _members.Count == 0;

    /// <summary>Makes a key a connection's. False when it is another's.</summary>
    public bool TryAdd(LoopRegistration registration, string key)
    {
        if (_byKey.TryGetValue(key, out LoopRegistration? owner)) return owner == registration;
        if (!_members.TryGetValue(registration, out Member? member)) _members.Add(registration, member = new Member());
        member.Keys.Add(key);
        _byKey.Add(key, registration);
        return true;
    }

    /// <summary>Forgets all of a connection.</summary>
    public void Remove(LoopRegistration registration)
    {
        if (!_members.TryGetValue(registration, out Member? member)) return;
        _members.Remove(registration);
        foreach (string key in member.Keys) _byKey.Remove(key);
        foreach (TransportAddress remote in member.Remotes) _byRemote.Remove(remote);
        if (_lastSender == registration) _lastSender = null;
    }

    /// <summary>Whose a datagram is; null when nobody knows it.</summary>
    public LoopRegistration? Find(ReadOnlySpan<byte> datagram, in TransportAddress remote)
    {
        if (reader(datagram, out ReadOnlySpan<byte> key) && key.Length <= MaxKeyLength && _byKey.TryGetValue(Text(key), out LoopRegistration? named)) return named;
        return _byRemote.TryGetValue(remote, out LoopRegistration? known) ? known : null;
    }

    /// <summary>A connection sends to an address: what comes back from there is for it.</summary>
    public void Sent(LoopRegistration registration, in TransportAddress remote)
    {
        if (_lastSender == registration && _lastRemote == remote) return;
        (_lastSender, _lastRemote) = (registration, remote);
        if (_byRemote.ContainsKey(remote) || !_members.TryGetValue(registration, out Member? member) || member.Remotes.Count >= MaxRemotes) return;
        _byRemote.Add(remote, registration);
        member.Remotes.Add(remote);
    }

    private static string Text(ReadOnlySpan<byte> key)
    {
#if NET
        return Encoding.ASCII.GetString(key);
#else
        return Encoding.ASCII.GetString(key.ToArray());
#endif
    }
}
