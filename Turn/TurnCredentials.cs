using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>The long-term credential of a client: user name and password are ours, realm and nonce the server's (RFC 8489 §9.2).</summary>
internal sealed class TurnCredentials(TurnAllocationOptions options) : IDisposable
{
    private string _user = options.Username;
    private string _password = options.Password;
    private byte[] _username = Encoding.UTF8.GetBytes(options.Username);
    private byte[] _userHash = [];
    private byte[] _realm = [];
    private byte[] _nonce = [];
    private byte[] _algorithms = [];                                      // as the server listed them; empty: it knows MD5 alone
    private StunPasswordAlgorithm _algorithm = StunPasswordAlgorithm.Md5;
    private StunSecurityFeatures _features;
    private bool _changed;                                                // since the server last refused

    /// <summary>The key; null before the server has told its realm.</summary>
    public StunKey? Key { get; private set; }

    /// <summary>Whether requests and responses are signed with SHA-256 alone (§9.2.5, at its end).</summary>
    public bool UsesSha256 => _algorithms.Length > 0;

    public string Username => _user;

    /// <summary>The same user towards another stream of the server, which has not told its realm there.</summary>
    public TurnCredentials Fork() => new(options with { Username = _user, Password = _password });

    /// <summary>Takes other credentials; realm and nonce are still the server's.</summary>
    public void Change(string username, string password)
    {
        (_user, _password, _username, _changed) = (username, password, Encoding.UTF8.GetBytes(username), true);
        if (Key is not null) MakeKey();
    }

    /// <summary>Forgets what a server has told, since another one is asked now.</summary>
    public void Forget()
    {
        Key?.Dispose();
        (Key, _realm, _nonce, _algorithms, _features) = (null, [], [], [], StunSecurityFeatures.None);
    }

    /// <summary>Takes realm and nonce from a 401 or 438.</summary>
    /// <returns>False when they are missing or too long, nothing is new, or somebody has tampered with them: repeating the request would be pointless.</returns>
    public bool TryUpdate(in StunMessage error)
    {
        if (!error.TryGet(StunAttributeType.Nonce, out StunAttribute nonce) || nonce.Value.Length > options.MaxNonceLength) return false;
        bool stale = error.GetErrorCode() == StunErrorCode.StaleNonce;
        bool hasRealm = error.TryGet(StunAttributeType.Realm, out StunAttribute realm) && realm.Value.Length <= options.MaxNonceLength;
        if (Key is not null && !stale && !_changed) return false;         // 401 to our credentials: they are wrong
        if (Key is null && !hasRealm) return false;
        if (hasRealm && !StunKey.IsUsable(Encoding.UTF8.GetString(realm.Value.ToArray()))) return false;
        if (Key is not null && stale && nonce.Value.SequenceEqual(_nonce)) return false;
        if (!TryTakeAlgorithms(error, nonce.Value)) return false;
        _nonce = nonce.Value.ToArray();
        _changed = false;
        if (hasRealm && !realm.Value.SequenceEqual(_realm)) _realm = realm.Value.ToArray();
        MakeKey();
        return true;
    }

    /// <summary>Whether a response says of its sender what the server had said before: a downgrade shows here (§9.2.5).</summary>
    private static bool IsConsistent(in StunMessage response) =>
        !response.TryGet(StunAttributeType.Nonce, out StunAttribute nonce) ||
        (StunNonceCookie.Read(nonce.Value) & StunSecurityFeatures.PasswordAlgorithms) == 0 || response.Has(StunAttributeType.PasswordAlgorithms);

    /// <summary>Whether a response is signed with our key, and with the hash that was agreed on.</summary>
    private bool Verify(in StunMessage response) =>
        Key is not null && (!UsesSha256 || response.HasIntegritySha256) && response.VerifyIntegrity(Key);

    /// <summary>
    /// Whether to believe a response (RFC 8489 §9.2.5): what a server says to a signed request is signed, except that it does not know
    /// us, or not any more.
    /// </summary>
    public bool IsGenuine(in StunMessage response, bool isChallenge)
    {
        bool isSigned = response.HasIntegrity || response.HasIntegritySha256;
        if ((isSigned || !isChallenge) && Key is not null && !Verify(response)) return false;
        return isChallenge || IsConsistent(response);
    }

    /// <summary>Appends who we are and MESSAGE-INTEGRITY, once the server has asked for them.</summary>
    public void Sign(ref StunMessageWriter writer)
    {
        if (Key is null) return;
        if ((_features & StunSecurityFeatures.UsernameAnonymity) != 0) writer.Write(StunAttributeType.UserHash, _userHash);
        else writer.Write(StunAttributeType.Username, _username);
        writer.Write(StunAttributeType.Realm, _realm);
        writer.Write(StunAttributeType.Nonce, _nonce);
        if (!UsesSha256)
        {
            writer.WriteIntegrity(Key);
            return;
        }
        writer.Write(StunAttributeType.PasswordAlgorithms, _algorithms);
        writer.WritePasswordAlgorithm(_algorithm);
        writer.WriteIntegritySha256(Key);
    }

    public void Dispose() => Key?.Dispose();

    // §9.2.5: the cookie in the nonce tells that there is a list; without it somebody has taken the list out. Once a list was
    // seen, a challenge without cookie and list would take us back to SHA-1.
    private bool TryTakeAlgorithms(in StunMessage error, ReadOnlySpan<byte> nonce)
    {
        StunSecurityFeatures features = StunNonceCookie.Read(nonce);
        bool hasList = error.TryGet(StunAttributeType.PasswordAlgorithms, out StunAttribute list) && list.Value.Length <= options.MaxNonceLength;
        if ((features & StunSecurityFeatures.PasswordAlgorithms) != 0 ? !hasList : UsesSha256) return false;
        if (!hasList || (features & StunSecurityFeatures.PasswordAlgorithms) == 0)
        {
            _features = features;
            return true;
        }
        if (!StunPasswordAlgorithms.TryChoose(list.Value, out StunPasswordAlgorithm algorithm)) return false;
        (_features, _algorithm) = (features, algorithm);
        _algorithms = list.Value.ToArray();
        return true;
    }

    private void MakeKey()
    {
        string realm = Encoding.UTF8.GetString(_realm);
        Key?.Dispose();
        Key = StunKey.LongTerm(_user, realm, _password, _algorithm);
        if ((_features & StunSecurityFeatures.UsernameAnonymity) != 0) _userHash = StunKey.HashUser(_user, realm);
    }
}
