#if NET
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using WebRtcStack.Core;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>Addresses as the system writes them (ip(7), ipv6(7)).</summary>
internal static unsafe class LinuxAddress
{
    // struct sockaddr_in: family, port, address. struct sockaddr_in6: family, port, flow, address, scope.
    public static TransportAddress Read(byte* name)
    {
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(name + 2, 2));
        return Unsafe.ReadUnaligned<ushort>(name) == AddressIPv4
            ? TransportAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(name + 4, 4)), port)
            : TransportAddress.FromBytes(new ReadOnlySpan<byte>(name + 8, 16), port, Unsafe.ReadUnaligned<uint>(name + 24));
    }

    public static void Write(byte* name, TransportAddress address)
    {
        new Span<byte>(name, NameSize).Clear();
        Unsafe.WriteUnaligned(name, (ushort)(address.IsIPv6 ? AddressIPv6 : AddressIPv4));
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(name + 2, 2), address.Port);
        address.WriteAddress(new Span<byte>(name + (address.IsIPv6 ? 8 : 4), 16));
        if (address.IsIPv6) Unsafe.WriteUnaligned(name + 24, address.ScopeId);
    }
}
#endif
