using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>As much of a TURN server as tests of the client need: strict about what RFC 8656 demands of a client.</summary>
internal sealed class TurnServerModel(TransportAddress address, Action<byte[], NetworkPath> send)
{
    private readonly Dictionary<TransportAddress, Allocation> _allocations = [];       // by client
    private readonly StunKey _key = StunKey.LongTerm("user", "example.org", "pass");
    private readonly byte[] _buffer = new byte[2048];
    private ushort _nextPort = 50000;
    private int _nonce = 1;

    public sealed class Allocation
    {
        public required TransportAddress Relayed { get; init; }
        public Instant Expiry { get; set; }
        public Dictionary<TransportAddress, Instant> Permissions { get; } = [];
        public Dictionary<ushort, TransportAddress> Channels { get; } = [];
    }

    public TransportAddress Address { get; } = address;

    /// <summary>Answers every Allocate with this error.</summary>
    public StunErrorCode Refusal { get; set; }

    public TransportAddress Alternate { get; set; }

    public bool IsSilent { get; set; }

    public int ChannelDataRelayed { get; private set; }

    public int SendIndicationsRelayed { get; private set; }

    public IReadOnlyDictionary<TransportAddress, Allocation> Allocations => _allocations;

    /// <summary>Makes the nonce that clients have stale.</summary>
    public void ChangeNonce() => _nonce++;

    public void LoseAllocations() => _allocations.Clear();

