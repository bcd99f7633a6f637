using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>
/// A transport's TCP connections to STUN servers, which leave from the ports that peers connect to, so that a server sees what a NAT makes
/// of these (RFC 6544 §5.2). On the loop.
/// </summary>
internal static class StunStreams
{
    // A server need not listen for TCP, and a firewall may swallow the attempt: gathering does not wait for long.
    private static readonly TimeSpan s_openTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connects from each port that accepts connections to each server that can be reached from there.</summary>
    /// <param name="peer">Whose sockets they are.</param>
    /// <param name="stack">Whose ports.</param>
    /// <param name="servers">The STUN servers.</param>
    /// <param name="wait">Has gathering wait for one more; its result ends that.</param>
    public static void Open(PeerTransport peer, TransportStack stack, IReadOnlyList<TransportAddress> servers, Func<Action> wait)
    {
        foreach ((TransportAddress bound, TransportProtocol protocol) in stack.Bases)
        {
            if (protocol != TransportProtocol.Tcp || bound.Port == LoopRegistration.ActiveTcpPort) continue;
            foreach (TransportAddress server in servers)
            {
                if (server.IsIPv4 == bound.IsIPv4 && server.IsLoopback == bound.IsLoopback) Open(peer, stack, bound, server, wait());
            }
        }
    }

    private static void Open(PeerTransport peer, TransportStack stack, TransportAddress bound, TransportAddress server, Action done)
    {
        bool isOpen = false;
        peer.Registration.OpenStream(new LoopStream
        {
            Local = bound,
            SharesPort = true,
            Remote = server,
            Framing = StunFraming.TryGetFrameLength,
            OpenTimeout = s_openTimeout,
            Opened = _ =>
            {
                isOpen = true;
                // The port's address may have vanished meanwhile.
                if (stack.Bases.Contains((bound, TransportProtocol.Tcp)) && peer.Stacks.Contains(stack))
                    peer.Ice.AddStunConnection(stack.Stream, bound, server, peer.Registration.Loop.Now);
                done();
            },
            Closed = (_, _) =>
            {
                if (isOpen) peer.Ice.RemoveStunConnection(bound, server, peer.Registration.Loop.Now);
                else done();
                peer.Registration.Touch();
            },
        });
    }
}
