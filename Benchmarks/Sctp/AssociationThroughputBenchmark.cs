using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp;

/// <summary>A mebibyte of messages from association to association through memory, with its acknowledgements: what SCTP itself costs, both ends on one core.</summary>
/// <remarks>Divide 1 048 576 by the mean for bytes per second, and by 1144 again for packets where messages are large.</remarks>
[MemoryDiagnoser]
public class AssociationThroughputBenchmark
{
    private const int Batch = 1 << 20;
    private readonly byte[] _packet = new byte[1500];
    private SctpAssociation _left = null!;
    private SctpAssociation _right = null!;
    private byte[] _message = [];
    private Instant _now = new(TimeSpan.TicksPerSecond);

    [Params(64, 1024, 16_384, 262_144)]
    public int MessageSize { get; set; }

    [Params(false, true)]
    public bool ZeroChecksum { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        SctpOptions options = new() { PeerMaxMessageSize = 1 << 20, ZeroChecksum = ZeroChecksum, ReceiveWindow = 4 << 20 };
        _left = new SctpAssociation(options, RandomSource.Seeded(1));
        _right = new SctpAssociation(options, RandomSource.Seeded(2));
        _message = new byte[MessageSize];
        _left.Associate(_now);
        _right.Associate(_now);
        Exchange();
    }

    /// <summary>Packets of both sides so far.</summary>
    public long Packets => _left.GetStatistics().PacketsSent + _right.GetStatistics().PacketsSent;

    [Benchmark]
    public int SendAndReceiveAMebibyte()
    {
        for (int sent = 0; sent < Batch; sent += MessageSize) _left.Send(1, 53, _message, default, _now);
        int received = 0;
        while (received < Batch)
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
