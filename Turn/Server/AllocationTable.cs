using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>All allocations, by client and by relayed address, and the reserved ports (RFC 8656 §7.2).</summary>
internal sealed class AllocationTable(
    TurnServerOptions options, UserTable users, ConnectionTable connections, TurnServerCounters counters, Queue<TurnServerEvent> events, RandomSource random)
{
    private static readonly TimeSpan s_reservation = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_channelGrace = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_sweep = TimeSpan.FromMinutes(5);

    private readonly FlatMap<NetworkPath, ServerAllocation> _byClient = new(static (allocation, client) => allocation.Client == client);
    private readonly FlatMap<TransportAddress, ServerAllocation> _byRelay = new(static (allocation, relay) => allocation.RelayFor(relay) == relay);
    private readonly FlatMap<TransportAddress, ServerAllocation> _byTcpRelay = new(static (allocation, relay) => allocation.RelayFor(relay) == relay);
    private readonly Dictionary<long, (ServerAllocation Allocation, bool IsIPv6)> _opening = [];
    private readonly Dictionary<ulong, TransportAddress> _reserved = [];
    private readonly ExpiryQueue<ServerAllocation> _expiries = new();
    private readonly ExpiryQueue<ulong> _reservations = new();
    private long _tickets;

    public int Count => _byClient.Count;

    public Instant NextTimeout => Instant.Min(_expiries.Next, _reservations.Next);

    public bool TryGet(in NetworkPath client, [NotNullWhen(true)] out ServerAllocation? allocation) =>
        _byClient.TryGet(HashOf(client), client, out allocation);

    public bool TryGetByRelay(TransportAddress relay, [NotNullWhen(true)] out ServerAllocation? allocation) =>
        _byRelay.TryGet(HashOf(relay), relay, out allocation);

    public bool TryGetByTcpRelay(TransportAddress relay, [NotNullWhen(true)] out ServerAllocation? allocation) =>
        _byTcpRelay.TryGet(HashOf(relay), relay, out allocation);

    /// <summary>Adds an allocation whose sockets are still to be opened.</summary>
    public void Add(ServerAllocation allocation)
    {
        _byClient.Add(HashOf(allocation.Client), allocation);
        counters.Allocations = Count;
    }

    /// <summary>Asks the driver for a socket.</summary>
    public void Open(ServerAllocation allocation, bool ipv6, bool even, bool next)
    {
        _opening.Add(++_tickets, (allocation, ipv6));
        allocation.Opening++;
        events.Enqueue(new TurnServerEvent
        {
            Kind = TurnServerEventKind.OpenRelay,
            Ticket = _tickets,
            Client = allocation.Client,
            Protocol = allocation.IsTcp ? TransportProtocol.Tcp : TransportProtocol.Udp,
            IsIPv6 = ipv6,
            NeedsEvenPort = even,
            NeedsNextPort = next,
            DontFragment = allocation.DontFragment,
            Username = allocation.User.Name,
        });
    }

    /// <summary>Takes the driver's answer about a socket.</summary>
    /// <returns>The allocation it is for; null when that is gone, and the socket is to be closed.</returns>
    public ServerAllocation? TakeOpening(long ticket, out bool ipv6, out TransportProtocol protocol)
    {
        (ipv6, protocol) = (false, TransportProtocol.Udp);
        if (!_opening.TryGetValue(ticket, out (ServerAllocation Allocation, bool IsIPv6) opening)) return null;
        _opening.Remove(ticket);
        opening.Allocation.Opening--;
        (ipv6, protocol) = (opening.IsIPv6, opening.Allocation.IsTcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
        return opening.Allocation.IsOver ? null : opening.Allocation;
    }

    public void SetRelay(ServerAllocation allocation, TransportAddress relay)
    {
        if (relay.IsIPv4) allocation.RelayIPv4 = relay;
        else allocation.RelayIPv6 = relay;
        (allocation.IsTcp ? _byTcpRelay : _byRelay).Add(HashOf(relay), allocation);
    }

    public void Close(TransportAddress relay, TransportProtocol protocol = TransportProtocol.Udp) =>
        events.Enqueue(new TurnServerEvent { Kind = TurnServerEventKind.CloseRelay, Relay = relay, Protocol = protocol });

    /// <summary>Keeps a port for who brings the token (RFC 8656 §18.10).</summary>
    public ulong Reserve(TransportAddress relay, Instant now)
    {
        ulong token;
        do token = random.NextUInt64(); while (token == 0 || _reserved.ContainsKey(token));
        _reserved.Add(token, relay);
        _reservations.Add(now + s_reservation, token);
        return token;
    }

    public bool TryTakeReservation(ulong token, out TransportAddress relay)
    {
        bool found = _reserved.TryGetValue(token, out relay);
        if (found) _reserved.Remove(token);
        return found;
    }

    /// <summary>Sets when an allocation ends unless it is refreshed.</summary>
    public void SetExpiry(ServerAllocation allocation, Instant expiry, Instant now)
    {
        allocation.Expiry = expiry;
        _expiries.Add(Instant.Min(expiry, now + s_sweep), allocation);
    }

    /// <summary>Ends an allocation: its sockets are closed, its user gets its share back.</summary>
    public void End(ServerAllocation allocation)
    {
        Debug.Assert(!allocation.IsOver, "an allocation ends once");
        allocation.IsOver = true;
        connections.Ended(allocation);
        _byClient.Remove(HashOf(allocation.Client), allocation.Client);
        TransportAddress first = allocation.RelayIPv4.IsNone ? allocation.RelayIPv6 : allocation.RelayIPv4;
        CloseRelay(allocation, allocation.RelayIPv4);
        CloseRelay(allocation, allocation.RelayIPv6);
        allocation.Clear();
        users.Release(allocation);
        counters.Allocations = Count;
        if (!first.IsNone)
        {
            events.Enqueue(new TurnServerEvent
            {
                Kind = TurnServerEventKind.Ended, Client = allocation.Client, Relay = first, Username = allocation.User.Name,
            });
        }
    }

    /// <summary>Ends the relayed address of one family.</summary>
    public void CloseRelay(ServerAllocation allocation, TransportAddress relay)
    {
        if (relay.IsNone) return;
        (allocation.IsTcp ? _byTcpRelay : _byRelay).Remove(HashOf(relay), relay);
        if (relay.IsIPv4) allocation.RelayIPv4 = default;
        else allocation.RelayIPv6 = default;
        Close(relay, allocation.IsTcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
    }

    public void AdvanceTo(Instant now)
    {
        while (_reservations.TryTake(now, out ulong token))
        {
            if (TryTakeReservation(token, out TransportAddress relay)) Close(relay);
        }
        while (_expiries.TryTake(now, out ServerAllocation? allocation))
        {
            if (allocation.IsOver) continue;
            if (now >= allocation.Expiry)
            {
                End(allocation);
                continue;
            }
            allocation.Sweep(now, s_channelGrace);
            _expiries.Add(Instant.Min(allocation.Expiry, now + s_sweep), allocation);
        }
    }

    public bool HasRoom => Count < options.MaxAllocations;

    // Clients differ by their own address; the server's are few.
    private static uint HashOf(in NetworkPath client) => (uint)client.Remote.GetHashCode();

    private static uint HashOf(TransportAddress relay) => (uint)relay.GetHashCode();
}
