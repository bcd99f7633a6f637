using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>Hands one packet to many senders: its payload is copied once, and from there into each sender's datagram.</summary>
internal static class Forwarding
{
    private const int MaxElements = 128;                 // bytes; a packet's end-to-end extensions are far smaller

    public static void Send(RTCRtpSender[] senders, in IncomingPacket packet, in RtpPacketFields fields)
    {
        if (packet.Codec is not { } codec) return;
        int holders = 0;
        foreach (RTCRtpSender sender in senders)
        {
            if (sender.FindOutlet(rid: null) is not null) holders++;
        }
        if (holders == 0) return;
        MessageLease payload = MessageLease.CopyOf(packet.Packet.Payload).Share(holders), elements = Elements(packet, holders);
        foreach (RTCRtpSender sender in senders)
        {
            // A sender that has gone, or come, since then: each holder's part is given back or never taken.
            if (holders == 0) break;
            if (sender.FindOutlet(rid: null) is not { } outlet) continue;
            holders--;
            outlet.Forward(codec, fields, payload, sender.TrackChanges, elements);
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
