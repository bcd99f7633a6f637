using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>
/// A server's nonces, which it need not remember: each holds when it was made and a MAC over that and whom it was made for, so
/// that it is valid for one client's address and for a time (RFC 8489 §9.2.4).
/// </summary>
/// <remarks>Not thread-safe. Making and checking allocate nothing.</remarks>
public sealed class StunNonces : IDisposable
{
    /// <summary>Bytes of a nonce.</summary>
    public const int Length = StunNonceCookie.Length + 16;

    private const int MacLength = 8;
    private const int RawLength = 4 + MacLength;
    private const int SecretLength = 32;

    private readonly StunCrypto.KeyedHmac _hmac;
    private readonly StunSecurityFeatures _features;
    private readonly long _lifetimeSeconds;

    /// <summary>Starts with a secret of its own: nonces of before, and of other servers, are stale.</summary>
    /// <param name="features">What the server supports.</param>
    /// <param name="lifetime">How long a nonce is good for, from 1 s; RFC 8656 §5 wants at most an hour.</param>
    /// <param name="random">Where the secret comes from.</param>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lifetime"/> is shorter than that, or longer than a day.</exception>
    public StunNonces(StunSecurityFeatures features, TimeSpan lifetime, RandomSource random)
    {
        Require.NotNull(random);
        _features = features;
        _lifetimeSeconds = (long)Require.InRange(lifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)).TotalSeconds;
        Span<byte> secret = stackalloc byte[SecretLength];
        random.Fill(secret);
        _hmac = new StunCrypto.KeyedHmac(true, secret);
        StunCrypto.Clear(secret);
    }

    /// <summary>Writes a nonce for a client.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <see cref="Length"/>.</exception>
    public void Write(Span<byte> destination, in NetworkPath client, Instant now)
    {
        Span<byte> raw = stackalloc byte[RawLength];
        Seal(raw, (uint)(now.Ticks / TimeSpan.TicksPerSecond), client);
        StunNonceCookie.Write(destination, _features);
        Base64.Encode(raw, destination[StunNonceCookie.Length..Length]);
    }

    /// <summary>Whether a nonce is one that we made for this client, and not too long ago.</summary>
    public bool IsValid(ReadOnlySpan<byte> nonce, in NetworkPath client, Instant now)
    {
        if (nonce.Length != Length) return false;
        uint made = 0;
        for (int i = 0; i < 6; i++)                               // 36 bits, of which the first 32 are the time
        {
            int value = Base64.ValueOf(nonce[StunNonceCookie.Length + i]);
            if (value < 0) return false;
            made = i < 5 ? made << 6 | (uint)value : made << 2 | (uint)value >> 4;
        }
        long age = now.Ticks / TimeSpan.TicksPerSecond - made;
        if (age < 0 || age > _lifetimeSeconds) return false;
        Span<byte> raw = stackalloc byte[RawLength];
        Span<byte> expected = stackalloc byte[Length];
        Seal(raw, made, client);
        StunNonceCookie.Write(expected, _features);
        Base64.Encode(raw, expected[StunNonceCookie.Length..]);
        return StunCrypto.FixedTimeEquals(nonce, expected);
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose() => _hmac.Dispose();

    private void Seal(Span<byte> raw, uint made, in NetworkPath client)
    {
        Span<byte> whom = stackalloc byte[1 + 2 + 16];
        whom[0] = (byte)client.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(whom[1..], client.Remote.Port);
        int length = 3 + client.Remote.WriteAddress(whom[3..]);
        BinaryPrimitives.WriteUInt32BigEndian(raw, made);
        Span<byte> mac = stackalloc byte[StunCrypto.Sha256Length];
        _hmac.Compute(raw[..4], whom[..length], mac);
        mac[..MacLength].CopyTo(raw[4..]);
    }
}
