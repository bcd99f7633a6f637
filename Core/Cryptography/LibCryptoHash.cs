#if NET
namespace WebRtcStack.Core;

/// <summary>A hash of libcrypto through its oldest functions, whose state is plain memory: nothing is fetched, locked or allocated.</summary>
internal sealed unsafe class LibCryptoHash
{
    /// <summary>Bytes that hold any hash's state: SHA512_CTX, the largest, has 216.</summary>
    public const int StateLength = 224;

    /// <summary>The longest digest.</summary>
    public const int MaxLength = 64;

    private const int MaxBlockLength = 128;
    private const int ShortLength = 512;                           // hashed in well under a microsecond
    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, int> _init;
    private readonly delegate* unmanaged<byte*, byte*, nuint, int> _update;
    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nuint, int> _updateShort;
    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int> _final;
    private readonly int _blockLength;

    private LibCryptoHash(string name, int length, int blockLength, ref bool all)
    {
        _init = (delegate* unmanaged[SuppressGCTransition]<byte*, int>)LibCrypto.Find(name + "_Init", ref all);
        _update = (delegate* unmanaged<byte*, byte*, nuint, int>)LibCrypto.Find(name + "_Update", ref all);
        _updateShort = (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nuint, int>)LibCrypto.Find(name + "_Update", ref all);
        _final = (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int>)LibCrypto.Find(name + "_Final", ref all);
        (Length, _blockLength) = (length, blockLength);
    }

    /// <summary>Null where libcrypto is not there, or was built without these functions.</summary>
    public static LibCryptoHash? Sha1 { get; } = Create("SHA1", 20, 64);

    public static LibCryptoHash? Sha256 { get; } = Create("SHA256", 32, 64);

    public static LibCryptoHash? Sha384 { get; } = Create("SHA384", 48, MaxBlockLength);

    public static LibCryptoHash? Sha512 { get; } = Create("SHA512", MaxLength, MaxBlockLength);

    /// <summary>Bytes of the digest.</summary>
    public int Length { get; }

    public void Hash(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        byte* state = stackalloc byte[StateLength];
        _init(state);
        Update(state, data);
        Final(state, destination);
    }

    /// <summary>HMAC (RFC 2104) with a key that is used once.</summary>
    public void Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        byte* states = stackalloc byte[2 * StateLength];
        Span<byte> both = new(states, 2 * StateLength);
        BeginHmac(key, both[..StateLength], both[StateLength..]);
        Update(states, data);
        FinishHmac(states, states + StateLength, destination);
        SecretMemory.Clear(both);
    }

    /// <summary>Takes the key of an HMAC into the states of its inner and outer hash, from which any number of HMACs can be computed.</summary>
    public void BeginHmac(ReadOnlySpan<byte> key, Span<byte> inner, Span<byte> outer)
    {
        const byte InnerPad = 0x36, OuterPad = 0x5C;               // RFC 2104 §2
        Span<byte> pad = stackalloc byte[MaxBlockLength];
        pad = pad[.._blockLength];
        pad.Clear();
        if (key.Length > _blockLength) Hash(key, pad);
        else key.CopyTo(pad);
        foreach (ref byte value in pad) value ^= InnerPad;
        Begin(pad, inner);
        foreach (ref byte value in pad) value ^= InnerPad ^ OuterPad;
        Begin(pad, outer);
        SecretMemory.Clear(pad);
    }

    /// <summary>An HMAC from the states that <see cref="BeginHmac"/> filled, over <paramref name="data"/> and what follows it.</summary>
    public void Hmac(ReadOnlySpan<byte> inner, ReadOnlySpan<byte> outer, ReadOnlySpan<byte> data, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
        byte* states = stackalloc byte[2 * StateLength];
        inner.CopyTo(new Span<byte>(states, StateLength));
        outer.CopyTo(new Span<byte>(states + StateLength, StateLength));
        Update(states, data);
        if (!tail.IsEmpty) Update(states, tail);
        FinishHmac(states, states + StateLength, destination);
    }

    private static LibCryptoHash? Create(string name, int length, int blockLength)
    {
        bool all = true;
        LibCryptoHash hash = new(name, length, blockLength, ref all);
        return all ? hash : null;
    }

    private void Begin(ReadOnlySpan<byte> pad, Span<byte> state)
    {
        fixed (byte* bytes = state)
        {
            _init(bytes);
            Update(bytes, pad);
        }
    }

    private void FinishHmac(byte* inner, byte* outer, Span<byte> destination)
    {
        byte* digest = stackalloc byte[MaxLength];
        _final(digest, inner);
        _updateShort(outer, digest, (nuint)Length);
        Final(outer, destination);
    }

    private void Update(byte* state, ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            if (data.Length <= ShortLength) _updateShort(state, bytes, (nuint)data.Length);
            else _update(state, bytes, (nuint)data.Length);
        }
    }

    private void Final(byte* state, Span<byte> destination)
    {
        if (destination.Length < Length) throw new ArgumentException($"A digest has {Length} bytes.", nameof(destination));
        fixed (byte* bytes = destination) _final(bytes, state);
    }
}
#endif
