using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>A user name with its password and the keys that follow from them.</summary>
internal sealed class TurnUser : IDisposable
{
    private readonly string _realm;
    private readonly string _password;
    private StunKey? _md5;
    private StunKey? _sha256;

    public TurnUser(string name, string password, string realm, string account)
    {
        (Name, _password, _realm, Account) = (name, password, realm, account);
        NameBytes = Encoding.UTF8.GetBytes(name);
        UserHash = StunKey.HashUser(name, realm);
    }

    public string Name { get; }

    public byte[] NameBytes { get; }

    public byte[] UserHash { get; }

    /// <summary>Whose quotas its allocations count for.</summary>
    public string Account { get; }

    /// <summary>Allocations that sign with its keys.</summary>
    public int References { get; set; }

    /// <summary>Until when new allocations can be made; <see cref="Instant.Never"/> for no end.</summary>
    public Instant Expiry { get; init; } = Instant.Never;

    /// <summary>Whether the server's table holds it.</summary>
    public bool IsRemembered { get; set; }

    /// <summary>Whether it may be forgotten when room is needed.</summary>
    public bool IsTransient { get; init; }

    public StunKey KeyFor(StunPasswordAlgorithm algorithm) => algorithm == StunPasswordAlgorithm.Sha256
        ? _sha256 ??= StunKey.LongTerm(Name, _realm, _password, StunPasswordAlgorithm.Sha256)
        : _md5 ??= StunKey.LongTerm(Name, _realm, _password);

    public void Dispose()
    {
        _md5?.Dispose();
        _sha256?.Dispose();
    }
}
