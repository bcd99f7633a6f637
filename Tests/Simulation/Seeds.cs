using System.Globalization;

namespace WebRtcStack.Tests.Simulation;

/// <summary>Seeds for simulations: few by default; the environment variable WEBRTCSTACK_SEEDS multiplies them.</summary>
public static class Seeds
{
    public static IEnumerable<int> Range(int count)
    {
        string? setting = Environment.GetEnvironmentVariable("WEBRTCSTACK_SEEDS");
        int multiplier = int.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? Math.Max(1, value) : 1;
        for (int seed = 1; seed <= count * multiplier; seed++) yield return seed;
    }
}
