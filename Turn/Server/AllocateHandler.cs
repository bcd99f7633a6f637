using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>Allocate requests of authenticated users (RFC 8656 §7.2).</summary>
internal sealed class AllocateHandler(TurnServerOptions options, AllocationTable table, UserTable users, TurnServerCounters counters)
{
    private const byte Udp = 17, Tcp = 6;

    /// <summary>What a well-formed request asks for.</summary>
    private struct Wish
    {
        public bool WantsIPv4, WantsIPv6, IsDual, IsEven, ReservesNext, HasToken, DontFragment, IsTcp;
        public ulong Token;
        public TimeSpan Lifetime;
    }

    /// <summary>Works on a request.</summary>
    /// <returns>What to refuse it with; none when sockets are being opened, or <paramref name="existing"/> is to be told again.</returns>
    public StunErrorCode Handle(
        in StunMessage request, in NetworkPath client, TurnUser user, StunPasswordAlgorithm algorithm, bool sha256,
        ServerAllocation? existing, Instant now, out ServerAllocation? allocation)
    {
        allocation = existing;
        if (existing is not null) return existing.CreatedBy == request.TransactionId ? StunErrorCode.None : StunErrorCode.AllocationMismatch;
        StunErrorCode error = Read(request, client, out Wish wish);
        if (error == StunErrorCode.None) error = CheckLimits(user);
        TransportAddress reserved = default;
        if (error == StunErrorCode.None && wish.HasToken && !table.TryTakeReservation(wish.Token, out reserved)) error = StunErrorCode.InsufficientCapacity;
        TurnAccount? account = error == StunErrorCode.None ? users.TryAcquire(user) : null;
        if (account is null)
        {
            counters.AllocationsRefused++;
            if (!reserved.IsNone) table.Close(reserved);
            return error == StunErrorCode.None ? StunErrorCode.AllocationQuotaReached : error;      // another server's thread was faster
        }
        allocation = new ServerAllocation(client, user, account, algorithm)
        {
            CreatedBy = request.TransactionId,
            UsesSha256 = sha256,
            Lifetime = wish.Lifetime,
            AsksForAdditional = wish.IsDual,
            AdditionalError = wish.IsDual && !wish.WantsIPv6 ? StunErrorCode.AddressFamilyNotSupported : StunErrorCode.None,
            DontFragment = wish.DontFragment,
            IsTcp = wish.IsTcp,
        };
        table.Add(allocation);
        if (wish.HasToken)
        {
            table.SetRelay(allocation, reserved);
            return StunErrorCode.None;
        }
        if (wish.WantsIPv4) table.Open(allocation, ipv6: false, wish.IsEven, wish.ReservesNext);
        if (wish.WantsIPv6) table.Open(allocation, ipv6: true, wish.IsEven, wish.ReservesNext);
        return StunErrorCode.None;
    }

    /// <summary>§7.2 for Allocate, §8.2 for Refresh: what the client proposes, within limits.</summary>
    public TimeSpan LifetimeOf(in StunMessage request)
    {
        TimeSpan proposed = request.TryGetUInt32(StunAttributeType.Lifetime, out uint seconds) ? TimeSpan.FromSeconds(seconds) : options.DefaultLifetime;
        TimeSpan limited = proposed < options.MaxLifetime ? proposed : options.MaxLifetime;
        return limited > options.DefaultLifetime ? limited : options.DefaultLifetime;
    }

    /// <summary>The family in REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY; false when it is malformed.</summary>
    public static bool TryGetFamily(in StunMessage request, StunAttributeType type, out bool isThere, out bool ipv6)
    {
        (isThere, ipv6) = (request.TryGet(type, out StunAttribute attribute), false);
        return !isThere || attribute.TryGetFamily(out ipv6);
    }

    // The checks of §7.2, in its order; what it numbers 4 (DONT-FRAGMENT) is done with the unknown attributes.
    private StunErrorCode Read(in StunMessage request, in NetworkPath client, out Wish wish)
    {
        wish = new Wish { Lifetime = LifetimeOf(request), DontFragment = request.Has(StunAttributeType.DontFragment) };
        if (!request.TryGet(StunAttributeType.RequestedTransport, out StunAttribute transport) || !transport.TryGetTransport(out byte protocol)) return StunErrorCode.BadRequest;
        wish.IsTcp = protocol == Tcp && options.RelaysTcp;
        if (protocol != Udp && !wish.IsTcp) return StunErrorCode.UnsupportedTransportProtocol;

        wish.HasToken = request.TryGetUInt64(StunAttributeType.ReservationToken, out wish.Token);
        bool hasEven = request.TryGet(StunAttributeType.EvenPort, out StunAttribute even);
        bool reservesNext = false;
        // RFC 6062 §5.1, points 2 and 3
        if (wish.IsTcp && (client.Protocol == TransportProtocol.Udp || wish.DontFragment || hasEven || wish.HasToken)) return StunErrorCode.BadRequest;
        if (hasEven && !even.TryGetEvenPort(out reservesNext)) return StunErrorCode.BadRequest;
        if (!TryGetFamily(request, StunAttributeType.RequestedAddressFamily, out bool hasRequested, out bool requestsIPv6) ||
            !TryGetFamily(request, StunAttributeType.AdditionalAddressFamily, out bool hasAdditional, out bool additionalIPv6)) return StunErrorCode.BadRequest;
        if (wish.HasToken && (hasEven || hasRequested || hasAdditional)) return StunErrorCode.BadRequest;
        if (hasRequested && hasAdditional) return StunErrorCode.BadRequest;

        bool serves = requestsIPv6 ? options.RelaysIPv6 : options.RelaysIPv4;
        if (!serves && !hasAdditional) return StunErrorCode.AddressFamilyNotSupported;
        wish.IsEven = hasEven;
        wish.ReservesNext = reservesNext;
        if (wish.ReservesNext && hasAdditional) return StunErrorCode.BadRequest;
        if (hasAdditional && !additionalIPv6) return StunErrorCode.BadRequest;
        if (hasAdditional && !options.RelaysIPv4) return StunErrorCode.InsufficientCapacity;
        wish.IsDual = hasAdditional;
        wish.WantsIPv4 = !requestsIPv6;
        wish.WantsIPv6 = requestsIPv6 || (hasAdditional && options.RelaysIPv6);
        return StunErrorCode.None;
    }

    private StunErrorCode CheckLimits(TurnUser user)
    {
        if (!users.HasRoomFor(user)) return StunErrorCode.AllocationQuotaReached;
        return table.HasRoom ? StunErrorCode.None : StunErrorCode.InsufficientCapacity;
    }
}
