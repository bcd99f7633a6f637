using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>The local ports that sockets may take; <see cref="Any"/> leaves the choice to the system.</summary>
public readonly record struct PortRange
{
    /// <summary>Ports from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="last"/> is less than <paramref name="first"/>.</exception>
    public PortRange(ushort first, ushort last) => (First, Last) = (first, Require.InRange(last, first, ushort.MaxValue));

    /// <summary>A port that the system chooses.</summary>
    public static PortRange Any => default;

    /// <summary>The first port; 0 when the system chooses.</summary>
    public ushort First { get; }

    /// <summary>The last port.</summary>
    public ushort Last { get; }
}