    /// <summary>Takes a datagram to the server's own address.</summary>
    public void Receive(ReadOnlySpan<byte> datagram, TransportAddress client, Instant now)
    {
        if (IsSilent) return;
        _allocations.TryGetValue(client, out Allocation? allocation);
        if (ChannelData.TryParse(datagram, out ushort channel, out ReadOnlySpan<byte> data))
        {
            if (allocation is null || !allocation.Channels.TryGetValue(channel, out TransportAddress to)) return;
            ChannelDataRelayed++;
            Relay(allocation, data, to, now);
            return;
        }
        if (!StunMessage.TryParse(datagram, out StunMessage message)) return;
        if (message.Class == StunClass.Indication && message.Method == StunMethod.Send)
        {
            if (allocation is null || !message.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress to) ||
                !message.TryGet(StunAttributeType.Data, out StunAttribute payload)) return;
            SendIndicationsRelayed++;
            Relay(allocation, payload.Value, to, now);
            return;
        }
        if (message.Method == StunMethod.Binding)
        {
            int length = StunBinding.Respond(datagram, client, _buffer);
            if (length > 0) send(_buffer[..length], new NetworkPath(Address, client));
            return;
        }
        if (message.Class == StunClass.Request) Answer(message, client, allocation, now);
    }

    /// <summary>Takes a datagram to a relayed address.</summary>
    public void ReceiveFromPeer(ReadOnlySpan<byte> datagram, NetworkPath path, Instant now)
    {
        foreach ((TransportAddress client, Allocation allocation) in _allocations)
        {
            if (allocation.Relayed != path.Local) continue;
            if (!allocation.Permissions.TryGetValue(path.Remote.WithPort(0), out Instant expiry) || expiry <= now) return;
            byte[] message = new byte[datagram.Length + 64];
            foreach ((ushort channel, TransportAddress peer) in allocation.Channels)
            {
                if (peer != path.Remote) continue;
                datagram.CopyTo(message.AsSpan(ChannelData.HeaderLength));
                int size = ChannelData.Complete(message, channel, datagram.Length, padded: false);
                send(message[..size], new NetworkPath(Address, client));
                return;
            }
            StunMessageWriter writer = new(message, StunClass.Indication, StunMethod.Data, StunTransactionId.Create(RandomSource.Cryptographic));
            writer.WriteXorAddress(StunAttributeType.XorPeerAddress, path.Remote);
            writer.Write(StunAttributeType.Data, datagram);
            send(message[..writer.Length], new NetworkPath(Address, client));
            return;
        }
    }

    private void Relay(Allocation allocation, ReadOnlySpan<byte> data, TransportAddress peer, Instant now)
    {
        if (allocation.Expiry <= now || !allocation.Permissions.TryGetValue(peer.WithPort(0), out Instant expiry) || expiry <= now) return;
        send(data.ToArray(), new NetworkPath(allocation.Relayed, peer));
    }

    private void Answer(in StunMessage request, TransportAddress client, Allocation? allocation, Instant now)
    {
        byte[] nonce = Encoding.ASCII.GetBytes($"nonce{_nonce}");
        StunErrorCode error = StunErrorCode.None;
        if (!request.HasIntegrity) error = StunErrorCode.Unauthenticated;
        else if (!request.TryGet(StunAttributeType.Nonce, out StunAttribute given) || !given.Value.SequenceEqual(nonce)) error = StunErrorCode.StaleNonce;
        else if (!request.VerifyIntegrity(_key)) error = StunErrorCode.Unauthenticated;
        else if (request.Method == StunMethod.Allocate && !Alternate.IsNone) error = StunErrorCode.TryAlternate;
        else if (request.Method == StunMethod.Allocate && Refusal != StunErrorCode.None) error = Refusal;
        else if (request.Method != StunMethod.Allocate && allocation is null) error = StunErrorCode.AllocationMismatch;

        bool challenge = error is StunErrorCode.Unauthenticated or StunErrorCode.StaleNonce;
        StunMessageWriter writer = new(_buffer, error == StunErrorCode.None ? StunClass.SuccessResponse : StunClass.ErrorResponse,
            request.Method, request.TransactionId);
        if (error == StunErrorCode.None)
        {
            Grant(request, client, allocation, ref writer, now);
        }
        else
        {
            writer.WriteErrorCode(error);
            if (error == StunErrorCode.TryAlternate) writer.WriteAddress(StunAttributeType.AlternateServer, Alternate);
        }
        if (challenge)
        {
            writer.Write(StunAttributeType.Realm, "example.org"u8);
            writer.Write(StunAttributeType.Nonce, nonce);
        }
        else
        {
            writer.WriteIntegrity(_key);
        }
        send(_buffer[..writer.Length], new NetworkPath(Address, client));
    }

    private void Grant(in StunMessage request, TransportAddress client, Allocation? allocation, ref StunMessageWriter writer, Instant now)
    {
        request.TryGetUInt32(StunAttributeType.Lifetime, out uint lifetime);
        request.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress peer);
        switch (request.Method)
        {
            case StunMethod.Allocate:
                Assert.That(request.TryGetUInt32(StunAttributeType.RequestedTransport, out uint transport) && transport == 17u << 24);
                allocation ??= _allocations[client] = new Allocation { Relayed = Address.WithPort(_nextPort++) };
                allocation.Expiry = now + TimeSpan.FromSeconds(lifetime);
                writer.WriteXorAddress(StunAttributeType.XorRelayedAddress, allocation.Relayed);
                writer.WriteXorAddress(StunAttributeType.XorMappedAddress, client);
                writer.WriteUInt32(StunAttributeType.Lifetime, lifetime);
                break;
            case StunMethod.Refresh:
                if (lifetime == 0) _allocations.Remove(client);
                else allocation!.Expiry = now + TimeSpan.FromSeconds(lifetime);
                writer.WriteUInt32(StunAttributeType.Lifetime, lifetime);
                break;
            case StunMethod.CreatePermission:
                allocation!.Permissions[peer.WithPort(0)] = now + TimeSpan.FromMinutes(5);
                break;
            default:
                Assert.That(request.TryGetUInt32(StunAttributeType.ChannelNumber, out uint channel));
                allocation!.Channels[(ushort)(channel >> 16)] = peer;
                allocation.Permissions[peer.WithPort(0)] = now + TimeSpan.FromMinutes(5);
                break;
        }
    }
}
