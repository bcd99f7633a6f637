namespace WebRtcStack.Sdp;

/// <summary>The parameters of VP8 (RFC 7741 §6.1): what the writer can decode.</summary>
public sealed record Vp8Parameters
{
    /// <summary>The most pictures in a second ("max-fr"), or null.</summary>
    public int? MaxFrameRate { get; init; }

    /// <summary>The most macroblocks of a picture ("max-fs"), or null.</summary>
    public int? MaxFrameSize { get; init; }

    /// <summary>Reads parameters; what is missing or malformed is null.</summary>
    public static Vp8Parameters From(SdpFormatParameters parameters)
    {
        Core.Require.NotNull(parameters);
        return new Vp8Parameters { MaxFrameRate = parameters.Number("max-fr"), MaxFrameSize = parameters.Number("max-fs") };
    }

    /// <summary>The parameters as a line has them.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> fields = [];
        fields.Add("max-fr", MaxFrameRate);
        fields.Add("max-fs", MaxFrameSize);
        return fields.Join();
    }
}

/// <summary>The parameters of VP9 (RFC 9628 §6.1).</summary>
public sealed record Vp9Parameters
{
    /// <summary>The profile, 0 to 3. Default 0. It is part of what the format is.</summary>
    public int ProfileId { get; init; }

    /// <summary>The most pictures in a second ("max-fr"), or null.</summary>
    public int? MaxFrameRate { get; init; }

    /// <summary>The most macroblocks of a picture ("max-fs"), or null.</summary>
    public int? MaxFrameSize { get; init; }

    /// <summary>Reads parameters; what is missing or out of range has its default.</summary>
    public static Vp9Parameters From(SdpFormatParameters parameters)
    {
        Core.Require.NotNull(parameters);
        return new Vp9Parameters
        {
            ProfileId = parameters.Number("profile-id", 0, 3) ?? 0, MaxFrameRate = parameters.Number("max-fr"), MaxFrameSize = parameters.Number("max-fs"),
        };
    }

    /// <summary>The parameters as a line has them; the profile is always said, as browsers do.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> fields = [];
        fields.Add("profile-id", ProfileId);
        fields.Add("max-fr", MaxFrameRate);
        fields.Add("max-fs", MaxFrameSize);
        return fields.Join();
    }
}

/// <summary>The parameters of AV1 (RTP payload format for AV1 §7.2): what the writer can decode.</summary>
public sealed record Av1Parameters
{
    /// <summary>The profile, 0 (Main) to 2. Default 0. It is part of what the format is.</summary>
    public int Profile { get; init; }

    /// <summary>The highest level, 0 to 31. Default 5, which is level 3.1.</summary>
    public int LevelIdx { get; init; } = 5;

    /// <summary>The tier, 0 or 1. Default 0.</summary>
    public int Tier { get; init; }

    /// <summary>Reads parameters; what is missing or out of range has its default.</summary>
    public static Av1Parameters From(SdpFormatParameters parameters)
    {
        Core.Require.NotNull(parameters);
        return new Av1Parameters
        {
            Profile = parameters.Number("profile", 0, 2) ?? 0, LevelIdx = parameters.Number("level-idx", 0, 31) ?? 5, Tier = parameters.Number("tier", 0, 1) ?? 0,
        };
    }

    /// <summary>The parameters as a line has them.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> fields = [];
        fields.Add("level-idx", LevelIdx);
        fields.Add("profile", Profile);
        fields.Add("tier", Tier);
        return fields.Join();
    }
}
