#if NET
using System.Runtime.CompilerServices;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>A socket's error queue (IP_RECVERR of ip(7), IPV6_RECVERR of ipv6(7)): what ICMP said about datagrams that were sent.</summary>
internal static unsafe class LinuxErrorQueue
{
    private const int ReceiveErrorsIPv4 = 11, ReceiveErrorsIPv6 = 25, MessageErrorQueue = 0x2000;
    private const int OriginIcmp = 2, OriginIcmpIPv6 = 3;
    private const int ControlSize = 128, ControlHeader = 16;

    /// <summary>Has the system keep errors for a socket.</summary>
    public static void Enable(System.Net.Sockets.Socket socket, bool isIPv6)
    {
        Span<byte> on = stackalloc byte[4];
        Unsafe.WriteUnaligned(ref on[0], 1);
        socket.SetRawSocketOption(isIPv6 ? LevelIPv6 : LevelIPv4, isIPv6 ? ReceiveErrorsIPv6 : ReceiveErrorsIPv4, on);
    }

    // struct cmsghdr { size_t length; int level; int type; }, and then struct sock_extended_err
    //     { u32 errno; u8 origin; u8 type; u8 code; u8 pad; u32 info; u32 data; }

    /// <summary>Takes the next error.</summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="name">Room for a socket address: whom the datagram was for.</param>
    /// <param name="error">What ICMP said; none when it is an error of this machine's own.</param>
    /// <returns>False when there is no more.</returns>
    public static bool TryTake(int descriptor, byte* name, out (bool IsIcmp, byte Type, byte Code, uint Data) error)
    {
        error = default;
        byte* control = stackalloc byte[ControlSize];
        MessageHeader header = new() { Name = name, NameLength = 28, Control = control, ControlLength = ControlSize };
        if (ReceiveMessage(descriptor, &header, MessageErrorQueue | MessageDontWait) < 0) return false;
        byte* end = control + header.ControlLength;
        for (byte* each = control; each + ControlHeader + 16 <= end;)
        {
            nuint length = Unsafe.ReadUnaligned<nuint>(each);
            int level = Unsafe.ReadUnaligned<int>(each + sizeof(nuint)), type = Unsafe.ReadUnaligned<int>(each + sizeof(nuint) + 4);
            byte* extended = each + sizeof(nuint) + 8;
            if ((level, type) is (LevelIPv4, ReceiveErrorsIPv4) or (LevelIPv6, ReceiveErrorsIPv6) && extended[4] is OriginIcmp or OriginIcmpIPv6)
            {
                error = (true, extended[5], extended[6], Unsafe.ReadUnaligned<uint>(extended + 8));
                break;
            }
            if (length < (nuint)ControlHeader) break;
            each += (length + (nuint)sizeof(nuint) - 1) & ~((nuint)sizeof(nuint) - 1);
        }
        return true;
    }
}
#endif
