#if NET
using System.Runtime.CompilerServices;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>A socket's error queue (IP_RECVERR of ip(7), IPV6_RECVERR of ipv6(7)): what ICMP said about datagrams that were sent.</summary>
internal static unsafe class LinuxErrorQueue
{
    private const int ReceiveErrorsIPv4 = 11, ReceiveErrorsIPv6 = 25, MessageErrorQueue = 0x2000;
    private const int OriginIcmp = 2, OriginIcmpIPv6 = 3;
    private const int ControlSize = 128, ExtendedError = 16, MaxAtOnce = 32;

    /// <summary>Has the system keep errors for a socket.</summary>
    public static void Enable(LinuxSocket socket)
    {
        Span<byte> on = stackalloc byte[4];
        Unsafe.WriteUnaligned(ref on[0], 1);
        bool isIPv6 = socket.Local.IsIPv6;
        socket.Socket.SetRawSocketOption(isIPv6 ? LevelIPv6 : LevelIPv4, isIPv6 ? ReceiveErrorsIPv6 : ReceiveErrorsIPv4, on);
        socket.ReportsErrors = true;
    }

    /// <summary>Takes what a socket's queue holds, and tells what came by ICMP.</summary>
    public static void Take(LinuxSocket socket, IUdpErrorReceiver? receiver)
    {
        byte* name = stackalloc byte[NameSize];
        for (int i = 0; i < MaxAtOnce && TryTake(socket.Descriptor, name, out (bool IsIcmp, byte Type, byte Code, uint Data) error); i++)
        {
            if (error.IsIcmp) receiver?.Undelivered(socket, LinuxAddress.Read(name), error.Type, error.Code, error.Data);
        }
    }

    // In a cmsghdr: struct sock_extended_err { u32 errno; u8 origin; u8 type; u8 code; u8 pad; u32 info; u32 data; }

    // False when there is no more; no ICMP when it is an error of this machine's own.
    private static bool TryTake(int descriptor, byte* name, out (bool IsIcmp, byte Type, byte Code, uint Data) error)
    {
        error = default;
        byte* control = stackalloc byte[ControlSize];
        MessageHeader header = new() { Name = name, NameLength = NameSize, Control = control, ControlLength = ControlSize };
        if (ReceiveMessage(descriptor, &header, MessageErrorQueue | MessageDontWait) < 0) return false;
        byte* end = control + header.ControlLength;
        while (end - control >= sizeof(ControlHeader) + ExtendedError)
        {
            ControlHeader each = Unsafe.ReadUnaligned<ControlHeader>(control);
            byte* extended = control + sizeof(ControlHeader);
            if ((each.Level, each.Type) is (LevelIPv4, ReceiveErrorsIPv4) or (LevelIPv6, ReceiveErrorsIPv6) && extended[4] is OriginIcmp or OriginIcmpIPv6)
            {
                error = (true, extended[5], extended[6], Unsafe.ReadUnaligned<uint>(extended + 8));
                break;
            }
            if (each.Length < (nuint)sizeof(ControlHeader)) break;
            control += (each.Length + (nuint)sizeof(nuint) - 1) & ~((nuint)sizeof(nuint) - 1);
        }
        return true;
    }
}
#endif
