using System.Buffers.Binary;
using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>Whom the server knows: configured users, those with time-limited credentials, and those that its host has vouched for.</summary>
/// <remarks>Looking a remembered user up allocates nothing.</remarks>
internal sealed class UserTable : IDisposable
{
    private readonly TurnServerOptions _options;
    private readonly ulong _seed;
    private readonly Dictionary<ulong, TurnUser> _byName = [];
    private readonly Dictionary<ulong, TurnUser> _byUserHash = [];
    private readonly Dictionary<string, TurnAccount> _accounts = new(StringComparer.Ordinal);
    private readonly Queue<TurnUser> _transient = new();      // the oldest first
    private readonly List<TurnUser> _retired = [];            // their keys may still be needed for a reply
    private long _unixTimeAtOrigin;

    public UserTable(TurnServerOptions options, RandomSource random)
    {
        _options = options;
        _seed = random.NextUInt64();
        foreach (KeyValuePair<string, string> each in options.Users) Add(new TurnUser(each.Key, each.Value, options.Realm, Account(each.Key)));
    }

    /// <summary>Tells what time of day it is, which time-limited credentials need.</summary>
    public void SetClock(Instant now, DateTimeOffset time) => _unixTimeAtOrigin = time.ToUnixTimeSeconds() - now.Ticks / TimeSpan.TicksPerSecond;

    /// <summary>Finds a user by name, making it up where the name says until when it is good.</summary>
    public TurnUser? Find(ReadOnlySpan<byte> name, Instant now)
    {
        if (_byName.TryGetValue(Hash(name), out TurnUser? user) && name.SequenceEqual(user.NameBytes)) return IsGood(user, now) ? user : null;
        if (_options.SharedSecret is null) return null;
        string text = Text(name);
        if (!TurnRestCredentials.TryParse(text, out long expiry, out string account)) return null;
        long seconds = expiry - _unixTimeAtOrigin;
        if (seconds <= now.Ticks / TimeSpan.TicksPerSecond) return null;
        return new TurnUser(text, TurnRestCredentials.PasswordFor(_options.SharedSecret, text), _options.Realm, Account(account.Length > 0 ? account : text))
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
        new(name, password, _options.Realm, Account(name)) { Expiry = now + _options.UserLifetime, IsTransient = true };

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

    /// <summary>Counts an allocation of a user.</summary>
    public void Acquire(TurnUser user)
    {
        user.References++;
        if (_accounts.TryGetValue(user.Account.Name, out TurnAccount? shared)) user.Account = shared;
        else _accounts.Add(user.Account.Name, user.Account);
        user.Account.Allocations++;
    }

    /// <summary>Gives a user's allocation back; forgets an account that has no other.</summary>
    public void Release(TurnUser user)
    {
        if (--user.Account.Allocations == 0) _accounts.Remove(user.Account.Name);
        if (--user.References == 0 && !user.IsRemembered) _retired.Add(user);
    }

    /// <summary>How many allocations a user's account has.</summary>
    public int AllocationsOf(TurnUser user) => _accounts.TryGetValue(user.Account.Name, out TurnAccount? shared) ? shared.Allocations : 0;

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

    private TurnAccount Account(string name) =>
        _accounts.TryGetValue(name, out TurnAccount? account) ? account : new TurnAccount(name, _options.MaxBytesPerSecondPerUser);

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
