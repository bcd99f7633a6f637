using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Ice;

namespace WebRtcStack.Benchmarks.Ice;

/// <summary>An agent with 100 pairs of which all but the best work, so that none is nominated meanwhile: every check, its answer, and what follows. The figure is for one check.</summary>
[MemoryDiagnoser]
public class CheckBenchmark
{
    private const int Side = 10, Pairs = Side * Side;
    private static readonly TransportAddress s_firstLeft = TransportAddress.FromIPv4(0xC0000200, 5000), s_firstRight = TransportAddress.FromIPv4(0xC6336400, 5000);
    private readonly byte[] _buffer = new byte[1500];

    [Benchmark(OperationsPerInvoke = Pairs)]
    public int CheckAHundredPairs()
    {
        Instant now = new(TimeSpan.TicksPerSecond);
        IceAgentOptions options = new() { Ta = TimeSpan.FromMilliseconds(5), NominationDelay = TimeSpan.FromMinutes(1), MaxPairs = Pairs };
        IceAgent left = new(options, RandomSource.Seeded(1)), right = new(options with { Role = IceRole.Controlled }, RandomSource.Seeded(2));
        IceStream leftStream = left.AddStream(), rightStream = right.AddStream();
        for (uint i = 0; i < Side; i++)
        {
            left.AddLocalBase(leftStream, IceComponent.Rtp, TransportAddress.FromIPv4(0xC0000200 + i, 5000), TransportProtocol.Udp, now);
            right.AddLocalBase(rightStream, IceComponent.Rtp, TransportAddress.FromIPv4(0xC6336400 + i, 5000), TransportProtocol.Udp, now);
        }
        left.SetRemoteParameters(leftStream, rightStream.LocalParameters, now);
        foreach (IceCandidate candidate in rightStream.LocalCandidates) left.AddRemoteCandidate(leftStream, candidate, now);
        for (int i = 0; i < Pairs; i++)
        {
            Carry(left, right, now);
            Carry(right, left, now);
            now += options.Ta;
            left.AdvanceTo(now);
        }
        int succeeded = 0;
        foreach (IceCandidatePair pair in leftStream.Pairs) succeeded += pair.State == IceCandidatePairState.Succeeded ? 1 : 0;
        return succeeded == Pairs - 1 ? succeeded : throw new InvalidOperationException($"{succeeded} of {Pairs} pairs have succeeded.");
    }

    private void Carry(IceAgent from, IceAgent to, Instant now)
    {
        while (from.Transmit(_buffer, now, out NetworkPath path) is > 0 and int length)
        {
            if (path.Local == s_firstLeft && path.Remote == s_firstRight) continue;
            to.Receive(_buffer.AsSpan(0, length), new NetworkPath(path.Remote, path.Local, path.Protocol), now, out _, out _, out _, out _);
        }
    }
}
