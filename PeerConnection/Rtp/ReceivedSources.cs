using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>The sources of the last 10 seconds (webrtc-pc §5.3.2): noted on the loop, read from any thread.</summary>
/// <remarks>64 of either kind at most, 80 bytes each; then the one that was heard longest ago is forgotten.</remarks>
internal sealed class ReceivedSources(TimeProvider time)
{
    private const int MaxSources = 64;
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(10);
    private static readonly DateTimeOffset s_unixEpoch = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly List<Heard> _synchronization = [], _contributing = [];

    /// <summary>Notes the sources of a packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="audioLevelId">The id of the audio level extension (RFC 6464), or 0.</param>
    /// <param name="mixerLevelsId">The id of the mixer-to-client levels extension (RFC 6465), or 0.</param>
    /// <param name="captureTimeId">The id of the absolute capture time extension, or 0.</param>
    /// <param name="clockRate">The clock rate of its payload type, or 0 when that is not known.</param>
    public void Note(in RtpPacket packet, byte audioLevelId, byte mixerLevelsId, byte captureTimeId, uint clockRate)
    {
        DateTimeOffset now = time.GetUtcNow();
        byte? level = audioLevelId > 0 && packet.TryGetExtension(audioLevelId, out ReadOnlySpan<byte> value) && AudioLevel.TryRead(value, out AudioLevel read) ? read.Level : null;
        AbsoluteCaptureTime? captured = captureTimeId > 0 && packet.TryGetExtension(captureTimeId, out value) && AbsoluteCaptureTime.TryRead(value, out AbsoluteCaptureTime said) ? said : null;
        lock (_synchronization) Note(_synchronization, new Heard(packet.Ssrc, now, packet.Timestamp, clockRate, level, captured));
        if (packet.CsrcCount == 0) return;
        bool hasLevels = mixerLevelsId > 0 && packet.TryGetExtension(mixerLevelsId, out value) && MixerAudioLevels.TryRead(value, out MixerAudioLevels levels)
            ? levels.Length > 0 : (levels = default).Length > 0;
        lock (_synchronization)
        {
            for (int i = 0; i < packet.CsrcCount; i++)
                Note(_contributing, new Heard(packet.GetCsrc(i), now, packet.Timestamp, clockRate, hasLevels && i < levels.Length ? levels[i] : null, captured));
        }
    }

    public IReadOnlyList<RTCRtpContributingSource> GetContributing() => [.. Recent(_contributing).Select(heard => new RTCRtpContributingSource
    {
        Source = heard.Source, Timestamp = Milliseconds(heard), RtpTimestamp = heard.RtpTimestamp, AudioLevel = Linear(heard.Level),
        CaptureTimestamp = heard.CaptureTime, SenderCaptureTimeOffset = heard.ClockOffset,
    })];

    public IReadOnlyList<RTCRtpSynchronizationSource> GetSynchronization() => [.. Recent(_synchronization).Select(heard => new RTCRtpSynchronizationSource
    {
        Source = heard.Source, Timestamp = Milliseconds(heard), RtpTimestamp = heard.RtpTimestamp, AudioLevel = Linear(heard.Level),
        CaptureTimestamp = heard.CaptureTime, SenderCaptureTimeOffset = heard.ClockOffset,
    })];

    private static double Milliseconds(in Heard heard) => (heard.At - s_unixEpoch).TotalMilliseconds;

    private static double? Linear(byte? level) => level is { } known ? MediaMeter.ToLinear(known) : null;

    private static void Note(List<Heard> sources, Heard heard)
    {
        int oldest = 0;
        for (int i = 0; i < sources.Count; i++)
        {
            if (sources[i].Source == heard.Source)
            {
                sources[i] = heard.After(sources[i]);
                return;
            }
            if (sources[i].At < sources[oldest].At) oldest = i;
        }
        if (sources.Count < MaxSources) sources.Add(heard);
        else sources[oldest] = heard;
    }

    private List<Heard> Recent(List<Heard> sources)
    {
        DateTimeOffset from = time.GetUtcNow() - s_kept;
        lock (_synchronization) return [.. sources.Where(heard => heard.At >= from).OrderByDescending(heard => heard.At)];
    }

    private readonly record struct Heard(uint Source, DateTimeOffset At, uint RtpTimestamp, uint ClockRate, byte? Level, AbsoluteCaptureTime? Captured)
    {
        private const double FractionsPerMillisecond = 4_294_967_296.0 / 1000;

        public double? CaptureTime { get; private init; } = Captured is { } time ? StatisticsClock.FromNtp(time.NtpTime) : null;

        public double? ClockOffset { get; private init; } = Captured?.ClockOffset is { } offset ? offset / FractionsPerMillisecond : null;

        // webrtc-extensions §10.1: what a packet leaves out follows from what was said last; times run on with the RTP timestamps.
        public Heard After(in Heard earlier) => this with
        {
            CaptureTime = CaptureTime ?? (ClockRate == 0 ? null : earlier.CaptureTime + (int)(RtpTimestamp - earlier.RtpTimestamp) * 1000.0 / ClockRate),
            ClockOffset = ClockOffset ?? earlier.ClockOffset,
        };
    }
}
