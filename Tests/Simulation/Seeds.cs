using System.Globalization;

namespace WebRtcStack.Tests.Simulation;

/// <summary>Seeds of simulated runs: few by default, more with the environment variable WEBRTCSTACK_SEEDS as a multiplier.</summary>
public static class Seeds
{
    private static readonly int s_multiplier =
        int.TryParse(Environment.GetEnvironmentVariable("WEBRTCSTACK_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? Math.Max(1, value)
            : 1;

    /// <summary>Whether there is time for every case of what is otherwise sampled: a multiplier of 10 or more.</summary>
    public static bool IsExhaustive => s_multiplier >= 10;

    /// <summary>1 to <paramref name="count"/> times the multiplier.</summary>
    public static IEnumerable<int> Range(int count)
    {
        for (int seed = 1; seed <= count * s_multiplier; seed++) yield return seed;
    }
}
