using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Ice;

/// <summary>An agent with one stream and one socket, as the contract suite and the simulator want it.</summary>
internal sealed class IceLayer : ILayer
{
    private readonly byte[] _payload = new byte[100];
    private int _owed;

    public IceLayer(string name, IceAgentOptions options, RandomSource random, TransportAddress local, TransportAddress remote)
    {
        Name = name;
        Agent = new IceAgent(options, random);
        Stream = Agent.AddStream();
        (Local, Remote) = (local, remote);
        _payload.AsSpan().Fill(0x80);
    }

    public string Name { get; }

    public IceAgent Agent { get; }

    public IceStream Stream { get; }

    public TransportAddress Local { get; }

    public TransportAddress Remote { get; }

    public List<IceEvent> Events { get; } = [];

    public bool KeepEvents { get; set; } = true;

    public int DataReceived { get; private set; }

    public int MinDatagramSize => IceAgent.MinDatagramSize;

    public Instant NextTimeout => Agent.NextTimeout;

    public IceCandidatePair? Selected =>
        Agent.TryGetSelectedPair(Stream, IceComponent.Rtp, out IceCandidatePair? pair) ? pair : null;

    public void Send() => _owed++;

    public void Receive(Span<byte> datagram, Instant now) => Receive(datagram, new NetworkPath(Local, Remote), now);

    public void Receive(Span<byte> datagram, in NetworkPath path, Instant now)
    {
        if (Agent.Receive(datagram, path, now, out _, out _, out _, out _)) DataReceived++;
    }

    public int Transmit(Span<byte> destination, Instant now) => Transmit(destination, now, out _);

    public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
    {
        if (Agent.Transmit(destination, now, out path) is > 0 and int length) return length;
        while (_owed > 0)
        {
            _owed--;
            Span<byte> area = Agent.PayloadArea(Stream, IceComponent.Rtp, destination);
            if (area.IsEmpty) continue;
            _payload.CopyTo(area);
            if (Agent.Wrap(Stream, IceComponent.Rtp, destination, _payload.Length, now, out path) is > 0 and int wrapped) return wrapped;
        }
        return 0;
    }

    public void AdvanceTo(Instant now) => Agent.AdvanceTo(now);

    public void DrainEvents()
    {
        while (Agent.TryReadEvent(out IceEvent e))
        {
            if (KeepEvents) Events.Add(e);
        }
    }

    /// <summary>Two layers that know each other's credentials and host candidates.</summary>
    public static (IceLayer Left, IceLayer Right) CreatePair(RandomSource random, Instant now, IceAgentOptions? left = null, IceAgentOptions? right = null)
    {
        TransportAddress a = TransportAddress.FromIPv4(0xC0000201, 5000), b = TransportAddress.FromIPv4(0xC6336401, 6000);
        IceLayer one = new("left", left ?? new IceAgentOptions(), random, a, b);
        IceLayer two = new("right", right ?? new IceAgentOptions { Role = IceRole.Controlled }, random, b, a);
        foreach (IceLayer layer in new[] { one, two })
        {
            layer.Agent.AddLocalBase(layer.Stream, IceComponent.Rtp, layer.Local, TransportProtocol.Udp, now);
            layer.Agent.EndLocalBases(layer.Stream, now);
        }
        Signal(one, two, now);
        Signal(two, one, now);
        return (one, two);
    }

    public static void Signal(IceLayer from, IceLayer to, Instant now)
    {
        to.Agent.SetRemoteParameters(to.Stream, from.Stream.LocalParameters, now);
        foreach (IceCandidate candidate in from.Stream.LocalCandidates)
        {
            Assert.That(IceCandidate.TryParse(candidate.ToString(), out IceCandidate? parsed, out string? error), error);
            to.Agent.AddRemoteCandidate(to.Stream, parsed!, now);
        }
        to.Agent.EndRemoteCandidates(to.Stream, now);
    }
}
