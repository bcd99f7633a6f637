using BenchmarkDotNet.Attributes;
using WebRtcStack.Sdp;

namespace WebRtcStack.Benchmarks.Sdp;

/// <summary>A browser's offer of audio, video and data (Tests/Corpus/sdp), read, checked and written; divide by its length for the cost of a KB.</summary>
[MemoryDiagnoser]
public class SdpBenchmark
{
    private readonly string _text = NegotiationFigures.BrowserOffer();
    private SdpDescription _description = null!;

    [GlobalSetup]
    public void Parse() => _description = Read();

    [Benchmark]
    public SdpDescription Read() => SdpDescription.TryParse(_text.AsSpan(), out SdpDescription? description, out SdpError? error) ? description : throw new InvalidOperationException($"{error}");

    [Benchmark]
    public string Write() => _description.ToString();

    [Benchmark]
    public bool Check() => _description.FindMalformedAttribute() is null;

    [Benchmark]
    public int Codecs() => _description.Media.Sum(media => media.GetCodecs().Count);
}
