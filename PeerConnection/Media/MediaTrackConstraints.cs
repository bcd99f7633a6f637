using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>What is wanted of a property: a range, a value that it must have, or one that would be best (mediacapture-main §11.2).</summary>
public sealed record ConstrainRange
{
    /// <summary>The least value, or null.</summary>
    public double? Min { get; init; }

    /// <summary>The greatest value, or null.</summary>
    public double? Max { get; init; }

    /// <summary>The only value, or null.</summary>
    public double? Exact { get; init; }

    /// <summary>The best value, or null.</summary>
    public double? Ideal { get; init; }

    /// <summary>A bare number is an ideal, as in JavaScript.</summary>
    public static implicit operator ConstrainRange(double ideal) => new() { Ideal = ideal };

    /// <summary>A bare number as an ideal.</summary>
    public static ConstrainRange FromDouble(double ideal) => ideal;

    internal bool IsRequired => Min is not null || Max is not null || Exact is not null;

    /// <summary>Whether a source can do it that has these values to choose from.</summary>
    internal bool Allows(MediaTrackRange values) =>
        (Exact is not { } exact || (exact >= values.Min && exact <= values.Max)) && (Min is not { } least || least <= values.Max) &&
        (Max is not { } greatest || greatest >= values.Min) && !(Min > Max);
}

/// <summary>The values that a property can have (mediacapture-main §4.3.5).</summary>
/// <param name="Min">The least.</param>
/// <param name="Max">The greatest.</param>
public sealed record MediaTrackRange(double Min, double Max);

/// <summary>Properties that are wanted together (mediacapture-main §4.3.6.2). A property that is null may be anything.</summary>
public record MediaTrackConstraintSet
{
    /// <summary>Pixels across.</summary>
    public ConstrainRange? Width { get; init; }

    /// <summary>Pixels down.</summary>
    public ConstrainRange? Height { get; init; }

    /// <summary>Width by height.</summary>
    public ConstrainRange? AspectRatio { get; init; }

    /// <summary>Frames per second.</summary>
    public ConstrainRange? FrameRate { get; init; }

    /// <summary>Samples per second.</summary>
    public ConstrainRange? SampleRate { get; init; }

    /// <summary>Audio channels.</summary>
    public ConstrainRange? ChannelCount { get; init; }

    /// <summary>By their W3C names, those that are set.</summary>
    internal IEnumerable<(string Name, ConstrainRange Wanted)> Properties =>
        new (string Name, ConstrainRange? Wanted)[]
        {
            ("width", Width), ("height", Height), ("aspectRatio", AspectRatio), ("frameRate", FrameRate), ("sampleRate", SampleRate), ("channelCount", ChannelCount),
        }.Where(each => each.Wanted is not null).Select(each => (each.Name, each.Wanted!));
}

/// <summary>What an application wants of a track (mediacapture-main §4.3.6).</summary>
public sealed record MediaTrackConstraints : MediaTrackConstraintSet
{
    /// <summary>Further sets, each of which is met as a whole or left aside. Default: none.</summary>
    public IReadOnlyList<MediaTrackConstraintSet> Advanced { get; init => field = Require.NotNull(value); } = [];
}

/// <summary>What a track's source can do (mediacapture-main §4.3.5). A property that is null is not known.</summary>
public sealed record MediaTrackCapabilities
{
    /// <summary>Pixels across.</summary>
    public MediaTrackRange? Width { get; init; }

    /// <summary>Pixels down.</summary>
    public MediaTrackRange? Height { get; init; }

    /// <summary>Width by height.</summary>
    public MediaTrackRange? AspectRatio { get; init; }

    /// <summary>Frames per second.</summary>
    public MediaTrackRange? FrameRate { get; init; }

    /// <summary>Samples per second.</summary>
    public MediaTrackRange? SampleRate { get; init; }

    /// <summary>Audio channels.</summary>
    public MediaTrackRange? ChannelCount { get; init; }

    internal MediaTrackRange? this[string name] => name switch
    {
        "width" => Width,
        "height" => Height,
        "aspectRatio" => AspectRatio,
        "frameRate" => FrameRate,
        "sampleRate" => SampleRate,
        _ => ChannelCount,
    };

    /// <summary>The first required property that cannot be had, or null (mediacapture-main §11.1.1, SelectSettings, steps 3 and 4).</summary>
    internal string? Failure(MediaTrackConstraintSet wanted) =>
        wanted.Properties.FirstOrDefault(each => each.Wanted.IsRequired && !(this[each.Name] is { } values && each.Wanted.Allows(values))).Name;
}

/// <summary>A track cannot be as it is required to be (mediacapture-main §7.1).</summary>
public sealed class OverconstrainedError : DOMException
{
    /// <summary>Creates an error.</summary>
    /// <param name="constraint">The W3C name of the property, such as "width".</param>
    /// <param name="message">What is wrong, and what to do.</param>
    public OverconstrainedError(string constraint, string message = "") : base("OverconstrainedError", message) => Constraint = constraint;

    /// <summary>The W3C name of the property, such as "width".</summary>
    public string Constraint { get; }
}
