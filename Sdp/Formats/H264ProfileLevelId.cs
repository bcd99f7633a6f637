using System.Globalization;

namespace WebRtcStack.Sdp;

/// <summary>The profiles of H.264 that profile-level-id tells apart (RFC 6184 §8.1, table 5).</summary>
public enum H264Profile
{
    /// <summary>None of those below.</summary>
    Other,

    /// <summary>Constrained Baseline: what every endpoint decodes (RFC 7742 §6.2).</summary>
    ConstrainedBaseline,

    /// <summary>Baseline.</summary>
    Baseline,

    /// <summary>Main.</summary>
    Main,

    /// <summary>Extended.</summary>
    Extended,

    /// <summary>Constrained High.</summary>
    ConstrainedHigh,

    /// <summary>High.</summary>
    High,

    /// <summary>High 10.</summary>
    High10,

    /// <summary>High 4:2:2.</summary>
    High422,

    /// <summary>High 4:4:4 Predictive.</summary>
    High444Predictive,
}

/// <summary>The profile-level-id of H.264 (RFC 6184 §8.1): three bytes of the sequence parameter set, in hexadecimal.</summary>
/// <param name="ProfileIdc">profile_idc.</param>
/// <param name="ProfileIop">The constraint_set flags: the highest bit is constraint_set0.</param>
/// <param name="LevelIdc">level_idc: ten times the level, 9 for 1b in the high profiles.</param>
public readonly record struct H264ProfileLevelId(byte ProfileIdc, byte ProfileIop, byte LevelIdc) : IComparable<H264ProfileLevelId>
{
    private const int Level1 = 10, Level1B = 105, Level11 = 110;          // in tenths of level_idc, so that 1b has room

    /// <summary>What holds when the parameter is missing: Baseline, level 1 (RFC 6184 §8.1).</summary>
    public static H264ProfileLevelId Default { get; } = new(0x42, 0, Level1);

    /// <summary>The profile (RFC 6184 §8.1, table 5).</summary>
    public H264Profile Profile => (ProfileIdc, ProfileIop) switch
    {
        (0x42, var iop) when Matches(iop, "x1xx0000") => H264Profile.ConstrainedBaseline,
        (0x4D, var iop) when Matches(iop, "1xxx0000") => H264Profile.ConstrainedBaseline,
        (0x58, var iop) when Matches(iop, "11xx0000") => H264Profile.ConstrainedBaseline,
        (0x42, var iop) when Matches(iop, "x0xx0000") => H264Profile.Baseline,
        (0x58, var iop) when Matches(iop, "10xx0000") => H264Profile.Baseline,
        (0x4D, var iop) when Matches(iop, "0x0x0000") => H264Profile.Main,
        (0x58, var iop) when Matches(iop, "00xx0000") => H264Profile.Extended,
        (0x64, 0x0C) => H264Profile.ConstrainedHigh,
        (0x64, 0) => H264Profile.High,
        (0x6E, var iop) when Matches(iop, "000x0000") => H264Profile.High10,
        (0x7A, var iop) when Matches(iop, "000x0000") => H264Profile.High422,
        (0xF4, var iop) when Matches(iop, "000x0000") => H264Profile.High444Predictive,
        _ => H264Profile.Other,
    };

    /// <summary>Whether the level is 1b: level_idc 11 with constraint_set3 in the older profiles, 9 in the high ones.</summary>
    public bool IsLevel1B => LevelIdc == 9 || (LevelIdc == 11 && (ProfileIop & 0x10) != 0 && ProfileIdc is 0x42 or 0x4D or 0x58);

    /// <summary>Reads six hexadecimal digits.</summary>
    public static bool TryParse(string? text, out H264ProfileLevelId id)
    {
        bool parsed = int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) && text!.Length == 6;
        id = parsed ? new H264ProfileLevelId((byte)(value >> 16), (byte)(value >> 8), (byte)value) : default;
        return parsed;
    }

    /// <summary>Compares levels: 1 before 1b before 1.1.</summary>
    public int CompareTo(H264ProfileLevelId other) => Rank.CompareTo(other.Rank);

    /// <summary>Whether the level of one is below that of the other.</summary>
    public static bool operator <(H264ProfileLevelId left, H264ProfileLevelId right) => left.CompareTo(right) < 0;

    /// <summary>Whether the level of one is above that of the other.</summary>
    public static bool operator >(H264ProfileLevelId left, H264ProfileLevelId right) => left.CompareTo(right) > 0;

    /// <summary>Whether the level of one is not above that of the other.</summary>
    public static bool operator <=(H264ProfileLevelId left, H264ProfileLevelId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the level of one is not below that of the other.</summary>
    public static bool operator >=(H264ProfileLevelId left, H264ProfileLevelId right) => left.CompareTo(right) >= 0;

    /// <summary>Six hexadecimal digits.</summary>
    public override string ToString() => (ProfileIdc << 16 | ProfileIop << 8 | LevelIdc).ToString("x6", CultureInfo.InvariantCulture);

    private int Rank => IsLevel1B ? Level1B : LevelIdc == 11 ? Level11 : LevelIdc * 10;

    // The bits of a byte against a pattern of table 5.
    private static bool Matches(byte bits, string pattern)
    {
        for (int i = 0; i < 8; i++)
        {
            if (pattern[i] != 'x' && (pattern[i] == '1') != ((bits & 0x80 >> i) != 0)) return false;
        }
        return true;
    }
}
