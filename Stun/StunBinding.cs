using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>The Binding method without credentials: what a client asks a STUN server, and what the server says (RFC 8489 §11 and §12).</summary>
public static class StunBinding
{
    /// <summary>Writes a Binding request with FINGERPRINT.</summary>
    /// <returns>Bytes written, or 0 when <paramref name="destination"/> is too small.</returns>
    public static int WriteRequest(Span<byte> destination, StunTransactionId id)
    {
        StunMessageWriter writer = new(destination, StunClass.Request, StunMethod.Binding, id);
        writer.WriteFingerprint();
        return writer.Length;
    }

    /// <summary>Writes a Binding indication, which keeps a NAT's binding alive (RFC 8445 §11).</summary>
    /// <returns>Bytes written, or 0 when <paramref name="destination"/> is too small.</returns>
    public static int WriteIndication(Span<byte> destination, StunTransactionId id)
    {
        StunMessageWriter writer = new(destination, StunClass.Indication, StunMethod.Binding, id);
        writer.WriteFingerprint();
        return writer.Length;
    }

    /// <summary>Answers a datagram as a STUN server without credentials does (RFC 8489 §6.3.1, §12).</summary>
    /// <param name="datagram">What arrived.</param>
    /// <param name="source">Where it came from: the answer tells that, and goes there.</param>
    /// <param name="destination">Takes the answer; it must not overlap the datagram.</param>
    /// <returns>Bytes of the answer; 0 when the datagram is not a Binding request, or there is no room.</returns>
    public static int Respond(ReadOnlySpan<byte> datagram, TransportAddress source, Span<byte> destination)
    {
        if (!StunMessage.TryParse(datagram, out StunMessage request) ||
            request.Class != StunClass.Request || request.Method != StunMethod.Binding ||
            (request.HasFingerprint && !request.VerifyFingerprint())) return 0;

        Span<StunAttributeType> unknown = stackalloc StunAttributeType[16];
        int count = Math.Min(request.CollectUnknown(default, unknown), unknown.Length);
        StunMessageWriter writer = new(destination,
            count == 0 ? StunClass.SuccessResponse : StunClass.ErrorResponse, StunMethod.Binding, request.TransactionId);
        if (count == 0)
        {
            writer.WriteXorAddress(StunAttributeType.XorMappedAddress, source);
        }
        else
        {
            writer.WriteErrorCode(StunErrorCode.UnknownAttribute);
            writer.WriteUnknownAttributes(unknown[..count]);
        }
        if (request.HasFingerprint) writer.WriteFingerprint();
        return writer.Length;
    }
}
