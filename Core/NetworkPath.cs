namespace WebRtcStack.Core;

/// <summary>The way of one datagram: the local transport address it used, the remote one, and the protocol (a five-tuple).</summary>
/// <param name="Local">The address of the socket: where the datagram arrived, or where it leaves from.</param>
/// <param name="Remote">The address of the other end as seen on the wire.</param>
/// <param name="Protocol">The protocol between the two.</param>
public readonly record struct NetworkPath(
    TransportAddress Local, TransportAddress Remote, TransportProtocol Protocol = TransportProtocol.Udp)
{
    /// <summary>"local -> remote", for timelines and logs.</summary>
    public override string ToString() => $"{Local} -> {Remote}" + (Protocol == TransportProtocol.Udp ? "" : $" ({Protocol})");
}
