namespace WebRtcStack.Sdp;

/// <summary>The parameters of H.264 (RFC 6184 §8.1).</summary>
public sealed record H264Parameters
{
    /// <summary>Profile and level. Profile and packetization mode are part of what the format is, the level is not (§8.2.2).</summary>
    public H264ProfileLevelId ProfileLevelId { get; init; } = H264ProfileLevelId.Default;

    /// <summary>0: single NAL units; 1: fragments and aggregates; 2: interleaved. Default 0.</summary>
    public int PacketizationMode { get; init; }

    /// <summary>Whether each direction may have a level of its own (§8.1, level-asymmetry-allowed).</summary>
    public bool LevelAsymmetryAllowed { get; init; }

    /// <summary>Parameter sets in base64, parted by commas ("sprop-parameter-sets"), or null.</summary>
    public string? SpropParameterSets { get; init; }

    /// <summary>Macroblocks in a second, beyond the level's ("max-mbps"), or null.</summary>
    public int? MaxMbps { get; init; }

    /// <summary>Macroblocks of a picture, beyond the level's ("max-fs"), or null.</summary>
    public int? MaxFs { get; init; }

    /// <summary>The coded picture buffer, beyond the level's ("max-cpb"), or null.</summary>
    public int? MaxCpb { get; init; }

    /// <summary>The decoded picture buffer, beyond the level's ("max-dpb"), or null.</summary>
    public int? MaxDpb { get; init; }

    /// <summary>The bit rate, beyond the level's ("max-br"), or null.</summary>
    public int? MaxBr { get; init; }

    /// <summary>Whether both describe the same format, so that an answer may take one for the other (§8.2.2).</summary>
    public bool IsSameFormatAs(H264Parameters other)
    {
        Core.Require.NotNull(other);
        return PacketizationMode == other.PacketizationMode && ProfileLevelId.Profile == other.ProfileLevelId.Profile &&
            (ProfileLevelId.Profile != H264Profile.Other ||
                (ProfileLevelId.ProfileIdc, ProfileLevelId.ProfileIop) == (other.ProfileLevelId.ProfileIdc, other.ProfileLevelId.ProfileIop));
    }

    /// <summary>
    /// The level of an answer (§8.2.2): with asymmetry on both sides our own, else the lower of both. The profile is the offer's.
    /// </summary>
    public H264ProfileLevelId AnswerLevel(H264Parameters offered)
    {
        Core.Require.NotNull(offered);
        H264ProfileLevelId lower = ProfileLevelId < offered.ProfileLevelId ? ProfileLevelId : offered.ProfileLevelId;
        H264ProfileLevelId level = LevelAsymmetryAllowed && offered.LevelAsymmetryAllowed ? ProfileLevelId : lower;
        return offered.ProfileLevelId with { LevelIdc = level.LevelIdc };
    }

    /// <summary>Reads parameters; what is missing or malformed has its default.</summary>
    public static H264Parameters From(SdpFormatParameters parameters)
    {
        Core.Require.NotNull(parameters);
        return new H264Parameters
        {
            ProfileLevelId = H264ProfileLevelId.TryParse(parameters["profile-level-id"], out H264ProfileLevelId id) ? id : H264ProfileLevelId.Default,
            PacketizationMode = parameters.Number("packetization-mode", 0, 2) ?? 0,
            LevelAsymmetryAllowed = parameters.Flag("level-asymmetry-allowed"),
            SpropParameterSets = parameters["sprop-parameter-sets"],
            MaxMbps = parameters.Number("max-mbps"), MaxFs = parameters.Number("max-fs"), MaxCpb = parameters.Number("max-cpb"),
            MaxDpb = parameters.Number("max-dpb"), MaxBr = parameters.Number("max-br"),
        };
    }

    /// <summary>The parameters as a line has them; profile and mode are always said, as browsers do.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> fields = [];
        fields.Add("level-asymmetry-allowed", LevelAsymmetryAllowed);
        fields.Add("packetization-mode", PacketizationMode);
        fields.Add("profile-level-id", ProfileLevelId.ToString());
        fields.Add("sprop-parameter-sets", SpropParameterSets);
        fields.Add("max-mbps", MaxMbps);
        fields.Add("max-fs", MaxFs);
        fields.Add("max-cpb", MaxCpb);
        fields.Add("max-dpb", MaxDpb);
        fields.Add("max-br", MaxBr);
        return fields.Join();
    }
}

/// <summary>The parameters of H.265 (RFC 7798 §7.1).</summary>
public sealed record H265Parameters
{
    private const int Level31 = 93;                      // three times the level, times ten

    /// <summary>profile-space, 0 to 3. Default 0.</summary>
    public int ProfileSpace { get; init; }

    /// <summary>profile-id, 0 to 31. Default 1, which is Main.</summary>
    public int ProfileId { get; init; } = 1;

    /// <summary>tier-flag: 1 for the high tier. Default 0.</summary>
    public int TierFlag { get; init; }

    /// <summary>level-id, 0 to 255: 30 times the level. Default 93, which is level 3.1.</summary>
    public int LevelId { get; init; } = Level31;

    /// <summary>"SRST", "MRST" or "MRMT": how many streams and transports. Default SRST.</summary>
    public string TxMode { get; init; } = "SRST";

    /// <summary>The parameter sets in base64 ("sprop-vps", "sprop-sps", "sprop-pps"), or null.</summary>
    public string? SpropVps { get; init; }

    /// <inheritdoc cref="SpropVps"/>
    public string? SpropSps { get; init; }

    /// <inheritdoc cref="SpropVps"/>
    public string? SpropPps { get; init; }

    /// <summary>Reads parameters; what is missing or out of range has its default.</summary>
    public static H265Parameters From(SdpFormatParameters parameters)
    {
        Core.Require.NotNull(parameters);
        return new H265Parameters
        {
            ProfileSpace = parameters.Number("profile-space", 0, 3) ?? 0, ProfileId = parameters.Number("profile-id", 0, 31) ?? 1,
            TierFlag = parameters.Number("tier-flag", 0, 1) ?? 0, LevelId = parameters.Number("level-id", 0, 255) ?? Level31,
            TxMode = parameters["tx-mode"] is { } mode and ("MRST" or "MRMT") ? mode : "SRST",
            SpropVps = parameters["sprop-vps"], SpropSps = parameters["sprop-sps"], SpropPps = parameters["sprop-pps"],
        };
    }

    /// <summary>The parameters as a line has them; profile, tier, level and mode are always said, as browsers do.</summary>
    public SdpFormatParameters ToFormatParameters()
    {
        List<string> fields = [];
        fields.Add("level-id", LevelId);
        fields.Add("profile-id", ProfileId);
        fields.Add("profile-space", ProfileSpace, 0);
        fields.Add("tier-flag", TierFlag);
        fields.Add("tx-mode", TxMode);
        fields.Add("sprop-vps", SpropVps);
        fields.Add("sprop-sps", SpropSps);
        fields.Add("sprop-pps", SpropPps);
        return fields.Join();
    }
}
