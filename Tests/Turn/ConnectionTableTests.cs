using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>Whatever clients, peers and the driver do, in whatever order: no TCP connection is lost sight of, none is bound twice (RFC 6062 §5).</summary>
internal sealed class ConnectionTableTests
{
    private const int Clients = 4, Limit = 3;

    [Test]
    public void Connections_UnderRandomEvents_AreEachClosedOnceAndBoundOnce([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Random random = new(seed);
        using TcpServerDriver driver = new(static options => options with { MaxConnectionsPerAllocation = Limit, NonceLifetime = TimeSpan.FromDays(1) }, RandomSource.Seeded((ulong)seed));
        HashSet<uint> open = [], bound = [];                      // as the driver sees them
        List<StunTransactionId> asked = [];
        int seen = 0, streams = 100;
        for (int step = 0; step < 400; step++)
        {
            NetworkPath client = TcpServerDriver.Client(random.Next(Clients));
            TransportAddress peer = TcpServerDriver.Peer.WithPort((ushort)(7000 + random.Next(5)));
            uint any = open.Count > 0 ? open.ElementAt(random.Next(open.Count)) : (uint)random.Next();
            switch (random.Next(12))
            {
                case 0 or 1:
                    driver.Allocate(client);
                    break;
                case 2 or 3 or 4:
                    asked.Add(driver.Connect(client, peer));
                    break;
                case 5:
                    driver.Permit(client, peer);
                    if (driver.Events.Any(e => e.Kind == TurnServerEventKind.Allocated && e.Client == client) && driver.Accept(driver.RelayOf(client), peer) is not 0 and uint accepted) open.Add(accepted);
                    break;
                case 6 or 7:
                    driver.Do(server => server.PeerConnected(any, driver.Now));
                    break;
                case 8:
                    if (driver.Bind(TcpServerDriver.Client(streams++), any) == StunErrorCode.None) Assert.That(bound.Add(any), $"seed {seed}: bound twice");
                    break;
                case 9:
                    driver.Do(server => server.PeerDisconnected(any));
                    open.Remove(any);
                    break;
                case 10:
                    driver.Do(server => server.Disconnected(random.Next(4) == 0 ? client : TcpServerDriver.Client(random.Next(100, streams + 1))));
                    break;
                default:
                    driver.Run(TimeSpan.FromSeconds(random.Next(60)));
                    break;
            }
            Follow();
        }
        driver.Run(TimeSpan.FromHours(2));
        Follow();
        Assert.That(open, Is.Empty, $"seed {seed}");
        Assert.That(driver.Server.NextTimeout.IsNever, $"seed {seed}");
        foreach (StunTransactionId each in asked)
            Assert.That(driver.Sent.Count(sent => StunMessage.TryParse(sent.Message, out StunMessage answer) && answer.TransactionId == each), Is.EqualTo(1), $"seed {seed}: each Connect has one answer");

        void Follow()
        {
            for (; seen < driver.Events.Count; seen++)
            {
                TurnServerEvent e = driver.Events[seen];
                if (e.Kind == TurnServerEventKind.ConnectPeer) Assert.That(open.Add(e.Connection), $"seed {seed}");
                else if (e.Kind == TurnServerEventKind.ClosePeer) Assert.That(open.Remove(e.Connection), $"seed {seed}: closed twice");
                else if (e.Kind == TurnServerEventKind.JoinStreams) Assert.That(open, Does.Contain(e.Connection), $"seed {seed}");
            }
            Assert.That(driver.Server.Counters.Connections, Is.EqualTo(open.Count), $"seed {seed}");
            Assert.That(open, Has.Count.LessThanOrEqualTo(Clients * Limit), $"seed {seed}");
        }
    }

    private static IEnumerable<int> SomeSeeds() => Seeds.Range(10);
}
