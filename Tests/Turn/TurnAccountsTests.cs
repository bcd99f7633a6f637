using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>Quotas of a user over several servers, as the workers of a host are.</summary>
public sealed class TurnAccountsTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerHour);

    private static TurnServerOptions Options(int allocations = 5, long rate = 0) => new() { Realm = "r", MaxAllocationsPerUser = allocations, MaxBytesPerSecondPerUser = rate };

    [Test]
    public void TwoServersWithTheSameAccounts_KeepToAQuotaTogether()                 // RFC 8656 §7.2, check 10
    {
        VirtualTime time = new(1);
        Realm internet = new("internet");
        TurnAccounts accounts = new();
        using SimulatedTurnServer first = Server("203.0.113.1"), second = Server("203.0.113.2");
        SimulatedHost host = new(time, "client");
        TransportAddress local = host.AddInterface(internet, "198.51.100.1", new PathOptions()).Address;
        TurnServerClient atFirst = new(host, first, local), atSecond = new(host, second, local);
        Assert.That(atFirst.Allocate()?.Error, Is.EqualTo(StunErrorCode.None));
        Assert.That(atSecond.Allocate()?.Error, Is.EqualTo(StunErrorCode.AllocationQuotaReached));
        Assert.That(atFirst.Refresh(0), Is.EqualTo(StunErrorCode.None));
        Assert.That(atSecond.Allocate()?.Error, Is.EqualTo(StunErrorCode.None));

        SimulatedTurnServer Server(string address) => new(
            new SimulatedHost(time, address), internet, [address], new PathOptions(), static options => options with { MaxAllocationsPerUser = 1 }, accounts);
    }

    // Threads come and go on one account: never more than the quota, and nothing is left at the end.
    [Test]
    public void Acquire_FromManyThreads_NeverExceedsTheQuota()
    {
        TurnAccounts accounts = new();
        TurnServerOptions options = Options(allocations: 2);
        int held = 0, most = 0, granted = 0;
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (accounts.Acquire("alice", options) is not { } account) continue;
                int now = Interlocked.Increment(ref held);
                if (now > Volatile.Read(ref most)) Volatile.Write(ref most, now);
                Interlocked.Increment(ref granted);
                Interlocked.Decrement(ref held);
                accounts.Release(account);
            }
        });
        Assert.That((most <= 2, granted > 0, accounts.AllocationsOf("alice")), Is.EqualTo((true, true, 0)));
    }

    [Test]
    public void TrySpend_LetsASecondsWorthThrough_AndThenTheRate()
    {
        TurnAccount account = new TurnAccounts().Acquire("alice", Options(rate: 1000))!;
        int first = 0, later = 0;
        while (account.TrySpend(100, s_start)) first++;
        while (account.TrySpend(100, s_start + TimeSpan.FromSeconds(0.5))) later++;
        Assert.That((first, later), Is.EqualTo((10, 5)));
    }

    [Test]
    public void TryTakePermissions_OverTheLimit_TakesNone()
    {
        TurnAccount account = new TurnAccounts().Acquire("alice", Options())!;
        Assert.That(account.TryTakePermissions(3, 4));
        Assert.That(account.TryTakePermissions(2, 4), Is.False);
        Assert.That(account.TryTakePermissions(1, 4));
    }
}
