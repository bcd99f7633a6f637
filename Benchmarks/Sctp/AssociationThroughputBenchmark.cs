using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp;

/// <summary>One message from association to association through memory, with its acknowledgement: what SCTP itself costs.</summary>
[MemoryDiagnoser]
public class AssociationThroughputBenchmark
{
    private readonly byte[] _packet = new byte[1500];
    private SctpAssociation _left = null!;
    private SctpAssociation _right = null!;
    private byte[] _message = [];
    private Instant _now = new(TimeSpan.TicksPerSecond);

    [Params(100, 1200, 65_536, 262_144)]
    public int MessageSize { get; set; }

    [Params(false, true)]
    public bool ZeroChecksum { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        SctpOptions options = new() { PeerMaxMessageSize = 1 << 20, ZeroChecksum = ZeroChecksum };
        _left = new SctpAssociation(options, RandomSource.Seeded(1));
        _right = new SctpAssociation(options, RandomSource.Seeded(2));
        _message = new byte[MessageSize];
        _left.Associate(_now);
        _right.Associate(_now);
        Exchange();
    }

    [Benchmark]
    public int SendAndReceive()
    {
        _left.Send(1, 53, _message, default, _now);
        int received = 0;
        while (received < MessageSize)
        {
            Exchange();
            while (_right.TryReceive(out SctpMessage message))
            {
                received += message.Payload.Length;
                message.Payload.Dispose();
            }
            _now += TimeSpan.FromMilliseconds(1);
            _left.AdvanceTo(_now);
            _right.AdvanceTo(_now);
        }
        while (_left.TryReadEvent(out _)) { }
        return received;
    }

    private void Exchange()
    {
        bool isBusy = true;
        while (isBusy)
        {
            isBusy = Move(_left, _right);
            isBusy |= Move(_right, _left);
        }
    }

    private bool Move(SctpAssociation from, SctpAssociation to)
    {
        bool any = false;
        while (from.Transmit(_packet, _now) is > 0 and int length)
        {
            to.Receive(_packet.AsSpan(0, length), _now);
            any = true;
        }
        return any;
    }
}
