using System.Globalization;
using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>A range of addresses in CIDR notation: "192.0.2.0/24", "2001:db8::/32", or one address (RFC 4632 §3.1, RFC 4291 §2.3).</summary>
public readonly struct AddressRange : IEquatable<AddressRange>
{
    private readonly TransportAddress _prefix;
    private readonly byte _length;

    private AddressRange(TransportAddress prefix, byte length) => (_prefix, _length) = (prefix, length);

    /// <summary>Reads a range.</summary>
    /// <exception cref="FormatException">The text is no range; the message says what one looks like.</exception>
    public static AddressRange Parse(string text)
    {
        Require.NotNull(text);
        int slash = text.IndexOf('/');
        if (!TransportAddress.TryParse(slash < 0 ? text : text[..slash], 0, out TransportAddress address)) throw Malformed(text);
        int bits = 8 * address.AddressLength, length = bits;
        if (slash >= 0 && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
            throw Malformed(text);
        return new AddressRange(address, (byte)length);
    }

    /// <summary>Whether an address lies in the range; its port does not matter.</summary>
    public bool Contains(TransportAddress address)
    {
        if (_prefix.IsNone || address.IsIPv4 != _prefix.IsIPv4 || address.IsNone) return false;
        Span<byte> mine = stackalloc byte[16], theirs = stackalloc byte[16];
        _prefix.WriteAddress(mine);
        address.WriteAddress(theirs);
        int whole = _length / 8, rest = _length % 8;
        return mine[..whole].SequenceEqual(theirs[..whole]) && (rest == 0 || (mine[whole] ^ theirs[whole]) >> (8 - rest) == 0);
    }

    /// <inheritdoc/>
    public bool Equals(AddressRange other) => _prefix == other._prefix && _length == other._length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AddressRange other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_prefix, _length);

    /// <summary>Whether both are the same range.</summary>
    public static bool operator ==(AddressRange left, AddressRange right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(AddressRange left, AddressRange right) => !left.Equals(right);

    /// <summary>CIDR notation.</summary>
    public override string ToString() => _prefix.IsNone ? "none" : $"{_prefix.ToIPAddress()}/{_length.ToString(CultureInfo.InvariantCulture)}";

    private static FormatException Malformed(string text) =>
        new($"\"{text}\" is no range of addresses; write one like 192.0.2.0/24 or 2001:db8::/32.");
}
