using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>Sequences of operations on one channel against a model of it, which is a list.</summary>
[TestFixture]
public class ChannelModelTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(1);

    public enum Step
    {
        SendSmall, SendLarge, SendEmpty, Wait, Break, Mend, Shrink, Close,
    }

    // RFC 8831 §6.6: what was received is always the beginning of what was sent, and all of it in the end, also behind a close.
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void ReliableChannel_OfAnyOperations_IsAQueue(Step[] steps, byte seed, bool interleaving)
    {
        Play play = new(seed, interleaving, new DataChannelParameters { Label = "model" });
        List<(int Length, byte First)> model = [];
        foreach (Step step in steps)
        {
            if (play.Do(step, model.Count) is { } sent) model.Add(sent);
            (int, byte)[] got = play.Received;
            Assert.That(got, Is.EqualTo(model.Take(got.Length)));
            Assert.That(play.Channel.BufferedAmount, Is.LessThanOrEqualTo(model.Sum(m => (long)m.Length) - got.Sum(g => (long)g.Item1)));
        }
        play.Do(Step.Mend, 0);
        Assert.That(play.Until(() => play.Received.Length == model.Count), $"{play.Received.Length} of {model.Count}");
        Assert.That(play.Received, Is.EqualTo(model));
        play.CloseAndCheck();
    }

    // RFC 3758: what was received is a selection of what was sent, each once and, where the channel is ordered, in order.
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void PartiallyReliableChannel_OfAnyOperations_IsASelectionOfAQueue(Step[] steps, byte seed, bool interleaving, bool ordered, bool timed)
    {
        DataChannelParameters parameters = new() { Label = "model", Ordered = ordered, MaxRetransmits = timed ? null : 1, MaxPacketLifeTime = timed ? 200 : null };
        Play play = new(seed, interleaving, parameters);
        List<(int Length, byte First)> model = [];
        Instant lastSent = default;
        foreach (Step step in steps)
        {
            if (play.Do(step, model.Count) is { } sent)
            {
                model.Add(sent);
                lastSent = play.Now;
            }
            CheckSelection(play.Received, model, ordered);
            if (timed && play.Now - lastSent > TimeSpan.FromMilliseconds(300))
                Assert.That(play.Channel.BufferedAmount, Is.Zero, "nothing waits beyond its lifetime");
        }
        play.Do(Step.Mend, 0);
        play.CloseAndCheck();
        CheckSelection(play.Received, model, ordered);
    }

    private static void CheckSelection((int Length, byte First)[] got, List<(int Length, byte First)> model, bool ordered)
    {
        List<(int, byte)> rest = [.. model];
        int from = 0;
        foreach ((int, byte) message in got)
        {
            int at = ordered ? rest.IndexOf(message, from) : rest.IndexOf(message);
            Assert.That(at, Is.GreaterThanOrEqualTo(0), $"{message} was not sent, or came twice or out of order");
            if (ordered) from = at + 1;
            else rest.RemoveAt(at);
        }
    }

    private sealed class Play
    {
        private readonly VirtualTime _time;
        private readonly DataChannelEndpoint _left, _right;
        private readonly LayerPair _pair;
        private readonly PathOptions _path;

        public Play(int seed, bool interleaving, DataChannelParameters parameters)
        {
            _time = new VirtualTime(seed + 1);
            SctpOptions sctp = new() { Interleaving = interleaving, MaxRetransmits = 1000, MaxInitRetransmits = 1000, PeerMaxMessageSize = 256 * 1024 };
            _left = new DataChannelEndpoint(new DataChannelTransportOptions { IsDtlsClient = true, Sctp = sctp }, _time.Random);
            _right = new DataChannelEndpoint(new DataChannelTransportOptions { IsDtlsClient = false, Sctp = sctp }, _time.Random);
            _path = PathOptions.Draw(_time.Random);
            _pair = new LayerPair(_time, _left, _right, _path);
            Channel = _left.Transport.Open(parameters, _time.Now);
            _left.Transport.Start(_time.Now);
            _right.Transport.Start(_time.Now);
            Assert.That(Until(() => _right.Saw(DataChannelEventKind.ChannelAnnounced)));
        }

        public DataChannel Channel { get; }

        public Instant Now => _time.Now;

        public (int Length, byte First)[] Received => [.. _right.Messages.Select(m => (m.Bytes.Length, m.Bytes.FirstOrDefault()))];

        public (int Length, byte First)? Do(Step step, int number)
        {
            int length = step switch { Step.SendSmall => 1 + number % 1500, Step.SendLarge => 30_000 + number, Step.SendEmpty => 0, _ => -1 };
            if (length >= 0 && Channel.State == DataChannelState.Open)
            {
                byte[] message = new byte[length];
                message.AsSpan().Fill((byte)(number + 1));
                Assert.That(_left.Transport.Send(Channel, message, isBinary: true, _time.Now), Is.EqualTo(SctpSendResult.Queued));
                _pair.Pump();
                return (length, message.FirstOrDefault());
            }
            if (step == Step.Close) _left.Transport.Close(Channel, _time.Now);
            if (step == Step.Wait) _pair.RunUntil(() => false, TimeSpan.FromMilliseconds(400));
            if (step == Step.Break) _pair.LeftToRight.Options = _path with { Loss = 1 };
            if (step == Step.Mend) _pair.LeftToRight.Options = _path;
            if (step == Step.Shrink) _left.Transport.Mtu = 600;
            return null;
        }

        public bool Until(Func<bool> done) => _pair.RunUntil(done, s_limit);

        public void CloseAndCheck()
        {
            _left.Transport.Close(Channel, _time.Now);
            Assert.That(Until(() => Channel.State == DataChannelState.Closed && _right.Announced("model").State == DataChannelState.Closed), _time.Timeline);
            Assert.That(Until(() => _left.Transport.HeldBytes + _right.Transport.HeldBytes == 0), "nothing is kept");
        }
    }
}
