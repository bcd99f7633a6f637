using System.Buffers.Binary;
using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>
/// Data channels of all kinds that open and close under a mixed load, over paths that lose, reorder, duplicate, change their
/// MTU and break for up to a minute: what is reliable arrives once, what is ordered in order, what is partially reliable at
/// most once, nothing hangs, and nothing is kept in the end.
/// </summary>
[TestFixture]
public class WorkloadSimulationTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(5);

    private static IEnumerable<int> Many => Seeds.Range(12);

    private static IEnumerable<int> One => Seeds.Range(1);

    [TestCaseSource(nameof(Many))]
    public void Channels_UnderAMixedLoadOverABadPath_KeepTheirPromises(int seed) => new Run(seed, worst: 0.3, largest: 100_000).Play(rounds: 4, messages: 25);

    [TestCaseSource(nameof(One))]
    public void Channels_WithMessagesOf16MebibytesOverABadPath_KeepTheirPromises(int seed) => new Run(seed, worst: 0.01, largest: 16 << 20).Play(rounds: 1, messages: 6);

    /// <summary>A message of 64 MiB in one piece, beside small ones.</summary>
    [Test]
    public void Send_Of64Mebibytes_Arrives([Values] bool interleaving)
    {
        VirtualTime time = new(1);
        SctpOptions options = new() { Interleaving = interleaving, MaxMessageSize = 64 << 20, PeerMaxMessageSize = 64 << 20, MaxSendBuffer = 80 << 20 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random) { Keeps = false };
        LayerPair pair = new(time, left, right, new PathOptions());
        left.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => left.Saw(SctpEventKind.Established), s_limit));
        left.Association.Send(1, 53, new byte[64 << 20], default, time.Now);
        for (int i = 0; i < 10; i++) left.Association.Send(2, 53, new byte[1000], default, time.Now);
        Assert.That(pair.RunUntil(() => right.ReceivedBytes == (64 << 20) + 10_000, s_limit));
    }

    private sealed class Run
    {
        private readonly int _seed;
        private readonly double _worst;
        private readonly int _largest;
        private readonly VirtualTime _time;
        private readonly RandomSource _random;
        private readonly DataChannelEndpoint _left, _right;
        private readonly LayerPair _pair;
        private readonly Dictionary<string, List<int>> _sent = [];

        public Run(int seed, double worst, int largest)
        {
            (_seed, _worst, _largest, _time) = (seed, worst, largest, new VirtualTime(seed));
            _random = _time.Random;
            SctpOptions sctp = new()
            {
                MaxInitRetransmits = 500, MaxRetransmits = 500, ZeroChecksum = seed % 2 == 0, MaxMessageSize = 17 << 20, PeerMaxMessageSize = 17 << 20,
                MaxSendBuffer = 128 << 20,
            };
            _left = new DataChannelEndpoint(new DataChannelTransportOptions { IsDtlsClient = true, Sctp = sctp with { Interleaving = seed % 3 > 0 } }, _random);
            _right = new DataChannelEndpoint(new DataChannelTransportOptions { IsDtlsClient = false, Sctp = sctp }, _random);
            _pair = new LayerPair(_time, _left, _right, Path());
        }

        public void Play(int rounds, int messages)
        {
            _left.Transport.Start(_time.Now);
            _right.Transport.Start(_time.Now);
            Until(() => _left.Saw(DataChannelEventKind.Connected) && _right.Saw(DataChannelEventKind.Connected), "connected");
            List<(DataChannelEndpoint From, DataChannel Channel)> open = [];
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < 6; i++) open.Add(Open(round, i));
                Until(() => open.TrueForAll(c => c.Channel.State == DataChannelState.Open), "open");
                for (int i = 0; i < messages; i++)
                {
                    (DataChannelEndpoint from, DataChannel channel) = open[_random.Next(open.Count)];
                    Send(from, channel);
                    if (_random.Next(3) == 0) _pair.RunUntil(() => false, TimeSpan.FromMilliseconds(_random.Next(300)));
                    if (_random.Next(10) == 0) Disturb();
                }
                for (int i = open.Count / 2; i > 0; i--)
                {
                    int at = _random.Next(open.Count);
                    open[at].From.Transport.Close(open[at].Channel, _time.Now);
                    open.RemoveAt(at);
                }
            }
            foreach ((DataChannelEndpoint from, DataChannel channel) in open) from.Transport.Close(channel, _time.Now);
            Until(() => AllClosed(_left) && AllClosed(_right), "closed");
            Check(_left, _right);
            Check(_right, _left);
            Assert.That(_left.Transport.HeldBytes + _right.Transport.HeldBytes, Is.Zero, "nothing is kept");
            _left.Transport.Shutdown(_time.Now);
            Until(() => _left.Saw(DataChannelEventKind.Closed), "shut down");
            Assert.That(_left.Transport.NextTimeout.IsNever);
        }

        private static bool AllClosed(DataChannelEndpoint endpoint) =>
            endpoint.Events.Where(e => e.Channel is not null).All(e => e.Channel!.State == DataChannelState.Closed);

        private PathOptions Path() => PathOptions.Draw(_random, _worst) with { Mtu = 1200 };

        private (DataChannelEndpoint, DataChannel) Open(int round, int number)
        {
            DataChannelEndpoint from = number % 2 == 0 ? _left : _right;
            string label = $"{round}.{number}";
            _sent.Add(label, []);
            return (from, from.Transport.Open(new()
            {
                Label = label, Ordered = _random.Next(2) == 0, Priority = (ushort)(128 << _random.Next(4)),
                MaxRetransmits = number == 4 ? _random.Next(3) : null, MaxPacketLifeTime = number == 5 ? 10 + _random.Next(1000) : null,
            }, _time.Now));
        }

        private void Send(DataChannelEndpoint from, DataChannel channel)
        {
            int size = _random.Next(5) switch { 0 => 0, 1 => 8 + _random.Next(100), 2 => 1200, 3 => 8 + _random.Next(20_000), _ => 8 + _random.Next(_largest) };
            List<int> numbers = _sent[channel.Label];
            byte[] message = size == 0 ? [] : Message(size, numbers.Count);
            if (size > 0) numbers.Add(numbers.Count);
            SctpSendResult result = from.Transport.Send(channel, message, isBinary: size % 2 == 0, _time.Now);
            Assert.That(result, Is.EqualTo(SctpSendResult.Queued));
        }

        // Another path, a smaller MTU, or none at all for up to a minute.
        private void Disturb()
        {
            PathOptions next = Path();
            switch (_random.Next(3))
            {
                case 0:
                    _left.Transport.Mtu = _right.Transport.Mtu = 600 + _random.Next(500);
                    break;
                case 1:
                    _pair.LeftToRight.Options = _pair.RightToLeft.Options = next with { Loss = 1 };
                    _pair.RunUntil(() => false, TimeSpan.FromSeconds(_random.Next(60)));
                    break;
            }
            _pair.LeftToRight.Options = _pair.RightToLeft.Options = next;
        }

        private void Check(DataChannelEndpoint from, DataChannelEndpoint to)
        {
            foreach (DataChannel channel in from.Events.Where(e => e.Kind == DataChannelEventKind.ChannelOpened).Select(e => e.Channel!))
            {
                int[] got = [.. to.Messages.Where(m => m.Channel.Label == channel.Label && m.Bytes.Length > 0).Select(m => Number(m.Bytes))];
                string what = $"seed {_seed}, channel {channel.Label}, ordered {channel.Ordered}, {channel.MaxRetransmits} {channel.MaxPacketLifeTime}";
                Assert.That(got, Is.Unique, what);
                if (channel.Ordered) Assert.That(got, Is.Ordered, what);
                if (channel.MaxRetransmits is null && channel.MaxPacketLifeTime is null) Assert.That(got, Is.EquivalentTo(_sent[channel.Label]), what);
                else Assert.That(got, Is.SubsetOf(_sent[channel.Label]), what);
            }
        }

        private void Until(Func<bool> done, string what) => Assert.That(
            _pair.RunUntil(done, s_limit), $"seed {_seed}: not {what}; left {_left.Transport.GetStatistics()}\nright {_right.Transport.GetStatistics()}\n{_time.Timeline}");

        private static byte[] Message(int size, int number)
        {
            byte[] bytes = new byte[size];
            bytes.AsSpan().Fill((byte)number);
            BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), size);
            return bytes;
        }

        private static int Number(byte[] bytes)
        {
            int number = BinaryPrimitives.ReadInt32BigEndian(bytes);
            Assert.That(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)), Is.EqualTo(bytes.Length));
            Assert.That(bytes.AsSpan(8).IndexOfAnyExcept((byte)number), Is.Negative);
            return number;
        }
    }
}
