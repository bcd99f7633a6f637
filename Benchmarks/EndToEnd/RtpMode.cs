namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>RTP packets of 1200 bytes of payload over one video track, as fast as they go.</summary>
internal static class RtpMode
{
    private const int PayloadSize = 1200;
    private const int Ahead = 2048;                       // packets under way; the sender paces itself by what has arrived

    public static async Task RunAsync(EndToEndArguments arguments)
    {
        LocalMediaStreamTrack track = new(MediaKind.Video);
        long sent = 0, received = 0;
        using ManualResetEventSlim room = new(false, spinCount: 0);
        WebRtcOptions options = Pair.Options(arguments) with { Mtu = 1280, MaxQueuedRtpPackets = 8192 };
        await using Pair pair = await Pair.ConnectAsync(options, prepare: pair =>
        {
            pair.Offerer.AddTrack(track);
            pair.Answerer.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) =>
            {
                Volatile.Write(ref received, received + 1);
                if (Volatile.Read(ref sent) - received == Ahead / 2) room.Set();
            };
        });
        bool stop = false;
        byte[] payload = new byte[PayloadSize];
        payload[0] = 0x10;
        Thread sender = new(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                if (sent - Volatile.Read(ref received) >= Ahead)
                {
                    room.Reset();
                    if (sent - Volatile.Read(ref received) > Ahead / 2) room.Wait(20);
                }
                track.WriteRtp(new RtpPacketFields(96, (ushort)sent, (uint)(sent / 16 * 3000), sent % 16 == 15), payload);
                Volatile.Write(ref sent, sent + 1);
            }
        }) { IsBackground = true };
        sender.Start();
        await Task.Delay(2000);
        (long start, TimeSpan cpu, long receivedBefore, long sentBefore) = (Stopwatch.GetTimestamp(), Figures.Cpu, Volatile.Read(ref received), Volatile.Read(ref sent));
        long allocated = GC.GetTotalAllocatedBytes();
        await Task.Delay(TimeSpan.FromSeconds(arguments.Seconds));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, used = (Figures.Cpu - cpu).TotalSeconds;
        double arrived = Volatile.Read(ref received) - receivedBefore, left = Volatile.Read(ref sent) - sentBefore;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        Volatile.Write(ref stop, true);
        sender.Join();
        Figures.Print("rtp", ("seconds", seconds), ("packetsPerSecond", arrived / seconds), ("sentPerSecond", left / seconds),
            ("lossPercent", 100 * (left - arrived) / left), ("cpuSecondsPerMillionPackets", used / (arrived / 1e6)), ("allocatedBytesPerPacket", allocated / arrived));
    }
}
