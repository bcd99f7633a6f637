#if NET
using System.Runtime.InteropServices;

namespace WebRtcStack.Transport;

/// <summary>The system calls of Linux that .NET has no names for (epoll(7), recvmmsg(2), sendmmsg(2), eventfd(2)).</summary>
internal static unsafe partial class LinuxSockets
{
    public const int EpollIn = 1, EpollOut = 4, EpollError = 8, EpollControlAdd = 1, EpollControlDelete = 2, EpollControlModify = 3, EpollCloseOnExec = 0x80000;
    public const int EventNonBlocking = 0x800, EventCloseOnExec = 0x80000;
    public const int MessageDontWait = 0x40, MessageTruncated = 0x20;
    public const int AddressIPv4 = 2, AddressIPv6 = 10;
    public const int SocketLevel = 1, ReusePort = 15;
    public const int LevelIPv4 = 0, LevelIPv6 = 41, MtuDiscoverIPv4 = 10, MtuDiscoverIPv6 = 23, PathMtuDo = 2;       // ip(7), ipv6(7)
    public const int TypeOfService = 1, ReceiveTypeOfService = 13, TrafficClass = 67, ReceiveTrafficClass = 66;
    public const int LevelUdp = 17, UdpSegment = 103, UdpCoalesce = 104;                                             // udp(7)
    public const int InterruptedCall = 4, InputOutput = 5, WouldBlock = 11, InvalidArgument = 22, MessageTooLong = 90, NoProtocolOption = 92;
    public const int NotSupported = 95, NoBuffers = 105, ConnectionRefused = 111;                                    // errno(3)
    public const int NameSize = 28;                                                                                  // struct sockaddr_in6

    /// <summary>struct epoll_event is packed on x86 and not elsewhere.</summary>
    public static readonly int EpollEventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;

    public static readonly int EpollDataOffset = EpollEventSize - 8;

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct MultiMessage
    {
        public MessageHeader Header;
        public uint Length;
    }

    /// <summary>struct cmsghdr, in front of what it tells; both are aligned to the size of a pointer (cmsg(3)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* e);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int count, int timeout);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMany(int descriptor, MultiMessage* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveMessage(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMany(int descriptor, MultiMessage* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);
}
#endif
