using System.Globalization;
using System.Linq;

namespace WebRtcStack.Tests.Simulation;

/// <summary>How many seeds a simulation runs with: few by default, more where WEBRTCSTACK_SEEDS says by how much.</summary>
public static class Seeds
{
    private static readonly int s_multiplier =
        int.TryParse(Environment.GetEnvironmentVariable("WEBRTCSTACK_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? Math.Max(1, value)
            : 1;

    /// <summary>1 to <paramref name="count"/> times the multiplier.</summary>
    public static IEnumerable<int> Range(int count) => Enumerable.Range(1, count * s_multiplier);
}
