using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What the frames of one stream tell of themselves: their size, their rate, how loud they are. From any thread.</summary>
internal sealed class MediaMeter
{
    private const double LongestGap = 10;                // seconds; what is longer is another start, not a pause
    private const int HugeNumerator = 5, HugeDenominator = 2;                // webrtc-stats §8.8.1: 2.5 times the average
    private const byte Silence = 127;
    private readonly object _gate = new();
    private MediaReading _reading;
    private uint _lastTimestamp;
    private double _interval, _bytes;

    /// <summary>The latest.</summary>
    public MediaReading Reading
    {
        get
        {
            lock (_gate) return _reading;
        }
    }

    /// <summary>webrtc-pc §5.3.3: 127 is silence, the rest 10^(-level/20).</summary>
    public static double ToLinear(byte level) => level == Silence ? 0 : Math.Pow(10, -level / 20.0);

    /// <summary>Looks at a frame.</summary>
    /// <param name="codec">Its codec.</param>
    /// <param name="timestamp">Its RTP timestamp.</param>
    /// <param name="level">How loud its audio is, if that is known.</param>
    /// <param name="frame">The frame.</param>
    public void Note(SdpCodec codec, uint timestamp, AudioLevel? level, ReadOnlySpan<byte> frame)
    {
        VideoFrameInfo.TryRead(codec.Name, frame, out VideoFrameInfo info);
        lock (_gate)
        {
            double seconds = _reading.Frames == 0 ? 0 : (int)(timestamp - _lastTimestamp) / (double)codec.ClockRate;
            if (seconds is not (> 0 and < LongestGap)) seconds = 0;
            if (seconds > 0) _interval = _interval == 0 ? seconds : _interval + (seconds - _interval) / 8;
            bool isHuge = _reading.Frames > 0 && frame.Length * (double)HugeDenominator >= HugeNumerator * _bytes / _reading.Frames;
            _bytes += frame.Length;
            _lastTimestamp = timestamp;
            double? linear = level is { } known ? ToLinear(known.Level) : null;
            _reading = _reading with
            {
                Frames = _reading.Frames + 1, KeyFrames = _reading.KeyFrames + (info.IsKeyFrame ? 1u : 0), HugeFrames = _reading.HugeFrames + (isHuge ? 1u : 0),
                Width = info.Width > 0 ? info.Width : _reading.Width, Height = info.Height > 0 ? info.Height : _reading.Height,
                FrameRate = _interval > 0 ? 1 / _interval : null, Seconds = _reading.Seconds + seconds, AudioLevel = linear ?? _reading.AudioLevel,
                AudioEnergy = linear is { } loud ? (_reading.AudioEnergy ?? 0) + seconds * loud * loud : _reading.AudioEnergy,
            };
        }
    }
}

/// <summary>What a <see cref="MediaMeter"/> shows.</summary>
internal readonly record struct MediaReading
{
    public ulong Frames { get; init; }

    public ulong KeyFrames { get; init; }

    /// <summary>Frames of at least 2.5 times the average size so far.</summary>
    public ulong HugeFrames { get; init; }

    /// <summary>Pixels across of the latest key frame, or null.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels down of the latest key frame, or null.</summary>
    public int? Height { get; init; }

    /// <summary>Frames per second by their timestamps, smoothed over the last ones, or null.</summary>
    public double? FrameRate { get; init; }

    /// <summary>From the first frame's timestamp to the latest one's.</summary>
    public double Seconds { get; init; }

    /// <summary>How loud the latest audio is, from 0 to 1; null when no frame has said it.</summary>
    public double? AudioLevel { get; init; }

    /// <summary>The sum of each frame's squared level by its seconds (webrtc-stats §8.12); null when no frame has said how loud it is.</summary>
    public double? AudioEnergy { get; init; }

    /// <summary>What an application has left open of its settings.</summary>
    public MediaTrackSettings Complete(MediaTrackSettings settings) =>
        settings with { Width = settings.Width ?? Width, Height = settings.Height ?? Height, FrameRate = settings.FrameRate ?? (Width is null ? null : FrameRate) };
}
