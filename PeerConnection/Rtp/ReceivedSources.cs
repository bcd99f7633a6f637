using WebRtcStack.Rtp;

namespace WebRtcStack;

/// <summary>The sources of the last 10 seconds (webrtc-pc §5.3.2): noted on the loop, read from any thread.</summary>
/// <remarks>64 of either kind at most, 40 bytes each; then the one that was heard longest ago is forgotten.</remarks>
internal sealed class ReceivedSources(TimeProvider time)
{
    private const int MaxSources = 64;
    private const byte Silence = 127;
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(10);
    private static readonly DateTimeOffset s_unixEpoch = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly List<Heard> _synchronization = [], _contributing = [];

    /// <summary>Notes the sources of a packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="audioLevelId">The id of the audio level extension (RFC 6464), or 0.</param>
    /// <param name="mixerLevelsId">The id of the mixer-to-client levels extension (RFC 6465), or 0.</param>
    public void Note(in RtpPacket packet, byte audioLevelId, byte mixerLevelsId)
    {
        DateTimeOffset now = time.GetUtcNow();
        byte? level = audioLevelId > 0 && packet.TryGetExtension(audioLevelId, out ReadOnlySpan<byte> value) && AudioLevel.TryRead(value, out AudioLevel read) ? read.Level : null;
        lock (_synchronization) Note(_synchronization, new Heard(packet.Ssrc, now, packet.Timestamp, level));
        if (packet.CsrcCount == 0) return;
        bool hasLevels = mixerLevelsId > 0 && packet.TryGetExtension(mixerLevelsId, out value) && MixerAudioLevels.TryRead(value, out MixerAudioLevels levels)
            ? levels.Length > 0 : (levels = default).Length > 0;
        lock (_synchronization)
        {
            for (int i = 0; i < packet.CsrcCount; i++)
                Note(_contributing, new Heard(packet.GetCsrc(i), now, packet.Timestamp, hasLevels && i < levels.Length ? levels[i] : null));
        }
    }

    public IReadOnlyList<RTCRtpContributingSource> GetContributing() => [.. Recent(_contributing).Select(heard => new RTCRtpContributingSource
    {
        Source = heard.Source, Timestamp = Milliseconds(heard), RtpTimestamp = heard.RtpTimestamp, AudioLevel = Linear(heard.Level),
    })];

    public IReadOnlyList<RTCRtpSynchronizationSource> GetSynchronization() => [.. Recent(_synchronization).Select(heard => new RTCRtpSynchronizationSource
    {
        Source = heard.Source, Timestamp = Milliseconds(heard), RtpTimestamp = heard.RtpTimestamp, AudioLevel = Linear(heard.Level),
    })];

    private static double Milliseconds(in Heard heard) => (heard.At - s_unixEpoch).TotalMilliseconds;

    // webrtc-pc §5.3.3: 127 is silence, the rest 10^(-level/20).
    private static double? Linear(byte? level) => level is not { } known ? null : known == Silence ? 0 : Math.Pow(10, -known / 20.0);

    private static void Note(List<Heard> sources, Heard heard)
    {
        int oldest = 0;
        for (int i = 0; i < sources.Count; i++)
        {
            if (sources[i].Source == heard.Source)
            {
                sources[i] = heard;
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

    private readonly record struct Heard(uint Source, DateTimeOffset At, uint RtpTimestamp, byte? Level);
}
