using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Frames in a second (webrtc-stats: framesPerSecond), measured from one report to another; the loop's.</summary>
internal sealed class FrameRates
{
    private const int MaxTracks = 256;                   // those of tracks that are no more are forgotten
    private readonly Dictionary<string, ((ulong Frames, Instant At) Before, (ulong Frames, Instant At) Last)> _samples = [];

    /// <returns>Null until there are two reports a second apart.</returns>
    public double? Measure(string track, ulong frames, Instant now)
    {
        if (!_samples.TryGetValue(track, out ((ulong Frames, Instant At) Before, (ulong Frames, Instant At) Last) samples))
        {
            if (_samples.Count >= MaxTracks) _samples.Clear();
            samples = ((frames, now), (frames, now));
        }
        if (now - samples.Last.At >= TimeSpan.FromSeconds(1)) samples = (samples.Last, (frames, now));
        _samples[track] = samples;
        double seconds = (samples.Last.At - samples.Before.At).TotalSeconds;
        return seconds < 1 ? null : (samples.Last.Frames - samples.Before.Frames) / seconds;
    }
}
