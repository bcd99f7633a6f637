#if NET
using System.Security.Cryptography;
#else
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;
#endif

namespace WebRtcStack.Stun;

/// <summary>The hash functions that STUN needs: the platform's on .NET, BouncyCastle's elsewhere.</summary>
internal static class StunCrypto
{
    public const int Sha256Length = 32;

#if NET
    // MD5 is what RFC 8489 §9.2.2 prescribes for keys of the default password algorithm.
    [SuppressMessage("Security", "CA5351", Justification = "The protocol fixes the algorithm.")]
    public static byte[] Md5(ReadOnlySpan<byte> bytes) => MD5.HashData(bytes);

    public static byte[] Sha256(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes);

    public static bool FixedTimeEquals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        CryptographicOperations.FixedTimeEquals(left, right);

    public static void Clear(Span<byte> secret) => CryptographicOperations.ZeroMemory(secret);
#else
    public static byte[] Md5(ReadOnlySpan<byte> bytes) => Hash(new MD5Digest(), bytes);

    public static byte[] Sha256(ReadOnlySpan<byte> bytes) => Hash(new Sha256Digest(), bytes);

    [System.Runtime.CompilerServices.MethodImpl(
        System.Runtime.CompilerServices.MethodImplOptions.NoInlining | System.Runtime.CompilerServices.MethodImplOptions.NoOptimization)]
    public static bool FixedTimeEquals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length) return false;
        int difference = 0;
        for (int i = 0; i < left.Length; i++) difference |= left[i] ^ right[i];
        return difference == 0;
    }

    [System.Runtime.CompilerServices.MethodImpl(
        System.Runtime.CompilerServices.MethodImplOptions.NoInlining | System.Runtime.CompilerServices.MethodImplOptions.NoOptimization)]
    public static void Clear(Span<byte> secret) => secret.Clear();

    private static byte[] Hash(IDigest digest, ReadOnlySpan<byte> bytes)
    {
        byte[] hash = new byte[digest.GetDigestSize()];
        digest.BlockUpdate(bytes.ToArray(), 0, bytes.Length);
        digest.DoFinal(hash, 0);
        return hash;
    }
#endif

    /// <summary>An HMAC keyed once and used for many messages.</summary>
    public sealed class KeyedHmac : IDisposable
    {
#if NET
        private readonly IncrementalHash _hmac;

        [SuppressMessage("Security", "CA5350", Justification = "RFC 8489 §14.5 fixes HMAC-SHA1.")]
        public KeyedHmac(bool sha256, ReadOnlySpan<byte> key) =>
            _hmac = IncrementalHash.CreateHMAC(sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1, key);

        public void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> mac)
        {
            _hmac.AppendData(first);
            _hmac.AppendData(second);
            _hmac.GetHashAndReset(mac);
        }

        public void Dispose() => _hmac.Dispose();
#else
        private readonly HMac _hmac;
        private readonly byte[] _mac;

        public KeyedHmac(bool sha256, ReadOnlySpan<byte> key)
        {
            _hmac = new HMac(sha256 ? new Sha256Digest() : new Sha1Digest());
            _hmac.Init(new KeyParameter(key.ToArray()));
            _mac = new byte[_hmac.GetMacSize()];
        }

        public void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> mac)
        {
            Update(first);
            Update(second);
            _hmac.DoFinal(_mac, 0);
            _mac.CopyTo(mac);
        }

        public void Dispose() => _hmac.Reset();

        private void Update(ReadOnlySpan<byte> bytes)
        {
            byte[] rented = System.Buffers.ArrayPool<byte>.Shared.Rent(bytes.Length);
            bytes.CopyTo(rented);
            _hmac.BlockUpdate(rented, 0, bytes.Length);
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
#endif
    }
}
