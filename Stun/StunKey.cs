using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>How a long-term key is made from user name, realm and password (RFC 8489 §18.5).</summary>
public enum StunPasswordAlgorithm : ushort
{
    /// <summary>MD5, which every server knows (RFC 8489 §18.5.1.1).</summary>
    Md5 = 0x0001,

    /// <summary>SHA-256 (RFC 8489 §18.5.1.2).</summary>
    Sha256 = 0x0002,
}

/// <summary>The key of a STUN credential, prepared once: messages are then signed and verified without allocation.</summary>
/// <remarks>Not thread-safe. <see cref="Dispose"/> clears the key; the object must not be used after that.</remarks>
public sealed class StunKey : IDisposable
{
    private readonly byte[] _key;
    private StunCrypto.KeyedHmac? _sha1;
    private StunCrypto.KeyedHmac? _sha256;

    private StunKey(byte[] key) => _key = key;

    /// <summary>The key of the short-term mechanism, as ICE uses it: the password itself (RFC 8489 §9.1.1).</summary>
    /// <exception cref="ArgumentNullException"><paramref name="password"/> is null.</exception>
    /// <exception cref="ArgumentException">It is not what <see cref="IsUsable"/> lets through.</exception>
    public static StunKey ShortTerm(string password) => new(Encoding.UTF8.GetBytes(OpaqueString.Prepare(Require.NotNull(password), nameof(password))));

    /// <summary>
    /// Whether text can be a user name, realm or password: the OpaqueString profile forbids empty text and control, ignorable, unassigned
    /// and private-use characters (RFC 8265 §4.2). What comes from the wire is to be checked with this before a key is made of it.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static bool IsUsable(string text) => OpaqueString.IsAllowed(Require.NotNull(text));

    /// <summary>The key of the long-term mechanism, as TURN uses it (RFC 8489 §9.2.2).</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">One is not what <see cref="IsUsable"/> lets through.</exception>
    public static StunKey LongTerm(
        string username, string realm, string password, StunPasswordAlgorithm algorithm = StunPasswordAlgorithm.Md5)
    {
        byte[] text = Encoding.UTF8.GetBytes(
            $"{Prepare(username, nameof(username))}:{Prepare(realm, nameof(realm))}:{Prepare(password, nameof(password))}");
        StunKey key = new(algorithm == StunPasswordAlgorithm.Sha256 ? StunCrypto.Sha256(text) : StunCrypto.Md5(text));
        StunCrypto.Clear(text);
        return key;
    }

    /// <summary>USERHASH: SHA-256 over user name and realm, which hides the former from who listens (RFC 8489 §14.4).</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">One is not what <see cref="IsUsable"/> lets through.</exception>
    public static byte[] HashUser(string username, string realm) => StunCrypto.Sha256(Encoding.UTF8.GetBytes(
        $"{Prepare(username, nameof(username))}:{Prepare(realm, nameof(realm))}"));

    /// <summary>The MAC over <paramref name="header"/> and <paramref name="attributes"/>: HMAC-SHA1 (20 bytes) or HMAC-SHA256 (32).</summary>
    internal void ComputeIntegrity(bool sha256, ReadOnlySpan<byte> header, ReadOnlySpan<byte> attributes, Span<byte> mac)
    {
        StunCrypto.KeyedHmac hmac = sha256
            ? _sha256 ??= new StunCrypto.KeyedHmac(true, _key)
            : _sha1 ??= new StunCrypto.KeyedHmac(false, _key);
        hmac.Compute(header, attributes, mac);
    }

    /// <summary>Clears the key.</summary>
    public void Dispose()
    {
        StunCrypto.Clear(_key);
        _sha1?.Dispose();
        _sha256?.Dispose();
    }

    private static string Prepare(string text, string name) => OpaqueString.Prepare(Require.NotNull(text, name), name);
}
