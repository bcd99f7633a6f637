using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>What an event loop drives: a connection that owns no socket, clock or thread.</summary>
/// <remarks>
/// All members are called on the loop's thread alone, one at a time. An application with sockets of its own drives the same
/// interface: datagrams in through <see cref="Receive"/>, out through <see cref="Transmit"/>, and a deadline between the two.
/// </remarks>
public interface IDrivenConnection
{
    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    Instant NextTimeout { get; }

    /// <summary>Takes a datagram. It is the caller's memory, may be changed in place, and is not kept.</summary>
    void Receive(Span<byte> datagram, in NetworkPath path, Instant now);

    /// <summary>Writes the next datagram to send, and says which way. Called until it returns 0.</summary>
    /// <param name="destination">Room of at least <see cref="EventLoop.MaxDatagramSize"/> bytes.</param>
    /// <param name="now">The time of the call.</param>
    /// <param name="path">The open socket to send from, and the address to send to.</param>
    /// <returns>Bytes written; 0 when nothing is owed now.</returns>
    int Transmit(Span<byte> destination, Instant now, out NetworkPath path);

    /// <summary>Does what is due at <paramref name="now"/>. Early and repeated calls are harmless.</summary>
    void AdvanceTo(Instant now);

    /// <summary>Called after each pass in which the connection was touched: it hands on the events that have come up.</summary>
    void PublishEvents(Instant now);

    /// <summary>A member above has thrown, which is a defect of ours: the loop has let go of the connection, which now fails.</summary>
    void Fault(Exception exception);
}
