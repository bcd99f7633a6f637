using System.Text;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>The long-term credential of a client: user name and password are ours, realm and nonce the server's (RFC 8489 §9.2).</summary>
internal sealed class TurnCredentials(TurnAllocationOptions options) : IDisposable
{
    private readonly byte[] _username = Encoding.UTF8.GetBytes(options.Username);
    private byte[] _realm = [];
    private byte[] _nonce = [];

    /// <summary>The key; null before the server has told its realm.</summary>
    public StunKey? Key { get; private set; }

    /// <summary>Takes realm and nonce from a 401 or 438.</summary>
    /// <returns>False when they are missing or too long, or nothing is new: repeating the request would be pointless.</returns>
    public bool TryUpdate(in StunMessage error)
    {
        if (!error.TryGet(StunAttributeType.Nonce, out StunAttribute nonce) || nonce.Value.Length > options.MaxNonceLength) return false;
        bool stale = error.GetErrorCode() == StunErrorCode.StaleNonce;
        bool hasRealm = error.TryGet(StunAttributeType.Realm, out StunAttribute realm) && realm.Value.Length <= options.MaxNonceLength;
        if (Key is not null && !stale) return false;                      // 401 to our credentials: they are wrong
        if (Key is null && !hasRealm) return false;
        if (Key is not null && nonce.Value.SequenceEqual(_nonce)) return false;
        _nonce = nonce.Value.ToArray();
        if (hasRealm && (Key is null || !realm.Value.SequenceEqual(_realm)))
        {
            _realm = realm.Value.ToArray();
            Key?.Dispose();
            Key = StunKey.LongTerm(options.Username, Encoding.UTF8.GetString(_realm), options.Password);
        }
        return true;
    }

    /// <summary>Appends USERNAME, REALM, NONCE and MESSAGE-INTEGRITY, once the server has asked for them.</summary>
    public void Sign(ref StunMessageWriter writer)
    {
        if (Key is null) return;
        writer.Write(StunAttributeType.Username, _username);
        writer.Write(StunAttributeType.Realm, _realm);
        writer.Write(StunAttributeType.Nonce, _nonce);
        writer.WriteIntegrity(Key);
    }

    public void Dispose() => Key?.Dispose();
}
