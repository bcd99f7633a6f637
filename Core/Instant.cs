namespace WebRtcStack.Core;

/// <summary>A point on the caller's monotonic clock, in ticks of 100 ns from an arbitrary origin.</summary>
/// <remarks>
/// Layers never read a clock: every input carries the <see cref="Instant"/> at which it happened. The default value is the
/// origin; <see cref="Never"/> stands for "no deadline" and sorts after everything else. Arithmetic saturates at
/// <see cref="Never"/>, so that adding to no deadline yields no deadline.
/// </remarks>
public readonly struct Instant : IEquatable<Instant>, IComparable<Instant>
{
    /// <summary>Creates an instant from ticks of 100 ns since the clock's origin.</summary>
    public Instant(long ticks) => Ticks = ticks;

    /// <summary>No deadline; later than every other instant.</summary>
    public static Instant Never => new(long.MaxValue);

    /// <summary>Ticks of 100 ns since the clock's origin.</summary>
    public long Ticks { get; }

    /// <summary>Whether this is <see cref="Never"/>.</summary>
    public bool IsNever => Ticks == long.MaxValue;

    /// <summary>The earlier of two instants.</summary>
    public static Instant Min(Instant left, Instant right) => left.Ticks <= right.Ticks ? left : right;

    /// <summary>The later of two instants.</summary>
    public static Instant Max(Instant left, Instant right) => left.Ticks >= right.Ticks ? left : right;

    /// <summary>The instant <paramref name="duration"/> after <paramref name="instant"/>, at most <see cref="Never"/>.</summary>
    public static Instant operator +(Instant instant, TimeSpan duration)
    {
        if (instant.IsNever) return Never;
        long sum = unchecked(instant.Ticks + duration.Ticks);
        return duration.Ticks > 0 && sum < instant.Ticks ? Never : new Instant(sum);
    }

    /// <summary>The instant <paramref name="duration"/> before <paramref name="instant"/>.</summary>
    public static Instant operator -(Instant instant, TimeSpan duration) =>
        instant.IsNever ? Never : new Instant(instant.Ticks - duration.Ticks);

    /// <summary>The time from <paramref name="right"/> to <paramref name="left"/>.</summary>
    public static TimeSpan operator -(Instant left, Instant right) =>
        left.IsNever ? TimeSpan.MaxValue : new TimeSpan(left.Ticks - right.Ticks);

    /// <summary>Whether <paramref name="left"/> is earlier than <paramref name="right"/>.</summary>
    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;

    /// <summary>Whether <paramref name="left"/> is later than <paramref name="right"/>.</summary>
    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;

    /// <summary>Whether <paramref name="left"/> is not later than <paramref name="right"/>.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;

    /// <summary>Whether <paramref name="left"/> is not earlier than <paramref name="right"/>.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;

    /// <summary>Whether both are the same instant.</summary>
    public static bool operator ==(Instant left, Instant right) => left.Ticks == right.Ticks;

    /// <summary>Whether they are different instants.</summary>
    public static bool operator !=(Instant left, Instant right) => left.Ticks != right.Ticks;

    /// <summary>The named form of <c>+</c>.</summary>
    public Instant Add(TimeSpan duration) => this + duration;

    /// <summary>The named form of <c>-</c>: the time from <paramref name="earlier"/> to this instant.</summary>
    public TimeSpan Subtract(Instant earlier) => this - earlier;

    /// <inheritdoc/>
    public bool Equals(Instant other) => Ticks == other.Ticks;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Instant other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Ticks.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    /// <summary>Seconds since the clock's origin, or "never"; for timelines and logs.</summary>
    public override string ToString() => IsNever
        ? "never"
        : (Ticks / (double)TimeSpan.TicksPerSecond).ToString("0.000000", System.Globalization.CultureInfo.InvariantCulture) + "s";
}
