namespace WebRtcStack.Core;

/// <summary>How a datagram crosses the network.</summary>
public enum TransportProtocol : byte
{
    /// <summary>UDP: datagrams as they are.</summary>
    Udp,

    /// <summary>TCP, each datagram framed (RFC 4571, or STUN and ChannelData framing towards a TURN server).</summary>
    Tcp,

    /// <summary>TLS over TCP, framed like <see cref="Tcp"/>.</summary>
    Tls,
}
