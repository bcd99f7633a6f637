namespace WebRtcStack.Srtp;

/// <summary>The MKI that packets carry where one is agreed (RFC 3711 §3.1): before a tag of HMAC-SHA1, at the very end with an AEAD (RFC 7714 §8.2, §9.2).</summary>
internal readonly struct MasterKeyIdentifier(SrtpProfile profile, SrtpOptions options)
{
    private readonly byte[] _value = options.Mki.ToArray();
    private readonly bool _isAead = profile.IsAead();

    public int Length => _value.Length;

    /// <summary>Adds it to a packet; there must be room.</summary>
    public void Add(Span<byte> buffer, int length, int tagLength)
    {
        if (_value.Length == 0) return;
        int at = _isAead ? length : length - tagLength;
        buffer[at..length].CopyTo(buffer[(at + _value.Length)..]);
        _value.CopyTo(buffer[at..]);
    }

    /// <summary>Takes it out of a packet; false when it is another one, or the packet too short.</summary>
    public bool TryRemove(ref Span<byte> packet, int tagLength)
    {
        if (_value.Length == 0) return true;
        int at = packet.Length - _value.Length - (_isAead ? 0 : tagLength);
        if (at < 0 || !packet.Slice(at, _value.Length).SequenceEqual(_value)) return false;
        packet[(at + _value.Length)..].CopyTo(packet[at..]);
        packet = packet[..^_value.Length];
        return true;
    }
}
