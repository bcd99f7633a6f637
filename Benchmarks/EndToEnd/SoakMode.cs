namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>
/// Two hundred connections with data and media over a path that loses 1 % and reorders 2 %; every tenth of a second one ends and
/// another takes its place. Memory, latency, stalls and exceptions are told in the end.
/// </summary>
internal static class SoakMode
{
    private const double Loss = 0.01, Reordering = 0.02;
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_stall = TimeSpan.FromSeconds(10);

    private sealed class Member(Pair pair, LossyRelay.Way way, LocalMediaStreamTrack track)
    {
        public Pair Pair { get; } = pair;

        public LossyRelay.Way Way { get; } = way;

        public LocalMediaStreamTrack Track { get; } = track;

        public long LastMessage = Stopwatch.GetTimestamp();
        public ushort Sequence;
    }

    private static double ManagedKiB => GC.GetTotalMemory(true) / 1024.0;

    public static async Task RunAsync(EndToEndArguments arguments)
    {
        int connections = arguments.Connections == new EndToEndArguments().Connections ? 200 : arguments.Connections, unobserved = 0, stalls = 0, replaced = 0;
        TaskScheduler.UnobservedTaskException += (_, _) => Interlocked.Increment(ref unobserved);
        using LossyRelay relay = new(Loss, Reordering);
        WebRtcOptions options = Pair.Options(arguments);
        Tally tally = new();
        List<Member> members = [];
        for (int i = 0; i < connections; i++) members.Add(await JoinAsync(relay, options, tally));
        await Task.Delay(2000);
        long start = Stopwatch.GetTimestamp();
        double seconds = 0, residentEarly = 0, managedEarly = 0, earlyP99 = 0;
        byte[] message = new byte[1000], frame = new byte[1000];
        for (int step = 0; (seconds = Stopwatch.GetElapsedTime(start).TotalSeconds) < arguments.Seconds; step++)
        {
            for (int i = step % 10; i < members.Count; i += 10) SendTo(members[i], message, frame);
            if (step % 50 == 49)
            {
                int old = replaced++ % members.Count;
                if (Stopwatch.GetElapsedTime(Volatile.Read(ref members[old].LastMessage)) > s_stall) stalls++;
                await LeaveAsync(members[old]);
                members[old] = await JoinAsync(relay, options, tally);
            }
            if (residentEarly == 0 && seconds > arguments.Seconds * 0.25)
            {
                Figures.Collect();
                (residentEarly, managedEarly, earlyP99) = (Figures.ResidentKiB, ManagedKiB, tally.TakeP99());
            }
            await Task.Delay(s_step);
        }
        Figures.Collect();
        double residentLate = Figures.ResidentKiB, managedLate = ManagedKiB, lateP99 = tally.TakeP99();
        stalls += members.Count(member => Stopwatch.GetElapsedTime(Volatile.Read(ref member.LastMessage)) > s_stall);
        foreach (Member member in members) await LeaveAsync(member);
        members.Clear();
        Figures.Collect();
        Figures.Print("soak", ("seconds", seconds), ("connections", connections), ("replaced", replaced), ("messages", tally.Messages), ("rtpPackets", tally.Packets),
            ("datagramsLost", relay.Lost), ("stalls", stalls), ("unobservedExceptions", unobserved), ("rssKiBAtQuarter", residentEarly), ("rssKiBAtEnd", residentLate),
            ("rssKiBAfterClose", Figures.ResidentKiB), ("managedKiBAtQuarter", managedEarly), ("managedKiBAtEnd", managedLate), ("managedKiBAfterClose", ManagedKiB),
            ("p99MsFirstQuarter", earlyP99 / 1000), ("p99MsRest", lateP99 / 1000));
    }

    private static void SendTo(Member member, byte[] message, byte[] frame)
    {
        BitConverter.TryWriteBytes(message, Stopwatch.GetTimestamp());
        if (member.Pair.Near.BufferedAmount < 1 << 20) member.Pair.Near.Send(message);
        for (int i = 0; i < 4; i++, member.Sequence++)
            member.Track.WriteRtp(new RtpPacketFields(96, member.Sequence, member.Sequence * 3000u, i == 3), frame);
    }

    private static async Task<Member> JoinAsync(LossyRelay relay, WebRtcOptions options, Tally tally)
    {
        LossyRelay.Way way = await relay.OpenAsync();
        LocalMediaStreamTrack track = new(MediaKind.Video);
        Pair pair = await Pair.ConnectAsync(options, way: way, prepare: pair =>
        {
            pair.Offerer.AddTrack(track);
            pair.Answerer.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => tally.CountPacket();
        });
        Member member = new(pair, way, track);
        pair.Far.OnMessage += (_, e) =>
        {
            Volatile.Write(ref member.LastMessage, Stopwatch.GetTimestamp());
            tally.CountMessage(Stopwatch.GetElapsedTime(BitConverter.ToInt64(e.Data.Span)).TotalMicroseconds);
        };
        return member;
    }

    private static async Task LeaveAsync(Member member)
    {
        await member.Pair.DisposeAsync();
        member.Way.Close();
    }

    private sealed class Tally
    {
        private readonly List<double> _microseconds = [];
        private long _messages, _packets;

        public double Messages => Interlocked.Read(ref _messages);

        public double Packets => Interlocked.Read(ref _packets);

        public void CountPacket() => Interlocked.Increment(ref _packets);

        public void CountMessage(double microseconds)
        {
            Interlocked.Increment(ref _messages);
            lock (_microseconds) _microseconds.Add(microseconds);
        }

        public double TakeP99()
        {
            lock (_microseconds)
            {
                double value = Figures.Percentile(_microseconds, 0.99);
                _microseconds.Clear();
                return value;
            }
        }
    }
}
