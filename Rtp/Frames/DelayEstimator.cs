namespace WebRtcStack.Rtp;

/// <summary>How much delay the network's jitter asks for: a high quantile of the packets' lateness, the recent ones counting more.</summary>
/// <remarks>A histogram whose new entries weigh ever more instead of its old ones ever less, so that adding costs the same whatever its size.</remarks>
internal sealed class DelayEstimator
{
    private const double Quantile = 0.97;
    private const double Growth = 1 / 0.998;                              // half forgotten after 350 packets: 7 s of audio
    private const double MaxWeight = 1e200;
    private const int Interval = 8;                                       // packets between two looks at the histogram
    private const int Fine = 50, Middle = 90, Coarse = 60;                // buckets of 2 ms to 100 ms, 10 ms to 1 s, 50 ms to 4 s
    private readonly double[] _weights = new double[Fine + Middle + Coarse];
    private double _total, _weight = 1;
    private int _sinceLook;

    /// <summary>The delay with which all but a few packets are in time; 0 while lateness stays below 2 ms.</summary>
    public TimeSpan Delay { get; private set; }

    /// <summary>Counts a packet that came so much later than it would have at the network's best.</summary>
    public void Add(TimeSpan lateness)
    {
        _weights[BucketOf(lateness)] += _weight;
        _total += _weight;
        _weight *= Growth;
        if (_weight > MaxWeight) Rescale();
        if (++_sinceLook < Interval) return;
        _sinceLook = 0;
        Delay = Look();
    }

    private TimeSpan Look()
    {
        double left = _total * (1 - Quantile);
        for (int i = _weights.Length - 1; i > 0; i--)
        {
            left -= _weights[i];
            if (left < 0) return TimeSpan.FromMilliseconds(UpperEdgeOf(i));
        }
        return TimeSpan.Zero;
    }

    private void Rescale()
    {
        for (int i = 0; i < _weights.Length; i++) _weights[i] /= _weight;
        _total /= _weight;
        _weight = 1;
    }

    private static int BucketOf(TimeSpan lateness) => (lateness.Ticks / TimeSpan.TicksPerMillisecond) switch
    {
        < 0 => 0,
        < 100 and long ms => (int)(ms / 2),
        < 1000 and long ms => Fine + (int)((ms - 100) / 10),
        < 4000 and long ms => Fine + Middle + (int)((ms - 1000) / 50),
        _ => Fine + Middle + Coarse - 1,
    };

    private static int UpperEdgeOf(int bucket) => bucket switch
    {
        < Fine => (bucket + 1) * 2,
        < Fine + Middle => 100 + (bucket - Fine + 1) * 10,
        _ => 1000 + (bucket - Fine - Middle + 1) * 50,
    };
}
