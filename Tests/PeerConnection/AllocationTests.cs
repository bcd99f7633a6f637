namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Steady traffic through the whole stack and real sockets allocates nothing for a packet.</summary>
[NonParallelizable, CancelAfter(40_000)]
public sealed class AllocationTests
{
    // Half of the smallest object: timers, the thread pool and other tests allocate now and then, whatever the number of packets.
    private const double Tolerance = 12;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);       // not a token, whose registrations allocate

    [Test]
    public async Task Data_InBothDirections_AllocatesNothingForAPacket(CancellationToken timeout)
    {
        const int MessageSize = 60_000, Messages = 200, PacketsOfAMessage = 52;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        byte[] message = new byte[MessageSize];
        using SemaphoreSlim returned = new(0);
        pair.Answerer.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, each) => e.Channel.Send(each.Data.Span);
        RTCDataChannel channel = pair.Offerer.CreateDataChannel("bulk");
        channel.OnMessage += (_, _) => returned.Release();
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.OnOpen += (_, _) => open.TrySetResult();
        await open.Task.WaitAsync(timeout);
        double perPacket = await LeastOf(5, () =>
        {
            for (int sent = 0, back = 0; back < Messages;)
            {
                for (; sent < Messages && sent - back < 8; sent++) channel.Send(message);
                if (!returned.Wait(s_patience)) return 0;
                back++;
            }
            return Messages * PacketsOfAMessage * 2;
        });
        Assert.That(perPacket, Is.LessThan(Tolerance));
    }

    [Test]
    public async Task Media_AllocatesNothingForAPacket(CancellationToken timeout)
    {
        const int Packets = 4000, Ahead = 64;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        await pair.SendAudioAsync(packets: 10, timeout);
        using SemaphoreSlim arrived = new(0);
        pair.RemoteTrack.OnRtpPacket += (_, _) => arrived.Release();
        byte[] payload = new byte[1000];
        ushort number = 1000;
        double perPacket = await LeastOf(5, () =>
        {
            for (int sent = 0, back = 0; back < Packets; back++)
            {
                for (; sent < Packets && sent - back < Ahead; sent++, number++) pair.LocalTrack.WriteRtp(new RtpPacketFields(111, number, number * 960u, false), payload);
                if (!arrived.Wait(s_patience)) return 0;
            }
            return Packets;
        });
        Assert.That(perPacket, Is.LessThan(Tolerance));
    }

    // The least of several rounds: pools fill and code is compiled in the first.
    private static async Task<double> LeastOf(int rounds, Func<int> round)
    {
        double least = double.MaxValue;
        for (int i = 0; i < rounds; i++)
        {
            await Task.Yield();
            long before = GC.GetTotalAllocatedBytes(precise: true);
            int packets = round();
            double each = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)packets;
            TestContext.Out.WriteLine($"{each:0.00} bytes a packet");
            least = Math.Min(least, each);
        }
        return least;
    }
}
