using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>The way of data between clients and peers (RFC 8656 §11, §12): headers come and go in place, nothing is copied or allocated.</summary>
internal sealed class DataRelay(TurnServerOptions options, AllocationTable table, TurnServerCounters counters, RandomSource random)
{
    private readonly bool _limitsBandwidth = options.MaxBytesPerSecondPerUser > 0;

    /// <summary>ChannelData from a client.</summary>
    public bool FromClient(ReadOnlySpan<byte> message, ushort number, ReadOnlySpan<byte> data, in NetworkPath client, Instant now, out TurnForward forward)
    {
        forward = default;
        if (!table.TryGet(client, out ServerAllocation? allocation)) return Drop(TurnServerDropReason.NoAllocation);
        if (!allocation.TryGetChannel(number, out ServerChannel? channel) || now >= channel.Expiry) return Drop(TurnServerDropReason.NoChannel);
        if (now >= channel.Permission.Expiry) return Drop(TurnServerDropReason.NoPermission);
        return ToPeer(allocation, channel.Peer, ChannelData.HeaderLength, data.Length, now, out forward);
    }

    /// <summary>A Send indication from a client.</summary>
    public bool FromClient(in StunMessage message, in NetworkPath client, Instant now, out TurnForward forward)
    {
        forward = default;
        if (!table.TryGet(client, out ServerAllocation? allocation)) return Drop(TurnServerDropReason.NoAllocation);
        if (!message.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress peer) ||
            !message.TryGet(StunAttributeType.Data, out StunAttribute data)) return Drop(TurnServerDropReason.Malformed);
        if (allocation.IsTcp) return Drop(TurnServerDropReason.UnexpectedMessage);        // RFC 6062 §4.5: data has streams of its own
        // §11.2: it is the driver's socket that has DF set or not, for all of its datagrams.
        if (message.Has(StunAttributeType.DontFragment) && !allocation.DontFragment) return Drop(TurnServerDropReason.CannotSetDontFragment);
        if (!allocation.TryGetPermission(peer, now, out _)) return Drop(TurnServerDropReason.NoPermission);
        int offset = 0;
        if (!data.Value.IsEmpty) message.Bytes.Overlaps(data.Value, out offset);
        return ToPeer(allocation, peer, offset, data.Value.Length, now, out forward);
    }

    /// <summary>A datagram from a peer.</summary>
    public bool FromPeer(Span<byte> buffer, int offset, int length, in NetworkPath path, Instant now, out TurnForward forward)
    {
        forward = default;
        if (!table.TryGetByRelay(path.Local, out ServerAllocation? allocation)) return Drop(TurnServerDropReason.UnknownRelay);
        TransportAddress peer = path.Remote;
        bool isBound = allocation.TryGetChannel(peer, out ServerChannel? channel) && now < channel.Expiry;
        if (isBound ? now >= channel!.Permission.Expiry : !allocation.TryGetPermission(peer, now, out _)) return Drop(TurnServerDropReason.NoPermission);
        if (_limitsBandwidth && !allocation.Account.TrySpend(length, now)) return Drop(TurnServerDropReason.BandwidthExceeded);

        int start, size;
        if (isBound)
        {
            start = offset - ChannelData.HeaderLength;
            size = ChannelData.Complete(buffer[start..], channel!.Number, length, padded: allocation.Client.Protocol != TransportProtocol.Udp);
        }
        else
        {
            start = offset - (StunMessage.HeaderLength + 4 + 4 + peer.AddressLength + 4);
            StunMessageWriter writer = new(buffer[start..], StunClass.Indication, StunMethod.Data, StunTransactionId.Create(random));
            writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer);
            writer.Reserve(StunAttributeType.Data, length);       // the data is there already
            size = writer.Length;
        }
        if (size == 0) return Drop(TurnServerDropReason.Malformed);
        counters.DatagramsToClients++;
        counters.BytesToClients += length;
        forward = new TurnForward { Offset = start, Length = size, Path = allocation.Client };
        return true;
    }

    private bool ToPeer(ServerAllocation allocation, TransportAddress peer, int offset, int length, Instant now, out TurnForward forward)
    {
        forward = default;
        TransportAddress relay = allocation.RelayFor(peer);
        if (relay.IsNone) return Drop(TurnServerDropReason.NoPermission);
        if (_limitsBandwidth && !allocation.Account.TrySpend(length, now)) return Drop(TurnServerDropReason.BandwidthExceeded);
        counters.DatagramsToPeers++;
        counters.BytesToPeers += length;
        forward = new TurnForward { Offset = offset, Length = length, Path = new NetworkPath(relay, peer) };
        return true;
    }

    private bool Drop(TurnServerDropReason reason)
    {
        counters.Drop(reason);
        return false;
    }
}
