using System.Buffers.Binary;
using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp.Goodput;

/// <summary>Associations with endless data over one bottleneck, in simulated time: the same cell gives the same figures everywhere.</summary>
internal sealed class GoodputSimulation
{
    private const int BulkMessage = 16 * 1024;
    private const int SmallMessage = 1024;
    private const ushort BulkStream = 1;
    private const ushort SmallStream = 2;
    private static readonly TimeSpan s_smallInterval = TimeSpan.FromMilliseconds(10);

    private readonly GoodputCell _cell;
    private readonly GoodputLink _forward;
    private readonly GoodputLink _back;
    private readonly Flow[] _flows;
    private readonly List<long> _latencies = [];
    private readonly byte[] _packet = new byte[1536];
    private readonly byte[] _bulk = new byte[BulkMessage];
    private readonly byte[] _small = new byte[SmallMessage];
    private Instant _now = new(TimeSpan.TicksPerSecond);
    private bool _isMeasuring;

    public GoodputSimulation(GoodputCell cell)
    {
        _cell = cell;
        TimeSpan oneWay = new(cell.RoundTrip.Ticks / 2);
        _forward = new GoodputLink(cell.BytesPerSecond, oneWay, cell.Loss, (long)(cell.Queue * cell.BandwidthDelayProduct), cell.Seed * 2);
        _back = new GoodputLink(cell.BytesPerSecond, oneWay, cell.Loss, long.MaxValue, cell.Seed * 2 + 1);
        _flows = new Flow[cell.Flows];
        for (int i = 0; i < _flows.Length; i++)
        {
            RandomSource random = RandomSource.Seeded(cell.Seed * 100 + (ulong)i);
            // Flows start at different times: a second one has to find its place beside one that fills the path.
            _flows[i] = new Flow(new SctpAssociation(cell.Options, random), new SctpAssociation(cell.Options, random))
            {
                NextSmall = _now + TimeSpan.FromMilliseconds(137 * i),
                StartsAt = _now + TimeSpan.FromMilliseconds(700 * i),
            };
        }
    }

    /// <summary>Each sender's counters, for those who ask why.</summary>
    public IEnumerable<SctpStatistics> Statistics
    {
        get
        {
            foreach (Flow flow in _flows) yield return flow.Sender.GetStatistics();
        }
    }

    public GoodputResult Run()
    {
        RunUntil(_now + _cell.WarmUp);
        long drops = _forward.Dropped;
        _isMeasuring = true;
        long[] received = Measure(_cell.Duration);
        _latencies.Sort();
        return new GoodputResult(
            received.Sum() / (_cell.BytesPerSecond * _cell.Duration.TotalSeconds),
            new TimeSpan(_latencies.Count == 0 ? 0 : _latencies[(int)(_latencies.Count * 0.99)]),
            Fairness(received),
            _forward.Dropped - drops);
    }

    /// <summary>Runs for a while; the bytes that each flow delivered in it.</summary>
    public long[] Measure(TimeSpan duration)
    {
        foreach (Flow flow in _flows) flow.Received = 0;
        RunUntil(_now + duration);
        return Array.ConvertAll(_flows, flow => flow.Received);
    }

    /// <summary>Jain's index: 1 is equal shares, 1/n is one flow with everything.</summary>
    public static double Fairness(long[] received)
    {
        double sum = received.Sum(), squares = received.Sum(bytes => (double)bytes * bytes);
        return squares == 0 ? 0 : sum * sum / (received.Length * squares);
    }

    /// <summary>Runs for a while; tests look at the statistics in between.</summary>
    public void RunUntil(Instant end)
    {
        while (true)
        {
            Instant next = Instant.Min(_forward.NextArrival, _back.NextArrival);
            foreach (Flow flow in _flows) next = Instant.Min(next, flow.Next);
            if (next > end) break;
            _now = Instant.Max(_now, next);
            while (_forward.NextArrival <= _now) Arrive(_forward, isForward: true);
            while (_back.NextArrival <= _now) Arrive(_back, isForward: false);
            for (int i = 0; i < _flows.Length; i++)
            {
                if (_flows[i].IsTouched || _flows[i].Next <= _now) Pump(_flows[i], i);
            }
        }
        _now = end;
    }

    private void Arrive(GoodputLink link, bool isForward)
    {
        (byte[] bytes, int length, int index) = link.Take();
        Flow flow = _flows[index];
        (isForward ? flow.Receiver : flow.Sender).Receive(bytes.AsSpan(0, length), _now);
        link.Return(bytes);
        flow.IsTouched = true;
    }

    private void Pump(Flow flow, int index)
    {
        flow.IsTouched = false;
        if (_now >= flow.StartsAt)
        {
            flow.StartsAt = Instant.Never;
            flow.Sender.Associate(_now);
        }
        if (flow.Sender.NextTimeout <= _now) flow.Sender.AdvanceTo(_now);
        if (flow.Receiver.NextTimeout <= _now) flow.Receiver.AdvanceTo(_now);
        if (flow.Sender.State == SctpAssociationState.Established) Feed(flow);
        while (flow.Receiver.TryReceive(out SctpMessage message)) Count(flow, message);
        while (flow.Sender.Transmit(_packet, _now) is > 0 and int length) _forward.Send(_packet.AsSpan(0, length), index, _now);
        while (flow.Receiver.Transmit(_packet, _now) is > 0 and int length) _back.Send(_packet.AsSpan(0, length), index, _now);
        while (flow.Sender.TryReadEvent(out _)) { }
        while (flow.Receiver.TryReadEvent(out _)) { }
        Instant due = flow.Sender.State == SctpAssociationState.Established ? flow.NextSmall : flow.StartsAt;
        flow.Next = Instant.Min(Instant.Min(flow.Sender.NextTimeout, flow.Receiver.NextTimeout), due);
    }

    private void Feed(Flow flow)
    {
        if (_now >= flow.NextSmall)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_small, _isMeasuring ? _now.Ticks : 0);
            flow.Sender.Send(SmallStream, 53, _small, default, _now);
            flow.NextSmall = _now + s_smallInterval;
        }
        while (flow.Sender.BufferedAmount(BulkStream) < 4 * BulkMessage) flow.Sender.Send(BulkStream, 53, _bulk, default, _now);
    }

    private void Count(Flow flow, in SctpMessage message)
    {
        flow.Received += message.Payload.Length;
        if (message.Stream == SmallStream && BinaryPrimitives.ReadInt64LittleEndian(message.Payload.Span) is not 0 and long sentAt)
            _latencies.Add(_now.Ticks - sentAt);
        message.Payload.Dispose();
    }

    private sealed class Flow(SctpAssociation sender, SctpAssociation receiver)
    {
        public SctpAssociation Sender { get; } = sender;

        public SctpAssociation Receiver { get; } = receiver;

        public Instant Next { get; set; }

        public Instant NextSmall { get; set; }

        public Instant StartsAt { get; set; }

        public long Received { get; set; }

        public bool IsTouched { get; set; }
    }
}
