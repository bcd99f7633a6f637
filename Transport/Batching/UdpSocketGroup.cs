using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Settings of a <see cref="UdpSocketGroup"/>.</summary>
/// <remarks>
/// Worst-case memory: 256 times (<see cref="MaxDatagramSize"/> + <see cref="Headroom"/> + 64 bytes), or 1 MiB with <see cref="Coalesce"/>;
/// 256 KiB of what is to be sent; for each socket whose buffer is full <see cref="MaxKeptBytes"/>; and the system's socket buffers.
/// </remarks>
public sealed record UdpSocketGroupOptions
{
    /// <summary>The longest datagram; longer ones are dropped. Default 2048 bytes; from 512 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxDatagramSize { get; init => field = Require.InRange(value, 512, 65_535); } = 2048;

    /// <summary>Room in front of each datagram that is received, for a header to be put there. Default 0; from 0 to 256.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Headroom { get; init => field = Require.InRange(value, 0, 256); }

    /// <summary>Bytes of the system's buffers asked for each socket, in each direction. Default 1 MiB; from 8 KiB to 256 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int SocketBufferSize { get; init => field = Require.InRange(value, 8 << 10, 256 << 20); } = 1 << 20;

    /// <summary>
    /// Bytes that are kept for a socket while the system's buffer is full (Linux), in their order; what goes beyond is lost, and counted.
    /// Default 256 KiB; from 0, which keeps nothing, to 16 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxKeptBytes { get; init => field = Require.InRange(value, 0, 16 << 20); } = 256 << 10;

    /// <summary>Whether a receiver that is an <see cref="IUdpErrorReceiver"/> is told of ICMP errors, where the system does (Linux). Default false.</summary>
    public bool ReportsErrors { get; init; }

    /// <summary>
    /// Whether the kernel may hand over datagrams of one sender together (UDP_GRO, Linux 5.0): it costs a fraction, and needs
    /// <see cref="Headroom"/> to be 0. Default false.
    /// </summary>
    public bool Coalesce { get; init; }

    /// <summary>Whether the kernel may cut trains of datagrams of equal length to one address (UDP_SEGMENT, Linux 4.18), where it can. Default true.</summary>
    public bool Segment { get; init; } = true;

    /// <summary>Whether <see cref="UdpSocketGroup.ReceivedEcn"/> is asked for. Default false.</summary>
    public bool ReceiveEcn { get; init; }

    /// <summary>Whether to use what is portable even where the system has better; for tests.</summary>
    public bool IsPortable { get; init; }
}

/// <summary>A socket of a <see cref="UdpSocketGroup"/>.</summary>
public abstract class UdpGroupSocket
{
    /// <summary>The address and port it is bound to.</summary>
    public TransportAddress Local { get; protected init; }

    /// <summary>What its owner knows it by.</summary>
    public object? Tag { get; set; }

    internal abstract Socket Socket { get; }
}

/// <summary>Takes what sockets of a group receive.</summary>
public interface IUdpReceiver
{
    /// <summary>A datagram has arrived.</summary>
    /// <param name="socket">Where.</param>
    /// <param name="buffer">Holds the datagram, with <see cref="UdpSocketGroupOptions.Headroom"/> in front and four bytes behind. It may be
    /// changed, and parts of it given to <see cref="UdpSocketGroup.Send"/>, which then does not copy. Valid during the call.</param>
    /// <param name="offset">Where the datagram starts.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="remote">Who sent it.</param>
    void Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote);
}

/// <summary>Is told, besides, what ICMP says about datagrams that were sent; see <see cref="UdpSocketGroupOptions.ReportsErrors"/>.</summary>
public interface IUdpErrorReceiver : IUdpReceiver
{
    /// <summary>A datagram was not delivered.</summary>
    /// <param name="socket">Where it was sent from.</param>
    /// <param name="remote">Whom it was for.</param>
    /// <param name="type">The type of the ICMP or ICMPv6 message.</param>
    /// <param name="code">Its code.</param>
    /// <param name="data">More of it: the next link's MTU in bytes, where that is the reason.</param>
    void Undelivered(UdpGroupSocket socket, TransportAddress remote, byte type, byte code, uint data);
}

/// <summary>
/// Many UDP sockets served by one thread: one wait for all, datagrams received and sent in batches. On Linux with epoll, recvmmsg
/// and sendmmsg; elsewhere with what .NET has, and the same results.
/// </summary>
/// <remarks>One thread uses it; <see cref="Wake"/> alone may be called from any. Steady traffic allocates nothing.</remarks>
public abstract class UdpSocketGroup : IDisposable
{
    internal const int Tailroom = 4;

