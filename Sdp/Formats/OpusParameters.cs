namespace WebRtcStack.Sdp;

/// <summary>The parameters of opus (RFC 7587 §6.1): what the writer wishes to receive.</summary>
public sealed record OpusParameters
{
    private const int FullBand = 48_000;

    /// <summary>The highest rate that is played, in Hz. Default 48000; from 8000.</summary>
    public int MaxPlaybackRate { get; init; } = FullBand;

    /// <summary>The highest rate that is captured, in Hz ("sprop-maxcapturerate"). Default 48000; from 8000.</summary>
    public int SpropMaxCaptureRate { get; init; } = FullBand;

    /// <summary>The shortest packet in milliseconds, or null.</summary>
    public int? MinPtime { get; init; }

    /// <summary>The highest average rate in bit/s, 6000 to 510000; or null.</summary>
    public int? MaxAverageBitrate { get; init; }

    /// <summary>Whether stereo is preferred.</summary>
    public bool Stereo { get; init; }

    /// <summary>Whether the writer is likely to send stereo ("sprop-stereo").</summary>
    public bool SpropStereo { get; init; }

    /// <summary>Whether a constant rate is asked for.</summary>
    public bool Cbr { get; init; }

    /// <summary>Whether forward error correction in the band is of use.</summary>
    public bool UseInbandFec { get; init; }

    /// <summary>Whether discontinuous transmission is preferred.</summary>
    public bool UseDtx { get; init; }

    /// <summary>Reads parameters; what is missing or out of range has its default.</summary>
    public static OpusParameters From(SdpFormatParameters parameters)
    {
        Core.Require.NotNull(parameters);
        return new OpusParameters
        {
            MaxPlaybackRate = parameters.Number("maxplaybackrate", 8_000, FullBand) ?? FullBand,
            SpropMaxCaptureRate = parameters.Number("sprop-maxcapturerate", 8_000, FullBand) ?? FullBand,
            MinPtime = parameters.Number("minptime", 3, 120),
            MaxAverageBitrate = parameters.Number("maxaveragebitrate", 6_000, 510_000),
            Stereo = parameters.Flag("stereo"), SpropStereo = parameters.Flag("sprop-stereo"), Cbr = parameters.Flag("cbr"),
            UseInbandFec = parameters.Flag("useinbandfec"), UseDtx = parameters.Flag("usedtx"),
        };
    }

    /// <summary>The parameters as a line has them, without those that have their default.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> fields = [];
        fields.Add("maxplaybackrate", MaxPlaybackRate, FullBand);
        fields.Add("sprop-maxcapturerate", SpropMaxCaptureRate, FullBand);
        fields.Add("minptime", MinPtime);
        fields.Add("maxaveragebitrate", MaxAverageBitrate);
        fields.Add("stereo", Stereo);
        fields.Add("sprop-stereo", SpropStereo);
        fields.Add("cbr", Cbr);
        fields.Add("useinbandfec", UseInbandFec);
        fields.Add("usedtx", UseDtx);
        return fields.Join();
    }
}
