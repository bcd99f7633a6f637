using System.IO;
using WebRtcStack.Sdp;

namespace WebRtcStack.Benchmarks.Sdp;

/// <summary>
/// The table of docs/negotiation-performance.md: time and allocations of createOffer, setLocalDescription, setRemoteDescription and
/// createAnswer for one data channel and for 2 audio and 20 video sections, and of SDP by the KB.
/// </summary>
internal static class NegotiationFigures
{
    private const int Rounds = 100, WarmUps = 30;

    private static readonly string[] s_steps = ["createOffer", "setLocalDescription(offer)", "setRemoteDescription(offer)", "createAnswer", "setLocalDescription(answer)", "setRemoteDescription(answer)"];

    public static async Task RunAsync()
    {
        Console.WriteLine("| | 1 data channel | | 2 audio + 20 video | |");
        Console.WriteLine("|---|---|---|---|---|");
        Console.WriteLine("| | µs | KB | µs | KB |");
        (double Time, double Memory)[] data = await MeasureAsync(connection => connection.CreateDataChannel("x"));
        (double Time, double Memory)[] media = await MeasureAsync(AddMedia);
        for (int i = 0; i < s_steps.Length; i++)
            Console.WriteLine(FormattableString.Invariant($"| {s_steps[i]} | {data[i].Time:F0} | {data[i].Memory:F1} | {media[i].Time:F0} | {media[i].Memory:F0} |"));
        MeasureSdp();
    }

    /// <summary>A browser's offer with audio, video and data.</summary>
    public static string BrowserOffer() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Corpus", "chromium-156-offer-audio-video-datachannel-gathered.sdp"));

    private static void AddMedia(RTCPeerConnection connection)
    {
        for (int i = 0; i < 22; i++) connection.AddTransceiver(i < 2 ? MediaKind.Audio : MediaKind.Video);
    }

    private static async Task<(double Time, double Memory)[]> MeasureAsync(Action<RTCPeerConnection> prepare)
    {
        List<(double Time, double Memory)>[] figures = [.. s_steps.Select(_ => new List<(double, double)>())];
        for (int round = 0; round < WarmUps + Rounds; round++)
        {
            await using RTCPeerConnection offerer = new(new RTCConfiguration { BundlePolicy = RTCBundlePolicy.MaxBundle }), answerer = new(new RTCConfiguration());
            prepare(offerer);
            List<(double Time, double Memory)> steps = [];
            RTCSessionDescription offer = await StepAsync(steps, () => offerer.CreateOfferAsync());
            await StepAsync(steps, () => Done(offerer.SetLocalDescriptionAsync(offer)));
            await StepAsync(steps, () => Done(answerer.SetRemoteDescriptionAsync(offer)));
            RTCSessionDescription answer = await StepAsync(steps, () => answerer.CreateAnswerAsync());
            await StepAsync(steps, () => Done(answerer.SetLocalDescriptionAsync(answer)));
            await StepAsync(steps, () => Done(offerer.SetRemoteDescriptionAsync(answer)));
            for (int i = 0; i < steps.Count && round >= WarmUps; i++) figures[i].Add(steps[i]);
        }
        return [.. figures.Select(each => (Median(each.Select(step => step.Time)), Median(each.Select(step => step.Memory))))];
    }

    private static async Task<bool> Done(Task task)
    {
        await task;
        return true;
    }

    // All threads' allocations, since the operations run on the connection's own.
    private static async Task<T> StepAsync<T>(List<(double Time, double Memory)> steps, Func<Task<T>> step)
    {
        long memory = GC.GetTotalAllocatedBytes(precise: true), start = Stopwatch.GetTimestamp();
        T result = await step();
        double time = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        steps.Add((time, (GC.GetTotalAllocatedBytes(precise: true) - memory) / 1024.0));
        return result;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static void MeasureSdp()
    {
        string text = BrowserOffer();
        SdpDescription description = SdpDescription.TryParse(text.AsSpan(), out SdpDescription? parsed, out SdpError? error)
            ? parsed
            : throw new InvalidOperationException($"{error}");
        double size = text.Length / 1024.0;
        Console.WriteLine();
        Console.WriteLine("| SDP, by the KB | µs | KB |");
        Console.WriteLine("|---|---|---|");
        Report("read", () => SdpDescription.TryParse(text.AsSpan(), out _, out _) ? 1 : 0);
        Report("check", () => description.FindMalformedAttribute() is null ? 1 : 0);
        Report("write", () => description.ToString().Length);
        Report("codecs", () => description.Media.Sum(media => media.GetCodecs().Count));

        void Report(string name, Func<int> action)
        {
            long sum = 0;                                                   // so that nothing is left out
            for (int i = 0; i < 2000; i++) sum += action();
            long memory = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            for (int i = 0; i < 2000; i++) sum += action();
            double time = Stopwatch.GetElapsedTime(start).TotalMicroseconds / 2000;
            Console.WriteLine(FormattableString.Invariant($"| {name} | {time / size:F2} | {(GC.GetAllocatedBytesForCurrentThread() - memory) / 2000.0 / 1024 / size:F2} |"));
            if (sum == 0) throw new InvalidOperationException($"{name} did nothing.");
        }
    }
}
