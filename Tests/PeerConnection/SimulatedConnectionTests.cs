using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Whole connections in the simulator.</summary>
public sealed class SimulatedConnectionTests
{
    public static IEnumerable<int> ManySeeds => Seeds.Range(40);

    [TestCaseSource(nameof(ManySeeds))]
    public void Connection_OverABadPath_DeliversEveryReliableMessageOnceAndInOrder(int seed)
    {
        using PeerSimulation simulation = new(seed, PathOptions.Draw(RandomSource.Seeded((ulong)seed), 0.1));      // both links of the way: up to 20 % together
        simulation.RestartIceOnFailure();
        const int count = 60;
        List<int> left = [], right = [];
        simulation.Right.OnDataChannel += (_, e) =>
        {
            e.Channel.OnMessage += (_, message) => right.Add(Number(message, simulation));
            for (int i = 0; i < count; i++) e.Channel.Send(Message(i, seed));
        };
        RTCDataChannel channel = simulation.Left.CreateDataChannel("ordered");
        channel.OnMessage += (_, message) => left.Add(Number(message, simulation));
        channel.OnOpen += (_, _) =>
        {
            for (int i = 0; i < count; i++) channel.Send(Message(i, seed));
        };
        simulation.RunUntil(() => left.Count >= count && right.Count >= count, TimeSpan.FromMinutes(10), simulation.NegotiateAsync());
        simulation.Time.RunFor(TimeSpan.FromSeconds(5));
        Assert.Multiple(() =>
        {
            Assert.That(left, Is.EqualTo(Enumerable.Range(0, count)), simulation.Time.Timeline);
            Assert.That(right, Is.EqualTo(Enumerable.Range(0, count)), simulation.Time.Timeline);
        });
    }

    // Sizes from 4 bytes to a few packets; every byte follows from the number.
    private static byte[] Message(int number, int seed)
    {
        byte[] message = new byte[4 + (number * 977 + seed * 131) % 4000];
        BitConverter.TryWriteBytes(message, number);
        for (int i = 4; i < message.Length; i++) message[i] = (byte)(number + i);
        return message;
    }

    private static int Number(MessageEvent message, PeerSimulation simulation)
    {
        ReadOnlySpan<byte> data = message.Data.Span;
        int number = BitConverter.ToInt32(data);
        for (int i = 4; i < data.Length; i++)
        {
            if (data[i] != (byte)(number + i)) Assert.Fail($"message {number} changed at byte {i}\n{simulation.Time.Timeline}");
        }
        return number;
    }
}
