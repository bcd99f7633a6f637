using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>CreatePermission and ChannelBind requests of authenticated users (RFC 8656 §10.2, §12.2).</summary>
internal sealed class PeerHandler(TurnServerOptions options)
{
    private static readonly TimeSpan s_permissionLifetime = TimeSpan.FromMinutes(5);       // §9
    private static readonly TimeSpan s_channelLifetime = TimeSpan.FromMinutes(10);         // §12

    /// <summary>All peers of the request, or none.</summary>
    public StunErrorCode CreatePermission(in StunMessage request, ServerAllocation allocation, Instant now)
    {
        List<TransportAddress>? added = null;
        int peers = 0;
        WireReader reader = request.Attributes;
        while (StunAttribute.TryRead(ref reader, out StunAttribute attribute))
        {
            if (attribute.Type != StunAttributeType.XorPeerAddress) continue;
            if (!attribute.TryGetXorAddress(request.TransactionId, out TransportAddress peer)) return StunErrorCode.BadRequest;
            StunErrorCode error = CheckPeer(allocation, peer);
            if (error != StunErrorCode.None) return error;
            peers++;
            if (allocation.TryGetPermission(peer, out _)) continue;
            added ??= [];
            if (!added.Contains(peer.WithPort(0))) added.Add(peer.WithPort(0));
        }
        if (peers == 0) return StunErrorCode.BadRequest;
        if (!TryTake(allocation, added?.Count ?? 0)) return StunErrorCode.InsufficientCapacity;
        reader = request.Attributes;
        while (StunAttribute.TryRead(ref reader, out StunAttribute attribute))
        {
            if (attribute.Type == StunAttributeType.XorPeerAddress && attribute.TryGetXorAddress(request.TransactionId, out TransportAddress peer))
                allocation.Permit(peer, now + s_permissionLifetime);
        }
        return StunErrorCode.None;
    }

    public StunErrorCode ChannelBind(in StunMessage request, ServerAllocation allocation, Instant now)
    {
        if (allocation.IsTcp) return StunErrorCode.BadRequest;        // RFC 6062 §4.5: data has streams of its own
        if (!request.TryGet(StunAttributeType.ChannelNumber, out StunAttribute channelNumber) || !channelNumber.TryGetChannelNumber(out ushort number) ||
            !request.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress peer)) return StunErrorCode.BadRequest;
        // Deviation, RFC 8656 §12: numbers from 0x5000 on were good in RFC 5766, and clients in the field use them.
        if (number is < ChannelData.FirstChannel or > ChannelData.LastLegacyChannel) return StunErrorCode.BadRequest;
        bool isBound = allocation.TryGetChannel(number, out ServerChannel? channel);
        if (isBound ? channel!.Peer != peer : allocation.TryGetChannel(peer, out _)) return StunErrorCode.BadRequest;
        StunErrorCode error = CheckPeer(allocation, peer);
        if (error != StunErrorCode.None) return error;
        if (!isBound && allocation.Channels >= options.MaxChannelsPerAllocation) return StunErrorCode.InsufficientCapacity;
        if (!allocation.TryGetPermission(peer, out _) && !TryTake(allocation, 1)) return StunErrorCode.InsufficientCapacity;

        ServerPermission permission = allocation.Permit(peer, now + s_permissionLifetime);
        if (!isBound) allocation.Bind(channel = new ServerChannel(number, peer, permission));
        channel!.Permission = permission;                     // a lapsed one may have been replaced
        channel.Expiry = now + s_channelLifetime;
        return StunErrorCode.None;
    }

    private StunErrorCode CheckPeer(ServerAllocation allocation, TransportAddress peer)
    {
        if (allocation.RelayFor(peer).IsNone) return StunErrorCode.PeerAddressFamilyMismatch;
        return options.PeerRules.Allows(peer) ? StunErrorCode.None : StunErrorCode.Forbidden;
    }

    private bool TryTake(ServerAllocation allocation, int added) =>
        added == 0 || (allocation.Permissions + added <= options.MaxPermissionsPerAllocation &&
            allocation.Account.TryTakePermissions(added, options.MaxPermissionsPerUser));
}
