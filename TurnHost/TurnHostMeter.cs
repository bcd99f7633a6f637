using System.Diagnostics.Metrics;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>The host's instruments. They read the servers' counters when somebody listens, and cost nothing else.</summary>
internal sealed class TurnHostMeter : IDisposable
{
    private static readonly TurnServerDropReason[] s_reasons = Enum.GetValues<TurnServerDropReason>();

    private readonly Meter _meter = new("WebRtcStack.Turn", "0.1.0");

    public TurnHostMeter(TurnServerHost host)
    {
        _meter.CreateObservableGauge("webrtcstack.turn.allocations", () => host.Allocations, "{allocation}", "Allocations that there are.");
        Observe(host, "webrtcstack.turn.allocations.created", "{allocation}", "Allocations that were made.", static each => each.AllocationsCreated);
        Observe(host, "webrtcstack.turn.allocations.refused", "{allocation}", "Allocate requests of good users that were refused.", static each => each.AllocationsRefused);
        Observe(host, "webrtcstack.turn.datagrams.to_peers", "{datagram}", "Datagrams relayed from clients to peers.", static each => each.DatagramsToPeers);
        Observe(host, "webrtcstack.turn.bytes.to_peers", "By", "Bytes relayed from clients to peers.", static each => each.BytesToPeers);
        Observe(host, "webrtcstack.turn.datagrams.to_clients", "{datagram}", "Datagrams relayed from peers to clients.", static each => each.DatagramsToClients);
        Observe(host, "webrtcstack.turn.bytes.to_clients", "By", "Bytes relayed from peers to clients.", static each => each.BytesToClients);
        Observe(host, "webrtcstack.turn.challenges", "{request}", "Requests answered with 401 or 438.", static each => each.Challenges);
        Observe(host, "webrtcstack.turn.bad_credentials", "{request}", "Requests with unknown users or wrong passwords.", static each => each.BadCredentials);
        _meter.CreateObservableGauge("webrtcstack.turn.connections", () => host.Counters.Sum(static each => each.Connections), "{connection}", "TCP connections with peers that there are, or are being made.");
        Observe(host, "webrtcstack.turn.bytes.streams", "By", "Bytes copied between clients' and peers' TCP connections.", static each => each.BytesOverStreams);
        _meter.CreateObservableCounter("webrtcstack.turn.dropped", () => Drops(host), "{message}", "What was not acted on, by reason.");
    }

    public void Dispose() => _meter.Dispose();

    private void Observe(TurnServerHost host, string name, string unit, string description, Func<TurnServerCounters, long> read) =>
        _meter.CreateObservableCounter(name, () => host.Counters.Sum(read), unit, description);

    private static IEnumerable<Measurement<long>> Drops(TurnServerHost host) => s_reasons.Select(reason => new Measurement<long>(
        host.Counters.Sum(each => each.GetDropped(reason)), new KeyValuePair<string, object?>("reason", reason.ToString())));
}
