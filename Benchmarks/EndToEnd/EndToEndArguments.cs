using System.Globalization;

namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>The command line that all programs share which are measured side by side (Benchmarks/Peers).</summary>
internal sealed record EndToEndArguments
{
    public int MessageSize { get; init; } = 16_384;

    public double Seconds { get; init; } = 5;

    public int Count { get; init; } = 100;

    public int Parallel { get; init; } = 1;

    public int Connections { get; init; } = 100;

    /// <summary>A value of <c>--spin</c>, in microseconds: how long idle loops look again and again.</summary>
    public double SpinMicroseconds { get; init; }

    /// <summary>A value of <c>--pool 1</c>: handlers run on the thread pool alone.</summary>
    public bool HandlersOnPool { get; init; }

    /// <summary>A value of <c>--dtls</c>: the highest version that is offered.</summary>
    public string Dtls { get; init; } = "1.3";

    public static EndToEndArguments Parse(ReadOnlySpan<string> words)
    {
        EndToEndArguments parsed = new();
        for (int i = 0; i + 1 < words.Length; i += 2)
        {
            string value = words[i + 1];
            parsed = words[i] switch
            {
                "--message-size" => parsed with { MessageSize = Number(value) },
                "--seconds" => parsed with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--count" => parsed with { Count = Number(value) },
                "--parallel" => parsed with { Parallel = Number(value) },
                "--connections" => parsed with { Connections = Number(value) },
                "--spin" => parsed with { SpinMicroseconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--pool" => parsed with { HandlersOnPool = value == "1" },
                "--dtls" => parsed with { Dtls = value },
                _ => throw new ArgumentException($"{words[i]} is not known; see docs/performance.md."),
            };
        }
        return parsed;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
