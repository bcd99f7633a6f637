using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack;

public sealed partial class RTCPeerConnection
{
    private const int MaxNameLength = 65_535;

    /// <summary>Creates a data channel (webrtc-pc §6.1).</summary>
    /// <param name="label">The label, at most 65535 bytes of UTF-8.</param>
    /// <param name="init">Its properties; null for reliable and in order.</param>
    /// <exception cref="DOMException">InvalidStateError: closed. OperationError: the id is in use or larger than what was negotiated, or none is free.</exception>
    /// <exception cref="ArgumentException">Label or protocol is too long, both limits are set, or a negotiated channel has no id (WebIDL TypeErrors).</exception>
    public RTCDataChannel CreateDataChannel(string label, RTCDataChannelInit? init = null)
    {
        label = ToScalarValues(Require.NotNull(label));
        init ??= new RTCDataChannelInit();
        string protocol = ToScalarValues(init.Protocol);
        lock (_context.Gate)
        {
            _context.RequireOpen();
            if (Encoding.UTF8.GetByteCount(label) > MaxNameLength) throw new ArgumentException($"The label has more than {MaxNameLength} bytes.", nameof(label));
            if (Encoding.UTF8.GetByteCount(protocol) > MaxNameLength) throw new ArgumentException($"The protocol has more than {MaxNameLength} bytes.", nameof(init));
            if (init.MaxPacketLifeTime is not null && init.MaxRetransmits is not null)
                throw new ArgumentException("A channel has MaxPacketLifeTime or MaxRetransmits, not both.", nameof(init));
            if (init.Negotiated && init.Id is null) throw new ArgumentException("A negotiated channel needs an Id.", nameof(init));
            if (init.Negotiated && init.Id == 65_535) throw new ArgumentException("65535 is no id: 65534 is the largest.", nameof(init));
            return _context.Channels.Create(new DataChannelParameters
            {
                Label = label, Protocol = protocol, Ordered = init.Ordered, MaxPacketLifeTime = init.MaxPacketLifeTime,
                MaxRetransmits = init.MaxRetransmits, Negotiated = init.Negotiated, Id = init.Negotiated ? init.Id : null, Priority = Priority(init.Priority),
            });
        }
    }

    // A USVString of WebIDL: surrogates without their other half become U+FFFD, as they would on the wire.
    private static string ToScalarValues(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    // RFC 8831 §6.4
    private static ushort Priority(RTCPriorityType priority) => priority switch
    {
        RTCPriorityType.VeryLow => 128,
        RTCPriorityType.Low => 256,
        RTCPriorityType.Medium => 512,
        _ => 1024,
    };
}
