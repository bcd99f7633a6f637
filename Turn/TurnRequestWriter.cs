using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>Encodes a client's requests, signed with what is known by then.</summary>
internal sealed class TurnRequestWriter(TurnAllocationOptions options, TurnCredentials credentials)
{
    private const byte ProtocolUdp = 17, ProtocolTcp = 6;                 // REQUESTED-TRANSPORT

    private bool _dontFragment = options.DontFragment;
    private bool _bothFamilies = options.RequestBothFamilies;

    /// <summary>Gives a wish up that the server does not understand: DF is no more than that (RFC 8656 §7.4).</summary>
    /// <returns>False when it is none of them.</returns>
    public bool TryWithout(in StunMessage response)
    {
        if (!_dontFragment || !response.TryGet(StunAttributeType.UnknownAttributes, out StunAttribute unknown) || unknown.Value.Length < 2) return false;
        _dontFragment = false;
        return true;
    }

    /// <summary>
    /// Asks for IPv6 alone in place of both families. A server that has no IPv4 address is to grant what it can (RFC 8656 §7.2), but
    /// there are those that refuse all of it.
    /// </summary>
    /// <returns>False when both were not asked for.</returns>
    public bool TryIPv6Alone()
    {
        bool wasBoth = _bothFamilies;
        _bothFamilies = false;
        return wasBoth;
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
        else if (_bothFamilies) writer.WriteFamily(StunAttributeType.AdditionalAddressFamily, isIPv6: true);
        else if (options.RequestIPv6 || options.RequestBothFamilies) writer.WriteFamily(StunAttributeType.RequestedAddressFamily, isIPv6: true);
        if (options.ReservationToken == 0 && (options.RequestEvenPort || options.ReserveNextPort))
            writer.WriteEvenPort(options.ReserveNextPort);
        if (_dontFragment) writer.WriteFlag(StunAttributeType.DontFragment);
    }
}
