using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Tests.Simulation;

/// <summary>A STUN server on a simulated host: tells who asks over UDP or TCP what it sees of them.</summary>
public sealed class SimulatedStunServer
{
    private readonly byte[] _answer = new byte[1500];

    public SimulatedStunServer(SimulatedHost host, Realm realm, string address, PathOptions path)
    {
        SimulatedInterface attached = host.AddInterface(realm, address, path);
        TransportAddress local = attached.Address.WithPort(3478);
        host.TryBind(local, (from, datagram) =>
        {
            int length = StunBinding.Respond(datagram, from, _answer);
            if (length > 0) host.Send(local, from, _answer.AsSpan(0, length));
        }, out _);
        host.Tcp.TryListen(local, connection => connection.Received = message =>
        {
            int length = StunBinding.Respond(message, connection.Remote, _answer);
            if (length > 0) connection.Send(_answer.AsSpan(0, length));
        }, out _);
    }
}
