using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>A peer address that may speak to the client until <see cref="Expiry"/> (RFC 8656 §9).</summary>
internal sealed class ServerPermission(TransportAddress address)
{
    /// <summary>The peer's address; its port is 0.</summary>
    public TransportAddress Address { get; } = address;

    public Instant Expiry { get; set; }
}

/// <summary>A channel: a number that stands for a peer until <see cref="Expiry"/> (RFC 8656 §12).</summary>
internal sealed class ServerChannel(ushort number, TransportAddress peer, ServerPermission permission)
{
    public ushort Number { get; } = number;

    public TransportAddress Peer { get; } = peer;

    /// <summary>That of the peer's address: the datagram's way needs no second look-up.</summary>
    public ServerPermission Permission { get; set; } = permission;

    public Instant Expiry { get; set; }
}

/// <summary>One client's allocation (RFC 8656 §3.2): relayed addresses, permissions, channels.</summary>
internal sealed class ServerAllocation(NetworkPath client, TurnUser user, TurnAccount account, StunPasswordAlgorithm algorithm)
{
    private readonly FlatMap<TransportAddress, ServerPermission> _permissions = new(s_hasAddress);
    private readonly FlatMap<ushort, ServerChannel> _channels = new(s_hasNumber);
    private readonly FlatMap<TransportAddress, ServerChannel> _channelsByPeer = new(s_hasPeer);

    private static readonly Func<ServerPermission, TransportAddress, bool> s_hasAddress = static (permission, address) => permission.Address == address;
    private static readonly Func<ServerChannel, ushort, bool> s_hasNumber = static (channel, number) => channel.Number == number;
    private static readonly Func<ServerChannel, TransportAddress, bool> s_hasPeer = static (channel, peer) => channel.Peer == peer;

    public NetworkPath Client { get; } = client;

    public TurnUser User { get; } = user;

    public TurnAccount Account { get; } = account;

    public StunPasswordAlgorithm Algorithm { get; } = algorithm;

    /// <summary>The transaction that made it, since a repetition of its request gets the same answer (RFC 8656 §7.2).</summary>
    public StunTransactionId CreatedBy { get; init; }

    /// <summary>Whether replies are signed with SHA-256.</summary>
    public bool UsesSha256 { get; init; }

    public Instant Expiry { get; set; }

    public TimeSpan Lifetime { get; set; }

    public TransportAddress RelayIPv4 { get; set; }

    public TransportAddress RelayIPv6 { get; set; }

    /// <summary>Sockets that the driver has not answered about.</summary>
    public int Opening { get; set; }

    /// <summary>Why the relayed address of the additional family is missing; none when it is not, or was not asked for.</summary>
    public StunErrorCode AdditionalError { get; set; }

    /// <summary>Why there are no relayed addresses at all.</summary>
    public StunErrorCode Error { get; set; }

    /// <summary>Which family was asked for besides IPv4.</summary>
    public bool AsksForAdditional { get; init; }

    public ulong ReservationToken { get; set; }

    public bool DontFragment { get; init; }

    /// <summary>Whether its relayed addresses are TCP's (RFC 6062).</summary>
    public bool IsTcp { get; init; }

    /// <summary>TCP connections with peers.</summary>
    public int Connections { get; set; }

    public bool IsOver { get; set; }

    public int Permissions => _permissions.Count;

    public int Channels => _channels.Count;

    public TransportAddress RelayFor(TransportAddress peer) => peer.IsIPv4 ? RelayIPv4 : RelayIPv6;

    public bool TryGetPermission(TransportAddress peer, Instant now, [NotNullWhen(true)] out ServerPermission? permission) =>
        TryGetPermission(peer, out permission) && now < permission.Expiry;

    /// <summary>The permission of a peer's address, lapsed or not.</summary>
    public bool TryGetPermission(TransportAddress peer, [NotNullWhen(true)] out ServerPermission? permission)
    {
        TransportAddress address = peer.WithPort(0);
        return _permissions.TryGet(HashOf(address), address, out permission);
    }

    public bool TryGetChannel(ushort number, [NotNullWhen(true)] out ServerChannel? channel) => _channels.TryGet(number, number, out channel);

    public bool TryGetChannel(TransportAddress peer, [NotNullWhen(true)] out ServerChannel? channel) => _channelsByPeer.TryGet(HashOf(peer), peer, out channel);

    /// <summary>Installs or renews a permission; a new one was taken from the account before.</summary>
    public ServerPermission Permit(TransportAddress peer, Instant expiry)
    {
        TransportAddress address = peer.WithPort(0);
        if (!_permissions.TryGet(HashOf(address), address, out ServerPermission? permission))
        {
            _permissions.Add(HashOf(address), permission = new ServerPermission(address));
            foreach (ServerChannel channel in _channels.Values)
            {
                if (channel.Peer.HasSameAddressAs(peer)) channel.Permission = permission;     // the one that it had has lapsed
            }
        }
        permission.Expiry = expiry;
        return permission;
    }

    public void Bind(ServerChannel channel)
    {
        _channels.Add(channel.Number, channel);
        _channelsByPeer.Add(HashOf(channel.Peer), channel);
    }

    /// <summary>Removes what has lapsed. A channel may be bound anew 5 minutes after it has (RFC 8656 §12).</summary>
    public void Sweep(Instant now, TimeSpan channelGrace)
    {
        Account.ReturnPermissions(_permissions.RemoveAll(each => now >= each.Expiry));
        Func<ServerChannel, bool> isOver = each => now >= each.Expiry + channelGrace;
        _channels.RemoveAll(isOver);
        _channelsByPeer.RemoveAll(isOver);
    }

    /// <summary>Gives the account back what it held.</summary>
    public void Clear()
    {
        Account.ReturnPermissions(_permissions.Count);
        _permissions.Clear();
        _channels.Clear();
        _channelsByPeer.Clear();
    }

    private static uint HashOf(TransportAddress address) => (uint)address.GetHashCode();
}
