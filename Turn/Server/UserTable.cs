using System.Buffers.Binary;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>Whom the server knows: configured users, those with time-limited credentials, and those that its host has vouched for.</summary>
/// <remarks>Looking a remembered user up allocates nothing.</remarks>
internal sealed class UserTable : IDisposable
{
    private readonly TurnServerOptions _options;
    private readonly ulong _seed;
    private readonly Dictionary<ulong, TurnUser> _byName = [];
    private readonly Dictionary<ulong, TurnUser> _byUserHash = [];
    private readonly TurnAccounts _accounts;
    private readonly Queue<TurnUser> _transient = new();      // the oldest first
    private readonly List<TurnUser> _retired = [];            // their keys may still be needed for a reply
    private long _unixTimeAtOrigin;

    public UserTable(TurnServerOptions options, RandomSource random, TurnAccounts accounts)
    {
        (_options, _accounts) = (options, accounts);
        _seed = random.NextUInt64();
        foreach (KeyValuePair<string, string> each in options.Users) Add(new TurnUser(each.Key, each.Value, options.Realm, each.Key));
    }

    /// <summary>Tells what time of day it is, which time-limited credentials need.</summary>
    public void SetClock(Instant now, DateTimeOffset time) => _unixTimeAtOrigin = time.ToUnixTimeSeconds() - now.Ticks / TimeSpan.TicksPerSecond;

    /// <summary>Finds a user by name, making it up where the name says until when it is good.</summary>
    public TurnUser? Find(ReadOnlySpan<byte> name, Instant now)
    {
        if (_byName.TryGetValue(Hash(name), out TurnUser? user) && name.SequenceEqual(user.NameBytes)) return IsGood(user, now) ? user : null;
        if (_options.SharedSecret is null) return null;
        string text = Text(name);
        if (!StunKey.IsUsable(text) || !TurnRestCredentials.TryParse(text, out long expiry, out string account)) return null;
        long seconds = expiry - _unixTimeAtOrigin;
        if (seconds <= now.Ticks / TimeSpan.TicksPerSecond) return null;
        return new TurnUser(text, TurnRestCredentials.PasswordFor(_options.SharedSecret, text), _options.Realm, account.Length > 0 ? account : text)
        {
            Expiry = seconds >= long.MaxValue / TimeSpan.TicksPerSecond ? Instant.Never : new Instant(seconds * TimeSpan.TicksPerSecond),
            IsTransient = true,
        };
    }

    /// <summary>Finds a user that is remembered by its USERHASH.</summary>
    public TurnUser? FindByUserHash(ReadOnlySpan<byte> hash, Instant now) =>
        hash.Length == 32 && _byUserHash.TryGetValue(BinaryPrimitives.ReadUInt64BigEndian(hash), out TurnUser? user) &&
        hash.SequenceEqual(user.UserHash) && IsGood(user, now)
            ? user
            : null;

    /// <summary>Makes a user that the host has vouched for.</summary>
    public TurnUser Vouched(string name, string password, Instant now) =>
        new(name, password, _options.Realm, name) { Expiry = now + _options.UserLifetime, IsTransient = true };

    /// <summary>Keeps a user that has proven to know the password.</summary>
    public void Remember(TurnUser user)
    {
        if (user.IsRemembered) return;
        for (int tries = 0; _transient.Count >= _options.MaxUsers && tries < 8; tries++) Forget(_transient.Dequeue());
        if (_byName.TryGetValue(Hash(user.NameBytes), out TurnUser? before))
        {
            if (!before.IsTransient) return;
            Forget(before);                                   // it lapsed; this one takes its place
        }
        Add(user);
        _transient.Enqueue(user);
    }

    /// <summary>Counts an allocation of a user; null when the user has as many as there may be.</summary>
    public TurnAccount? TryAcquire(TurnUser user)
    {
        TurnAccount? account = _accounts.Acquire(user.Account, _options);
        if (account is not null) user.References++;
        return account;
    }

    /// <summary>Gives a user's allocation back.</summary>
    public void Release(ServerAllocation allocation)
    {
        _accounts.Release(allocation.Account);
        if (--allocation.User.References == 0 && !allocation.User.IsRemembered) _retired.Add(allocation.User);
    }

    /// <summary>Whether a user may have another allocation.</summary>
    public bool HasRoomFor(TurnUser user) => _accounts.AllocationsOf(user.Account) < _options.MaxAllocationsPerUser;

    /// <summary>Clears the keys of users that were forgotten; no reply may wait for them.</summary>
    public void ClearRetired()
    {
        foreach (TurnUser user in _retired) user.Dispose();
        _retired.Clear();
    }

    public void Dispose()
    {
        ClearRetired();
        foreach (TurnUser user in _byName.Values) user.Dispose();
        _byName.Clear();
        _byUserHash.Clear();
    }

    public static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name.ToArray());

    private static bool IsGood(TurnUser user, Instant now) => now < user.Expiry;

    private void Add(TurnUser user)
    {
        user.IsRemembered = true;
        _byName[Hash(user.NameBytes)] = user;
        _byUserHash[BinaryPrimitives.ReadUInt64BigEndian(user.UserHash)] = user;
    }

    private void Forget(TurnUser user)
    {
        ulong hash = Hash(user.NameBytes);
        if (_byName.TryGetValue(hash, out TurnUser? held) && ReferenceEquals(held, user)) _byName.Remove(hash);
        ulong userHash = BinaryPrimitives.ReadUInt64BigEndian(user.UserHash);
        if (_byUserHash.TryGetValue(userHash, out held) && ReferenceEquals(held, user)) _byUserHash.Remove(userHash);
        user.IsRemembered = false;
        if (user.References == 0) _retired.Add(user);
    }

    // FNV-1a from a secret start, so that nobody can choose names that fall together; names are compared besides.
    private ulong Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = _seed;
        foreach (byte each in name) hash = (hash ^ each) * 0x100000001B3;
        return hash ^ hash >> 29;
    }
}
