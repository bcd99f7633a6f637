using System.Collections.Concurrent;
using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>
/// What users have of one or several <see cref="TurnServer"/>s: servers that are given the same object, each on a thread of its own,
/// keep to the quotas of a user together. They need the same options.
/// </summary>
/// <remarks>Safe from any thread, without locks. Worst-case memory: some 200 bytes for each user that has an allocation.</remarks>
public sealed class TurnAccounts
{
    private readonly ConcurrentDictionary<string, TurnAccount> _accounts = new(StringComparer.Ordinal);

    internal int AllocationsOf(string name) => _accounts.TryGetValue(name, out TurnAccount? account) ? Math.Max(0, account.Allocations) : 0;

    /// <summary>Counts an allocation of a user; null when there are as many as there may be.</summary>
    internal TurnAccount? Acquire(string name, TurnServerOptions options)
    {
        while (true)
        {
            TurnAccount account = _accounts.GetOrAdd(name, static (each, rate) => new TurnAccount(each, rate), options.MaxBytesPerSecondPerUser);
            switch (account.TryOpen(options.MaxAllocationsPerUser))
            {
                case true: return account;
                case false: return null;
                default: continue;                                // another thread has just closed it and removes it
            }
        }
    }

    /// <summary>Gives an allocation back; an account that has no other is forgotten.</summary>
    internal void Release(TurnAccount account)
    {
        if (account.Close()) _accounts.TryRemove(account.Name, out _);
    }
}

/// <summary>What one user has, over all of the user's credentials. Any server's thread may use it.</summary>
internal sealed class TurnAccount(string name, long bytesPerSecond)
{
    private const int Closed = -1;

    private int _allocations, _permissions;
    private double _paidUntil = double.MinValue;                  // in ticks: where a token bucket would be full again

    public string Name { get; } = name;

    public int Allocations => Volatile.Read(ref _allocations);

    /// <summary>Counts an allocation.</summary>
    /// <returns>False when there are as many as there may be; null when the account is closed.</returns>
    public bool? TryOpen(int limit)
    {
        while (true)
        {
            int held = Allocations;
            if (held == Closed) return null;
            if (held >= limit) return false;
            if (Interlocked.CompareExchange(ref _allocations, held + 1, held) == held) return true;
        }
    }

    /// <summary>Gives an allocation back.</summary>
    /// <returns>Whether it was the last: the account is closed then.</returns>
    public bool Close() => Interlocked.Decrement(ref _allocations) == 0 && Interlocked.CompareExchange(ref _allocations, Closed, 0) == 0;

    /// <summary>Takes permissions, all or none.</summary>
    public bool TryTakePermissions(int count, int limit)
    {
        if (Interlocked.Add(ref _permissions, count) <= limit) return true;
        ReturnPermissions(count);
        return false;
    }

    public void ReturnPermissions(int count) => Interlocked.Add(ref _permissions, -count);

    /// <summary>Takes bytes from the user's share whatever there is left; what exceeds it has to wait.</summary>
    public TimeSpan Spend(int bytes, Instant now)
    {
        if (bytesPerSecond == 0) return TimeSpan.Zero;
        double cost = (double)bytes * TimeSpan.TicksPerSecond / bytesPerSecond;
        while (true)
        {
            double paid = Volatile.Read(ref _paidUntil);
            double next = Math.Max(paid, now.Ticks - TimeSpan.TicksPerSecond) + cost;
            if (Interlocked.CompareExchange(ref _paidUntil, next, paid).Equals(paid)) return TimeSpan.FromTicks((long)Math.Max(0, next - now.Ticks));
        }
    }

    /// <summary>Takes bytes from the user's share of the bandwidth; a second's worth may come at once.</summary>
    public bool TrySpend(int bytes, Instant now)
    {
        if (bytesPerSecond == 0) return true;
        double cost = (double)bytes * TimeSpan.TicksPerSecond / bytesPerSecond;
        while (true)
        {
            double paid = Volatile.Read(ref _paidUntil);
            double next = Math.Max(paid, now.Ticks - TimeSpan.TicksPerSecond) + cost;
            if (next > now.Ticks) return false;
            if (Interlocked.CompareExchange(ref _paidUntil, next, paid).Equals(paid)) return true;
        }
    }
}