    /// <summary>Creates a group: the fastest kind that works here.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    public static UdpSocketGroup Create(UdpSocketGroupOptions options)
    {
        if (Require.NotNull(options) is { Coalesce: true, Headroom: > 0 }) throw new ArgumentException("Datagrams that lie together have no headroom; set Coalesce or Headroom, not both.", nameof(options));
#if NET
        if (!options.IsPortable && OperatingSystem.IsLinux() && LinuxUdpSocketGroup.TryCreate(options) is { } linux) return linux;
#endif
        return new PortableUdpSocketGroup(options);
    }

    /// <summary>How it does its work, for logs.</summary>
    public abstract string Name { get; }

    /// <summary>Opens a socket.</summary>
    /// <param name="local">The address.</param>
    /// <param name="ports">The ports that may be taken.</param>
    /// <param name="shared">Whether other groups' sockets may be bound to the same port: the system then spreads senders over them (Linux).</param>
    /// <param name="socket">The socket.</param>
    /// <param name="error">Why there is none.</param>
    public abstract bool TryOpen(
        TransportAddress local, PortRange ports, bool shared, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error);

    /// <summary>Opens a socket for a multicast group (IPv4) that shares the group's port with other programs.</summary>
    /// <param name="group">The group's address and port.</param>
    /// <param name="interfaces">Addresses of the interfaces to join on; what is sent to the group leaves by the first.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="error">Why there is none.</param>
    public abstract bool TryJoin(
        TransportAddress group, IReadOnlyList<TransportAddress> interfaces, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error);

    /// <summary>Whether <see cref="SetDontFragment"/> has an effect here.</summary>
    public virtual bool CanSetDontFragment => false;

    /// <summary>Has all datagrams of a socket sent with DF set (IPv4), and none fragmented here (IPv4, IPv6): longer ones are dropped and counted.</summary>
    public virtual void SetDontFragment(UdpGroupSocket socket) => throw new NotSupportedException("Ask CanSetDontFragment first.");

    /// <summary>Whether <see cref="SetEcn"/> has an effect here.</summary>
    public virtual bool CanSetEcn => false;

    /// <summary>Sets the ECN field of the datagrams that a socket sends (RFC 3168 §5): 0 not capable, 1 ECT(1), 2 ECT(0).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="codepoint"/> is over 3.</exception>
    public virtual void SetEcn(UdpGroupSocket socket, byte codepoint) => throw new NotSupportedException("Ask CanSetEcn first.");

    /// <summary>The ECN field of the datagram that <see cref="IUdpReceiver.Received"/> is called for; 0 where that is not known.</summary>
    public virtual byte ReceivedEcn => 0;

    /// <summary>Closes a socket; what it still had to send may be lost.</summary>
    public abstract void Close(UdpGroupSocket socket);

    /// <summary>Waits until something arrives, <see cref="Wake"/> is called, or time is up; hands over what has arrived; sends what that led to.</summary>
    /// <param name="receiver">Takes the datagrams.</param>
    /// <param name="timeout">How long to wait at most; zero does not wait, <see cref="Timeout.InfiniteTimeSpan"/> waits on.</param>
    public void Poll(IUdpReceiver receiver, TimeSpan timeout)
    {
        Wait(timeout);
        Receive(receiver);
        Flush();
    }

    /// <summary>The first part of <see cref="Poll"/>: waits.</summary>
    /// <returns>Whether something has arrived, or <see cref="Wake"/> was called.</returns>
    public abstract bool Wait(TimeSpan timeout);

    /// <summary>The second part of <see cref="Poll"/>: hands over what has arrived by the end of <see cref="Wait"/>.</summary>
    public abstract void Receive(IUdpReceiver receiver);

    /// <summary>Room for one datagram of <see cref="UdpSocketGroupOptions.MaxDatagramSize"/>, for <see cref="SendBuffered(UdpGroupSocket, int, TransportAddress)"/>. Valid until the group is called again.</summary>
    public abstract Span<byte> GetSendBuffer();

    /// <summary>As <see cref="Send"/>, of what was written to the start of <see cref="GetSendBuffer"/>, from where it lies.</summary>
    public void SendBuffered(UdpGroupSocket socket, int length, TransportAddress remote) => SendBuffered(socket, 0, length, remote);

    /// <summary>As <see cref="Send"/>, of what was written to <see cref="GetSendBuffer"/> from an offset on, from where it lies.</summary>
    public abstract void SendBuffered(UdpGroupSocket socket, int offset, int length, TransportAddress remote);

    /// <summary>Sends a datagram soon: at the end of <see cref="Poll"/>, or with <see cref="Flush"/>; when its buffer is full on Linux, when there is room. What the system refuses is lost, and counted.</summary>
    public abstract void Send(UdpGroupSocket socket, ReadOnlySpan<byte> datagram, TransportAddress remote);

    /// <summary>Sends what waits.</summary>
    public abstract void Flush();

    /// <summary>Ends the wait of <see cref="Poll"/>, or the next one. From any thread.</summary>
    public abstract void Wake();

    /// <summary>Closes all sockets.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes all sockets.</summary>
    protected abstract void Dispose(bool disposing);
}
