using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace WebRtcStack.Core;

/// <summary>An IP address and a port (RFC 8445 §4, "transport address"), as a value that costs no allocation.</summary>
/// <remarks>The default value has no family and no address; see <see cref="IsNone"/>.</remarks>
public readonly struct TransportAddress : IEquatable<TransportAddress>
{
    private readonly ulong _high;          // IPv6: the first eight bytes; IPv4: 0
    private readonly ulong _low;           // IPv6: the last eight bytes; IPv4: the address in the low 32 bits
    private readonly uint _scope;
    private readonly ushort _port;
    private readonly Family _family;

    private enum Family : byte { None, IPv4, IPv6 }

    private TransportAddress(Family family, ulong high, ulong low, ushort port, uint scope) =>
        (_family, _high, _low, _port, _scope) = (family, high, low, port, scope);

    /// <summary>The port, in host order.</summary>
    public ushort Port => _port;

    /// <summary>The IPv6 scope (interface index of a link-local address), or 0.</summary>
    public uint ScopeId => _scope;

    /// <summary>Whether this is the default value, which names no address.</summary>
    public bool IsNone => _family == Family.None;

    /// <summary>Whether the address is IPv4.</summary>
    public bool IsIPv4 => _family == Family.IPv4;

    /// <summary>Whether the address is IPv6.</summary>
    public bool IsIPv6 => _family == Family.IPv6;

    /// <summary>Bytes of the address: 4, 16, or 0 for none.</summary>
    public int AddressLength => _family switch { Family.IPv4 => 4, Family.IPv6 => 16, _ => 0 };

    /// <summary>Whether this is 127.0.0.0/8 or ::1.</summary>
    public bool IsLoopback => IsIPv4 ? _low >> 24 == 127 : IsIPv6 && _high == 0 && _low == 1;

    /// <summary>Whether this is 0.0.0.0 or ::.</summary>
    public bool IsUnspecified => !IsNone && _high == 0 && _low == 0;

    /// <summary>Whether this is 169.254.0.0/16 or fe80::/10.</summary>
    public bool IsLinkLocal => IsIPv4 ? _low >> 16 == 0xA9FE : IsIPv6 && _high >> 54 == 0xFE80 >> 6;

    /// <summary>Whether this is a private IPv4 address (RFC 1918), shared address space (RFC 6598) or a unique local IPv6 one (RFC 4193).</summary>
    public bool IsPrivate => IsIPv4
        ? _low >> 24 == 10 || _low >> 20 == 0xAC1 || _low >> 16 == 0xC0A8 || _low >> 22 == 0x6440 >> 6
        : IsIPv6 && _high >> 57 == 0xFC >> 1;

    /// <summary>Whether this is 224.0.0.0/4 or ff00::/8.</summary>
    public bool IsMulticast => IsIPv4 ? _low >> 28 == 0xE : IsIPv6 && _high >> 56 == 0xFF;

    /// <summary>Whether this is an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).</summary>
    public bool IsIPv4MappedToIPv6 => IsIPv6 && _high == 0 && _low >> 32 == 0xFFFF;

    /// <summary>An IPv4 address from its 32 bits in host order: 127.0.0.1 is 0x7F000001.</summary>
    public static TransportAddress FromIPv4(uint address, ushort port) => new(Family.IPv4, 0, address, port, 0);

    /// <summary>An address from its bytes in network order.</summary>
    /// <param name="address">4 bytes (IPv4) or 16 bytes (IPv6); copied.</param>
    /// <param name="port">The port in host order.</param>
    /// <param name="scopeId">The IPv6 scope, 0 for none.</param>
    /// <exception cref="ArgumentException"><paramref name="address"/> has another length.</exception>
    public static TransportAddress FromBytes(ReadOnlySpan<byte> address, ushort port, uint scopeId = 0) => address.Length switch
    {
        4 => FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(address), port),
        16 => new TransportAddress(Family.IPv6, BinaryPrimitives.ReadUInt64BigEndian(address),
            BinaryPrimitives.ReadUInt64BigEndian(address[8..]), port, scopeId),
        _ => throw new ArgumentException("An IP address has 4 or 16 bytes.", nameof(address)),
    };

    /// <summary>The address and port of an <see cref="IPEndPoint"/>; an IPv4-mapped IPv6 address becomes IPv4.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="endPoint"/> is null.</exception>
    public static TransportAddress From(IPEndPoint endPoint)
    {
        Require.NotNull(endPoint);
        return From(endPoint.Address, (ushort)endPoint.Port);
    }

    /// <summary>An <see cref="IPAddress"/> and a port; an IPv4-mapped IPv6 address becomes IPv4.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="address"/> is null.</exception>
    public static TransportAddress From(IPAddress address, ushort port)
    {
        Require.NotNull(address);
        bool isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        uint scope = isIPv6 ? (uint)address.ScopeId : 0;
#if NET
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return FromBytes(bytes[..length], port, scope).Unmap();
#else
        return FromBytes(address.GetAddressBytes(), port, scope).Unmap();
#endif
    }

    /// <summary>Reads a textual IP address (RFC 4291 §2.2; "192.0.2.1", "2001:db8::1", "fe80::1%2"). Never throws.</summary>
    public static bool TryParse(string? address, ushort port, out TransportAddress result)
    {
        result = default;
        // IPAddress.TryParse takes "1" and "0x7f.1" as IPv4; ours are always dotted quads.
        if (address is null || !IPAddress.TryParse(address, out IPAddress? parsed)) return false;
        if (parsed.AddressFamily == AddressFamily.InterNetwork && !IsDottedQuad(address)) return false;
        result = From(parsed, port);
        return true;
    }

    /// <summary>The same address with another port.</summary>
    public TransportAddress WithPort(ushort port) => new(_family, _high, _low, port, _scope);

    /// <summary>The IPv4 address inside an IPv4-mapped IPv6 one; any other address unchanged.</summary>
    public TransportAddress Unmap() => IsIPv4MappedToIPv6 ? FromIPv4((uint)_low, _port) : this;

    /// <summary>Whether both have the same IP address and scope, whatever their ports.</summary>
    public bool HasSameAddressAs(TransportAddress other) =>
        _low == other._low && _high == other._high && _family == other._family && _scope == other._scope;

    /// <summary>Writes the address in network order.</summary>
    /// <returns><see cref="AddressLength"/>; the bytes written.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter than that.</exception>
    public int WriteAddress(Span<byte> destination)
    {
        switch (_family)
        {
            case Family.IPv4:
                BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
                return 4;
            case Family.IPv6:
                BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
                BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
                return 16;
            default:
                return 0;
        }
    }

    /// <summary>The address as an <see cref="IPAddress"/> (allocates).</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public IPAddress ToIPAddress()
    {
        if (IsNone) throw new InvalidOperationException("The address is empty; check IsNone first.");
        byte[] bytes = new byte[AddressLength];
        WriteAddress(bytes);
        return _scope == 0 ? new IPAddress(bytes) : new IPAddress(bytes, _scope);
    }

    /// <summary>The address as an <see cref="IPEndPoint"/> (allocates).</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), _port);

    /// <inheritdoc/>
    public bool Equals(TransportAddress other) =>
        _low == other._low && _port == other._port && _high == other._high && _family == other._family && _scope == other._scope;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TransportAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_low, _high, _port, _scope);

    /// <summary>Whether both are the same address and port.</summary>
    public static bool operator ==(TransportAddress left, TransportAddress right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(TransportAddress left, TransportAddress right) => !left.Equals(right);

    /// <summary>"192.0.2.1:3478", "[2001:db8::1]:3478", or "none".</summary>
    public override string ToString() => IsNone ? "none" : ToIPEndPoint().ToString();

    private static bool IsDottedQuad(string text)
    {
        int dots = 0;
        foreach (char c in text)
        {
            if (c == '.') dots++;
            else if (c is < '0' or > '9') return false;
        }
        return dots == 3;
    }
}
