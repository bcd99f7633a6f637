using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Sctp;

/// <summary>A data channel transport as the simulator and the contract suite see it.</summary>
internal sealed class DataChannelEndpoint(DataChannelTransportOptions options, RandomSource random) : ILayer
{
    public DataChannelTransport Transport { get; } = new(options, random);

    public List<DataChannelEvent> Events { get; } = [];

    public List<(DataChannel Channel, bool IsBinary, byte[] Bytes)> Messages { get; } = [];

    public bool Keeps { get; init; } = true;

    public int MinDatagramSize => Transport.MinDatagramSize;

    public Instant NextTimeout => Transport.NextTimeout;

    public void Receive(Span<byte> datagram, Instant now) => Transport.Receive(datagram, now);

    public int Transmit(Span<byte> destination, Instant now) => Transport.Transmit(destination, now);

    public void AdvanceTo(Instant now) => Transport.AdvanceTo(now);

    public void DrainEvents()
    {
        while (Transport.TryReceive(out DataChannelMessage message))
        {
            using MessageLease payload = message.Payload;
            if (Keeps) Messages.Add((message.Channel, message.IsBinary, payload.Span.ToArray()));
        }
        while (Transport.TryReadEvent(out DataChannelEvent e))
        {
            if (Keeps) Events.Add(e);
        }
    }

    public bool Saw(DataChannelEventKind kind) => Events.Exists(e => e.Kind == kind);

    public DataChannel Announced(string label) =>
        Events.Find(e => e.Kind == DataChannelEventKind.ChannelAnnounced && e.Channel!.Label == label).Channel!;
}
