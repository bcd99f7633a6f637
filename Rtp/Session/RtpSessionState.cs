using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What the parts of a session share.</summary>
internal sealed class RtpSessionState
{
    private const int MaxEvents = 1024;
    private readonly long[] _dropped = new long[(int)RtpDropReason.EventQueueFull + 1];
    private readonly Queue<RtpEvent> _events = new();
    private readonly List<RtpSendStream> _sendStreams = [];

    public RtpSessionState(RtpSessionOptions options, RandomSource random)
    {
        (Options, Random) = (Require.NotNull(options), Require.NotNull(random));
        Cname = Encoding.UTF8.GetBytes(options.Cname);
        Require.InRange(Cname.Length, 0, 255, nameof(options));
        Clock = new NtpClock(options.NtpTimeAtOrigin);
        RoundTrip = new RoundTripEstimator(options.InitialRoundTripTime);
        Scheduler = new RtcpScheduler(options, random);
        Demultiplexer = new RtpDemultiplexer(options);
        ReporterSsrc = random.NextUInt32();
    }

    public RtpSessionOptions Options { get; }

    public RandomSource Random { get; }

    public byte[] Cname { get; }

    public NtpClock Clock { get; }

    public RoundTripEstimator RoundTrip { get; }

    public RtcpScheduler Scheduler { get; }

    public RtpDemultiplexer Demultiplexer { get; }

    public ICongestionController? Controller { get; set; }

    /// <summary>Reports while nothing is sent.</summary>
    public uint ReporterSsrc { get; set; }

    /// <summary>Who sends feedback: a source of ours that is sent, or the one that only reports.</summary>
    public uint FeedbackSsrc => _sendStreams.Count > 0 && _sendStreams[0].PacketsSent > 0 ? _sendStreams[0].Ssrc : ReporterSsrc;

    public List<RtpSendStream> SendStreams => _sendStreams;

    public IReadOnlyCollection<RtpReceiveStream> ReceiveStreams => Demultiplexer.Streams;

    /// <summary>Participants for the report interval (RFC 3550 §6.3).</summary>
    public int Members => _sendStreams.Count + Demultiplexer.Streams.Count + 1;

    /// <summary>The receiver's estimate for what we send (REMB), or null.</summary>
    public long? ReceiverEstimate { get; set; }

    public TimeSpan? ReceiverRoundTripTime { get; set; }

    public TimeSpan TotalReceiverRoundTripTime { get; set; }

    public ulong ReceiverRoundTripMeasurements { get; set; }

    public RtpSendStream? FindSendStream(uint ssrc)
    {
        foreach (RtpSendStream stream in _sendStreams)
        {
            if (stream.Ssrc == ssrc) return stream;
        }
        return null;
    }

    public void Drop(RtpDropReason reason) => _dropped[(int)reason]++;

    public long GetDropped(RtpDropReason reason) => _dropped[(int)reason];

    public void Raise(in RtpEvent e)
    {
        if (_events.Count < MaxEvents) _events.Enqueue(e);
        else Drop(RtpDropReason.EventQueueFull);
    }

    public bool TryReadEvent(out RtpEvent e)
    {
        if (!_events.TryDequeue(out e)) return false;
        if (e.SendStream is { } stream) stream.KeyFrameEventWaits = false;
        return true;
    }
}
