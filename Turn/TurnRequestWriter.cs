using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>Encodes a client's requests, signed with what is known by then.</summary>
internal sealed class TurnRequestWriter(TurnAllocationOptions options, TurnCredentials credentials)
{
    private const byte ProtocolUdp = 17, ProtocolTcp = 6;                 // REQUESTED-TRANSPORT

    private enum Family { IPv4, IPv6, Both }

    private bool _dontFragment = options.DontFragment;
    private Family _family = options.RequestBothFamilies ? Family.Both : options.RequestIPv6 ? Family.IPv6 : Family.IPv4;
    private int _familiesRefused;

    /// <summary>Gives a wish up that the server does not understand: DF is no more than that (RFC 8656 §7.4).</summary>
    /// <returns>False when it is none of them.</returns>
    public bool TryWithout(in StunMessage response)
    {
        if (!_dontFragment || !response.TryGet(StunAttributeType.UnknownAttributes, out StunAttribute unknown) || unknown.Value.Length < 2) return false;
        _dontFragment = false;
        return true;
    }

    /// <summary>Turns to another family where the server lacks the one that was asked for, or does not give both (RFC 8656 §7.2).</summary>
    /// <returns>False when the error is about something else, or nothing is left to ask for.</returns>
    public bool TryOtherFamily(StunErrorCode error)
    {
        if (!options.AcceptOtherFamily || options.ReservationToken != 0 || _familiesRefused == (options.RequestBothFamilies ? 2 : 1)) return false;
        // §7.4 has a client not retry the request after 440; this is another one, for a family that the server has not refused yet.
        // A server without IPv4 refuses ADDITIONAL-ADDRESS-FAMILY with 508, one that does not know the attribute with 420.
        bool refused = error == StunErrorCode.AddressFamilyNotSupported || (options.RequestBothFamilies &&
            (error is StunErrorCode.BadRequest or StunErrorCode.UnknownAttribute or StunErrorCode.InsufficientCapacity));
        if (!refused) return false;
        _familiesRefused++;
        _family = _family == Family.IPv6 ? Family.IPv4 : Family.IPv6;
        return true;
    }

    /// <summary>Writes a request.</summary>
    /// <param name="request">Which.</param>
    /// <param name="closes">Whether a Refresh is to end the allocation.</param>
    /// <param name="destination">Where to.</param>
    /// <returns>Bytes written, 0 when there is no room.</returns>
    public int Write(TurnRequest request, bool closes, Span<byte> destination)
    {
        StunMessageWriter writer = new(destination, StunClass.Request, request.Method, request.Transaction.Id);
        switch (request.Method)
        {
            case StunMethod.Allocate:
                writer.WriteTransport(options.RequestTcp ? ProtocolTcp : ProtocolUdp);
                writer.WriteUInt32(StunAttributeType.Lifetime, (uint)options.Lifetime.TotalSeconds);
                WriteWishes(ref writer);
                break;
            case StunMethod.Refresh:
                writer.WriteUInt32(StunAttributeType.Lifetime, closes ? 0 : (uint)options.Lifetime.TotalSeconds);
                break;
            case StunMethod.ChannelBind:
                writer.WriteChannelNumber(request.Channel);
                writer.WriteXorAddress(StunAttributeType.XorPeerAddress, request.Peer);
                break;
            default:
                writer.WriteXorAddress(StunAttributeType.XorPeerAddress, request.Peer);
                break;
        }
        credentials.Sign(ref writer);
        writer.WriteFingerprint();
        return writer.Length;
    }

    private void WriteWishes(ref StunMessageWriter writer)
    {
        if (options.ReservationToken != 0) writer.WriteUInt64(StunAttributeType.ReservationToken, options.ReservationToken);
        else if (_family == Family.Both) writer.WriteFamily(StunAttributeType.AdditionalAddressFamily, isIPv6: true);
        else if (_family == Family.IPv6) writer.WriteFamily(StunAttributeType.RequestedAddressFamily, isIPv6: true);
        if (options.ReservationToken == 0 && (options.RequestEvenPort || options.ReserveNextPort))
            writer.WriteEvenPort(options.ReserveNextPort);
        if (_dontFragment) writer.WriteFlag(StunAttributeType.DontFragment);
    }
}
