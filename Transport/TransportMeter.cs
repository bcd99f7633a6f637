using System.Diagnostics.Metrics;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Why a datagram was not sent.</summary>
internal enum SendDropReason
{
    SocketClosed,
    AddressFamily,
    BufferFull,
    TooLarge,
    Refused,
    Unreachable,
}

/// <summary>The transport's instruments, on the meter "WebRtcStack". They cost nothing while nobody listens.</summary>
internal static class TransportMeter
{
    private static readonly Meter s_meter = new("WebRtcStack", "0.1.0");

    private static readonly Counter<long> s_received = s_meter.CreateCounter<long>("webrtcstack.datagrams.received", "{datagram}", "Datagrams taken from sockets.");
    private static readonly Counter<long> s_receivedBytes = s_meter.CreateCounter<long>("webrtcstack.bytes.received", "By", "Bytes of datagrams taken from sockets.");
    private static readonly Counter<long> s_sent = s_meter.CreateCounter<long>("webrtcstack.datagrams.sent", "{datagram}", "Datagrams given to sockets.");
    private static readonly Counter<long> s_sentBytes = s_meter.CreateCounter<long>("webrtcstack.bytes.sent", "By", "Bytes of datagrams given to sockets.");
    private static readonly Counter<long> s_notSent = s_meter.CreateCounter<long>("webrtcstack.datagrams.not_sent", "{datagram}", "Datagrams that a socket did not take, by reason.");
    private static readonly Counter<long> s_receiveErrors = s_meter.CreateCounter<long>("webrtcstack.receive.errors", "{error}", "Errors that sockets gave in place of a datagram.");

    private static readonly Counter<long> s_receivedBatches = s_meter.CreateCounter<long>("webrtcstack.batches.received", "{batch}", "Datagrams that the system handed over together, or one alone.");
    private static readonly Counter<long> s_sentBatches = s_meter.CreateCounter<long>("webrtcstack.batches.sent", "{batch}", "Calls that handed datagrams to the system.");
    private static readonly Counter<long> s_unknown = s_meter.CreateCounter<long>("webrtcstack.datagrams.unclaimed", "{datagram}", "Datagrams to a shared port that were no connection's.");
    private static readonly UpDownCounter<long> s_connections = s_meter.CreateUpDownCounter<long>("webrtcstack.connections", "{connection}", "Connections on event loops.");
    private static readonly Histogram<double> s_passes = s_meter.CreateHistogram<double>("webrtcstack.loop.pass.duration", "s", "How long an event loop was busy with one pass.");
    private static readonly Histogram<double> s_lateness = s_meter.CreateHistogram<double>("webrtcstack.loop.lateness", "s", "How long after the earliest deadline an event loop came to it.");

#if NET                                                             // elsewhere Core keeps it to itself
    private static readonly ObservableCounter<long> s_pool = s_meter.CreateObservableCounter(
        "webrtcstack.pool.allocations", static () => LeasePool.Allocations, "{array}", "Arrays that the pool of messages had to allocate.");
#endif

    private static readonly KeyValuePair<string, object?>[] s_reasons = Array.ConvertAll(
        Enum.GetValues<SendDropReason>(), reason => new KeyValuePair<string, object?>("reason", reason.ToString()));

    /// <summary>Whether anybody wants to know how long passes take, which costs a look at the clock.</summary>
    public static bool MeasuresPasses => s_passes.Enabled;

    public static void Attached(int connections) => s_connections.Add(connections);

    public static void NobodyKnew() => s_unknown.Add(1);

    public static void Passed(TimeSpan duration) => s_passes.Record(duration.TotalSeconds);

    public static void Late(TimeSpan by) => s_lateness.Record(by.TotalSeconds);

    public static void ReceivedBatch(int datagrams, int bytes)
    {
        s_receivedBatches.Add(1);
        s_received.Add(datagrams);
        s_receivedBytes.Add(bytes);
    }

    public static void SentBatch(int datagrams, int bytes)
    {
        s_sentBatches.Add(1);
        s_sent.Add(datagrams);
        s_sentBytes.Add(bytes);
    }

    public static void Dropped(SendDropReason reason, int datagrams = 1) => s_notSent.Add(datagrams, s_reasons[(int)reason]);

    public static void ReceiveFailed() => s_receiveErrors.Add(1);
}
