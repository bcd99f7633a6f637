using System.Runtime.CompilerServices;

namespace WebRtcStack.Core;

/// <summary>Guards for arguments and options: they return what they let through, so that an <c>init</c> accessor is one line.</summary>
public static class Require
{
    /// <summary>Lets a value from <paramref name="minimum"/> to <paramref name="maximum"/> through.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value lies outside; the message names the range.</exception>
    public static T InRange<T>(T value, T minimum, T maximum, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : IComparable<T>
    {
        if (value.CompareTo(minimum) < 0 || value.CompareTo(maximum) > 0)
            throw new ArgumentOutOfRangeException(name, value, $"Must be from {minimum} to {maximum}.");
        return value;
    }

    /// <summary>Lets anything but null through.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public static T NotNull<T>([NotNull] T? value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : class =>
        value ?? throw new ArgumentNullException(name);

    /// <summary>Lets a call through while the object lives.</summary>
    /// <exception cref="ObjectDisposedException"><paramref name="disposed"/> is true.</exception>
    public static void NotDisposed(bool disposed, object instance)
    {
#if NET
        ObjectDisposedException.ThrowIf(disposed, instance);
#else
        if (disposed) throw new ObjectDisposedException(NotNull(instance).GetType().Name);
#endif
    }
}
