using System.Diagnostics.Metrics;

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

    private static readonly KeyValuePair<string, object?>[] s_reasons = Array.ConvertAll(
        Enum.GetValues<SendDropReason>(), reason => new KeyValuePair<string, object?>("reason", reason.ToString()));

    public static void ReceivedBatch(int datagrams, int bytes)
    {
        s_received.Add(datagrams);
        s_receivedBytes.Add(bytes);
    }

    public static void SentBatch(int datagrams, int bytes)
    {
        s_sent.Add(datagrams);
        s_sentBytes.Add(bytes);
    }

    public static void Dropped(SendDropReason reason, int datagrams = 1) => s_notSent.Add(datagrams, s_reasons[(int)reason]);

    public static void ReceiveFailed() => s_receiveErrors.Add(1);
}
