using WebRtcStack.Core;

namespace WebRtcStack.Tests.Contract;

/// <summary>The contract of a layer (ARCHITECTURE.md) as an interface, which exists for tests alone.</summary>
public interface ILayer
{
    /// <summary>The smallest destination that <see cref="Transmit"/> takes.</summary>
    int MinDatagramSize { get; }

    Instant NextTimeout { get; }

    void Receive(Span<byte> datagram, Instant now);

    /// <summary>Writes one datagram; 0 when nothing is owed now.</summary>
    int Transmit(Span<byte> destination, Instant now);

    void AdvanceTo(Instant now);

    /// <summary>Reads all events and messages that wait, and keeps what a test wants of them.</summary>
    void DrainEvents();
}
