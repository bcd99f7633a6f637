using System.Runtime.CompilerServices;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>The multicast DNS of one event loop, which its connections share. It has a socket while there is something to ask or to answer.</summary>
internal sealed class MulticastDnsService : IDrivenConnection
{
    private static readonly ConditionalWeakTable<EventLoop, MulticastDnsService> s_ofLoops = new();

    private readonly EventLoop _loop;
    private readonly MulticastDnsNode _node;
    private readonly Dictionary<string, List<Action<TransportAddress>>> _waiting = [];
    private LoopRegistration? _registration;
    private TransportAddress _socket;

    private MulticastDnsService(EventLoop loop, RandomSource random) => (_loop, _node) = (loop, new MulticastDnsNode(new MulticastDnsOptions(), random));

    public Instant NextTimeout => _node.NextTimeout;

    /// <summary>The service of a loop; on the loop.</summary>
    public static MulticastDnsService Of(EventLoop loop, RandomSource random) => s_ofLoops.GetValue(loop, key => new MulticastDnsService(key, random));

    /// <summary>Publishes an address under a fresh name; null when multicast cannot be used here.</summary>
    public string? Publish(TransportAddress address)
    {
        if (!TryOpen()) return null;
        string name = _node.CreateName();
        _node.Publish(name, address);
        return name;
    }

    public void Withdraw(string name)
    {
        _node.Withdraw(name);
        CloseIfIdle();
    }

    /// <summary>Resolves a name; <paramref name="resolved"/> runs on the loop, with no address when nobody has answered.</summary>
    public void Resolve(string name, Action<TransportAddress> resolved)
    {
        if (!TryOpen())
        {
            resolved(default);
            return;
        }
        string key = name.ToLowerInvariant();
        if (!_waiting.TryGetValue(key, out List<Action<TransportAddress>>? waiting)) _waiting.Add(key, waiting = []);
        waiting.Add(resolved);
        _node.Resolve(key);
        _registration!.Touch();
    }

    public void Receive(Span<byte> datagram, in NetworkPath path, Instant now) => _node.Receive(datagram, path.Remote, now);

    public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
    {
        int length = _node.Transmit(destination, now, out TransportAddress to);
        path = new NetworkPath(_socket, to);
        return length;
    }

    public void AdvanceTo(Instant now) => _node.AdvanceTo(now);

    public void PublishEvents(Instant now)
    {
        while (_node.TryReadEvent(out MulticastDnsEvent e))
        {
            if (!_waiting.TryGetValue(e.Name, out List<Action<TransportAddress>>? waiting)) continue;
            _waiting.Remove(e.Name);
            foreach (Action<TransportAddress> resolved in waiting) resolved(e.Address);
        }
        CloseIfIdle();
    }

    public void Fault(Exception exception)
    {
        _registration = null;
        foreach (List<Action<TransportAddress>> waiting in _waiting.Values)
        {
            foreach (Action<TransportAddress> resolved in waiting) resolved(default);
        }
        _waiting.Clear();
    }

    private bool TryOpen()
    {
        if (_registration is not null) return true;
        List<TransportAddress> interfaces = [.. _loop.GetLocalAddresses().Select(local => local.Address).Where(address => address.IsIPv4)];
        interfaces.Sort(static (left, right) => left.IsLoopback.CompareTo(right.IsLoopback));        // queries leave by a real interface where there is one
        LoopRegistration registration = _loop.Attach(this);
        if (interfaces.Count == 0 || !registration.TryOpenMulticast(MulticastDnsNode.Group, interfaces, out _socket, out _))
        {
            registration.Detach();
            return false;
        }
        _registration = registration;
        return true;
    }

    private void CloseIfIdle()
    {
        if (!_node.IsIdle || _waiting.Count > 0 || _registration is null) return;
        _registration.Detach();
        _registration = null;
    }
}
