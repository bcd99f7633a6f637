using WebRtcStack.Core;

namespace WebRtcStack.Tests.Simulation;

/// <summary>An address realm (RFC 2663 §2.1): the public network, or what lies behind a NAT.</summary>
public sealed class Realm(string name, SimulatedNat? gateway = null)
{
    private readonly Dictionary<TransportAddress, IAttachment> _attached = [];

    public string Name => name;

    /// <summary>Attaches a host's interface, or a NAT's outer side, by its address (port 0).</summary>
    public void Attach(TransportAddress address, IAttachment attachment) => _attached.Add(address.WithPort(0), attachment);

    /// <summary>Carries a datagram to who has the address here, or out through the NAT; what has neither is lost.</summary>
    public void Route(TransportAddress from, TransportAddress to, byte[] datagram, TransportProtocol protocol = TransportProtocol.Udp)
    {
        if (to.IsMulticast)                                   // to all on the link; no router passes it on
        {
            foreach (IAttachment each in _attached.Values.ToArray()) each.Receive(from, to, datagram, protocol);
        }
        else if (_attached.TryGetValue(to.WithPort(0), out IAttachment? attachment)) attachment.Receive(from, to, datagram, protocol);
        else gateway?.Outbound(from, to, datagram, protocol);
    }
}

/// <summary>Something that has an address in a realm.</summary>
public interface IAttachment
{
    void Receive(TransportAddress from, TransportAddress to, byte[] datagram, TransportProtocol protocol);
}
