using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>What is owed to a client; it is encoded when the driver asks for it.</summary>
internal struct Reply
{
    public NetworkPath Client;
    public StunTransactionId Id;
    public StunMethod Method;
    public StunErrorCode Error;
    public bool HasFingerprint;

    /// <summary>Signs the reply; null where the request's sender is not known.</summary>
    public StunKey? Key;
    public bool UsesSha256;

    /// <summary>Whether REALM, NONCE and PASSWORD-ALGORITHMS go with it.</summary>
    public bool Challenges;

    /// <summary>What an Allocate response tells.</summary>
    public ServerAllocation? Allocation;

    /// <summary>Seconds for LIFETIME, of Refresh.</summary>
    public uint Lifetime;

    /// <summary>For ALTERNATE-SERVER and ALTERNATE-DOMAIN, of 300.</summary>
    public TurnAlternate? Alternate;

    /// <summary>For CONNECTION-ID; 0 for none.</summary>
    public uint Connection;

    /// <summary>Of a Data indication about ICMP: whom the datagram was for, and what became of it. Of a ConnectionAttempt: who has connected.</summary>
    public TransportAddress Peer;
    public StunIcmp Icmp;

    /// <summary>Up to four attribute types for UNKNOWN-ATTRIBUTES, 16 bits each.</summary>
    public ulong Unknown;
    public int UnknownCount;
}

/// <summary>A ring of replies that are owed; what does not fit is not owed.</summary>
internal sealed class ReplyQueue
{
    private const int Capacity = 1024;
    private readonly Reply[] _ring = new Reply[Capacity];
    private int _first;

    public int Count { get; private set; }

    public bool TryAdd(in Reply reply)
    {
        if (Count == Capacity) return false;
        _ring[(_first + Count++) % Capacity] = reply;
        return true;
    }

    public ref readonly Reply Peek() => ref _ring[_first];

    public void Remove()
    {
        _ring[_first] = default;
        _first = (_first + 1) % Capacity;
        Count--;
    }
}

/// <summary>Encodes replies.</summary>
internal sealed class ReplyWriter(byte[] realm, StunNonces nonces)
{
    public int Write(in Reply reply, Span<byte> destination, Instant now)
    {
        if (reply.Method is StunMethod.Data or StunMethod.ConnectionAttempt) return WriteIndication(reply, destination);
        StunMessageWriter writer = new(
            destination, reply.Error == StunErrorCode.None ? StunClass.SuccessResponse : StunClass.ErrorResponse, reply.Method, reply.Id);
        if (reply.Error != StunErrorCode.None) WriteError(reply, ref writer, now);
        else WriteSuccess(reply, ref writer, now);
        if (reply.Key is not null)
        {
            // RFC 8489 §9.2.4: SHA-256 for who named a password algorithm, SHA-1 for who did not.
            if (reply.UsesSha256) writer.WriteIntegritySha256(reply.Key);
            else writer.WriteIntegrity(reply.Key);
        }
        if (reply.HasFingerprint) writer.WriteFingerprint();
        return writer.Length;
    }

    private static int WriteIndication(in Reply reply, Span<byte> destination)
    {
        StunMessageWriter writer = new(destination, StunClass.Indication, reply.Method, reply.Id);
        writer.WriteXorAddress(StunAttributeType.XorPeerAddress, reply.Peer);
        if (reply.Method == StunMethod.Data) writer.WriteIcmp(reply.Icmp);
        else writer.WriteUInt32(StunAttributeType.ConnectionId, reply.Connection);
        return writer.Length;
    }

    private static void WriteSuccess(in Reply reply, ref StunMessageWriter writer, Instant now)
    {
        switch (reply.Method)
        {
            case StunMethod.Binding:
                writer.WriteXorAddress(StunAttributeType.XorMappedAddress, reply.Client.Remote);
                break;
            case StunMethod.Allocate when reply.Allocation is { } allocation:                       // RFC 8656 §7.3
                if (!allocation.RelayIPv4.IsNone) writer.WriteXorAddress(StunAttributeType.XorRelayedAddress, allocation.RelayIPv4);
                if (!allocation.RelayIPv6.IsNone) writer.WriteXorAddress(StunAttributeType.XorRelayedAddress, allocation.RelayIPv6);
                writer.WriteUInt32(StunAttributeType.Lifetime, (uint)Math.Max(0, (allocation.Expiry - now).TotalSeconds));
                writer.WriteXorAddress(StunAttributeType.XorMappedAddress, reply.Client.Remote);
                if (allocation.ReservationToken != 0) writer.WriteUInt64(StunAttributeType.ReservationToken, allocation.ReservationToken);
                if (allocation.AdditionalError != StunErrorCode.None) writer.WriteAddressError(isIPv6: true, allocation.AdditionalError);
                break;
            case StunMethod.Refresh:
                writer.WriteUInt32(StunAttributeType.Lifetime, reply.Lifetime);
                break;
            case StunMethod.Connect:                                                                // RFC 6062 §5.2
                writer.WriteUInt32(StunAttributeType.ConnectionId, reply.Connection);
                break;
            default:                                                                                // CreatePermission, ChannelBind, ConnectionBind: nothing
                break;
        }
    }

    private void WriteError(in Reply reply, ref StunMessageWriter writer, Instant now)
    {
        writer.WriteErrorCode(reply.Error);
        if (reply.Challenges)
        {
            Span<byte> nonce = writer.Reserve(StunAttributeType.Nonce, StunNonces.Length);
            if (!nonce.IsEmpty) nonces.Write(nonce, reply.Client, now);
            writer.Write(StunAttributeType.Realm, realm);
            writer.Write(StunAttributeType.PasswordAlgorithms, StunPasswordAlgorithms.Sha256ThenMd5);
        }
        if (reply.Alternate is { } alternate)
        {
            writer.WriteAddress(StunAttributeType.AlternateServer, alternate.Address);
            if (alternate.DomainBytes.Length > 0) writer.Write(StunAttributeType.AlternateDomain, alternate.DomainBytes);
        }
        if (reply.UnknownCount == 0) return;
        Span<StunAttributeType> unknown = stackalloc StunAttributeType[4];
        for (int i = 0; i < reply.UnknownCount; i++) unknown[i] = (StunAttributeType)(ushort)(reply.Unknown >> (16 * i));
        writer.WriteUnknownAttributes(unknown[..reply.UnknownCount]);
    }
}
