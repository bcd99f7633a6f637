using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>Hands one packet to many senders: its payload is copied once, and from there into each sender's datagram.</summary>
internal static class Forwarding
{
    private const int MaxElements = 384;                 // bytes; the largest, a dependency descriptor with its structure, has up to 255

    /// <param name="senders">The senders.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="fields">Its fields as they are to be sent.</param>
    /// <param name="numberings">How often the numbers of <paramref name="fields"/> have started anew.</param>
    /// <param name="rewrite">What changes in the payload.</param>
    public static void Send(RTCRtpSender[] senders, in IncomingPacket packet, in RtpPacketFields fields, int numberings = 0, in LayerRewrite rewrite = default)
    {
        if (packet.Codec is not { } codec) return;
        int holders = 0;
        foreach (RTCRtpSender sender in senders)
        {
            if (sender.FindOutlet(rid: null) is not null) holders++;
        }
        if (holders == 0) return;
        MessageLease copy = MessageLease.CopyOf(packet.Payload);
        rewrite.Apply(copy.Span);
        MessageLease payload = copy.Share(holders), elements = Elements(packet, holders);
        foreach (RTCRtpSender sender in senders)
        {
            // A sender that has gone, or come, since then: each holder's part is given back or never taken.
            if (holders == 0) break;
            if (sender.FindOutlet(rid: null) is not { } outlet) continue;
            holders--;
            outlet.Forward(codec, fields, payload, sender.TrackChanges + (numberings << 16), elements);
        }
        for (; holders > 0; holders--)
        {
            payload.Dispose();
            elements.Dispose();
        }
    }

    private static MessageLease Elements(in IncomingPacket packet, int holders)
    {
        Span<byte> elements = stackalloc byte[MaxElements];
        int length = RtpHeaderElements.Read(packet.Packet, packet.ElementIds, elements);
        return MessageLease.CopyOf(elements[..length]).Share(holders);
    }
}
