using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Sctp;

/// <summary>An association as the simulator and the contract suite see it; it keeps what arrives where a test wants that.</summary>
internal sealed class SctpEndpoint(SctpOptions options, RandomSource random) : ILayer
{
    public SctpAssociation Association { get; } = new(options, random);

    public List<SctpEvent> Events { get; } = [];

    public List<(ushort Stream, uint Ppid, byte[] Bytes)> Messages { get; } = [];

    public bool Keeps { get; init; } = true;

    public long ReceivedBytes { get; private set; }

    public int MinDatagramSize => Association.MinDatagramSize;

    public Instant NextTimeout => Association.NextTimeout;

    public void Receive(Span<byte> datagram, Instant now) => Association.Receive(datagram, now);

    public int Transmit(Span<byte> destination, Instant now) => Association.Transmit(destination, now);

    public void AdvanceTo(Instant now) => Association.AdvanceTo(now);

    public void DrainEvents()
    {
        while (Association.TryReceive(out SctpMessage message))
        {
            using MessageLease payload = message.Payload;
            ReceivedBytes += payload.Length;
            if (Keeps) Messages.Add((message.Stream, message.Ppid, payload.Span.ToArray()));
        }
        while (Association.TryReadEvent(out SctpEvent e))
        {
            if (Keeps) Events.Add(e);
        }
    }

    public bool Saw(SctpEventKind kind) => Events.Exists(e => e.Kind == kind);
}
