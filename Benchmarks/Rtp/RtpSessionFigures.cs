using System.Globalization;
using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Srtp;

namespace WebRtcStack.Benchmarks.Rtp;

/// <summary>
/// RTCP, feedback on 200 packets, and the forwarding of one video stream to many receivers with SRTP, in processor time of the thread:
/// <c>dotnet run -c Release --project Benchmarks -- rtp-session</c>. The lines are tables of docs/media-performance.md.
/// </summary>
internal static class RtpSessionFigures
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(1);         // the first tenths run code that is not optimised yet
    private const int VideoPayload = 1100;
    private const int StreamBitsPerSecond = 2_000_000;
    private const byte Video = 96, Repair = 97;

    public static void Run()
    {
        Console.WriteLine("| operation | ns | allocated |");
        Console.WriteLine("|---|---|---|");
        RtcpBenchmark rtcp = new();
        rtcp.Setup();
        Measure($"parse a compound of {rtcp.CompoundLength} bytes: SR with two blocks, SDES, NACK, PLI", 2000, rtcp.ReadCompound);
        Measure($"build transport-wide feedback on {RtcpBenchmark.FeedbackPackets} packets", 2000, rtcp.WriteFeedback);
        Measure($"parse it ({rtcp.WriteFeedback()} bytes)", 2000, rtcp.ReadFeedback);
        Console.WriteLine();
        Console.WriteLine("| receivers of one 2 Mbit/s stream | profile | ns per packet sent | packets/s per core | streams per core | allocated |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (SrtpProfile profile in (SrtpProfile[])[SrtpProfile.Aes128CmHmacSha1_80, SrtpProfile.AeadAes128Gcm])
        {
            foreach (int receivers in (int[])[100, 1000]) Forward(receivers, profile);
        }
    }

    private static void Measure(string name, int count, Func<int> operation)
    {
        double best = double.MaxValue;
        long allocated = long.MaxValue;
        for (TimeSpan end = ThreadClock.Now + s_duration; ThreadClock.Now < end;)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < count; i++) operation();
            best = Math.Min(best, (ThreadClock.Now - start).TotalMilliseconds * 1e6 / count);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {best:F0} | {allocated / count} B |"));
    }

    // In: SRTP off, the session's bookkeeping. Out, for each receiver: a header of its own, the payload copied once, SRTP on, kept for NACKs.
    private static void Forward(int receivers, SrtpProfile profile)
    {
        byte[] key = [.. Enumerable.Range(0, profile.KeyLength()).Select(i => (byte)(i * 7 + 1))], salt = [.. Enumerable.Range(0, profile.SaltLength()).Select(i => (byte)i)];
        RtpSessionOptions options = new() { Cname = "cname", MaxHistoryTime = TimeSpan.FromMilliseconds(500) };
        RtpPayloadTypes types = new([new RtpPayloadType(Video, 90_000) { Feedback = RtpFeedback.Nack | RtpFeedback.TransportWide }, new RtpPayloadType(Repair, 90_000) { Repairs = Video }]);
        using SrtpProtector source = new(profile, key, salt);
        using SrtpUnprotector unprotector = new(profile, key, salt);
        RtpSession incoming = new(options, RandomSource.Seeded(1));
        incoming.AddSection(new RtpSection { Mid = "0", MidExtensionId = 1, TransportSequenceExtensionId = 3, PayloadTypes = types });
        Leg[] legs = [.. Enumerable.Range(0, receivers).Select(i => new Leg(options, types, new SrtpProtector(profile, key, salt), i))];
        byte[] packet = new byte[1400], outbound = new byte[1400];
        Instant now = new(0);
        ushort sequence = 0;
        int perRound = Math.Max(10, 20_000 / receivers);
        double best = double.MaxValue;
        long allocated = long.MaxValue;
        for (int i = 0; i < 2000; i++) OnePacket();                      // fills histories and pools
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            for (int i = 0; i < perRound; i++) OnePacket();
            best = Math.Min(best, (ThreadClock.Now - start).TotalMilliseconds * 1e6 / perRound / receivers);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        double perSecond = 1e9 / best;
        double streams = perSecond / (StreamBitsPerSecond / 8.0 / VideoPayload);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {receivers} | {profile} | {best:F0} | {perSecond:F0} | {streams:F0} | {allocated / perRound / receivers} B |"));
        foreach (Leg leg in legs) leg.Protector.Dispose();

        void OnePacket()
        {
            RtpHeaderWriter writer = new(packet, new RtpHeader(Video, sequence, sequence * 600u, 7));
            writer.AddExtension(1, "0"u8);
            writer.AddExtension(3, new TransportSequenceNumber(sequence++));
            int length = source.ProtectRtp(packet, writer.Complete() + VideoPayload);
            now += TimeSpan.FromMilliseconds(4);
            if (!unprotector.TryUnprotectRtp(packet.AsSpan(0, length), out length) || incoming.Receive(packet.AsSpan(0, length), now, out RtpPacket read) is null) return;
            incoming.AdvanceTo(now);
            while (incoming.Transmit(outbound, now, out _) > 0) { }
            while (incoming.TryReadEvent(out _)) { }
            RtpHeader header = new(Video, read.SequenceNumber, read.Timestamp, 0, read.Marker);
            MessageLease payload = MessageLease.CopyOf(read.Payload).Share(legs.Length);
            foreach (Leg leg in legs)
            {
                leg.Session.Send(leg.Stream, header, payload);
                leg.Session.AdvanceTo(now);
                while (leg.Session.Transmit(outbound.AsSpan(0, 1200), now, out bool isRtcp) is > 0 and int written)
                {
                    if (isRtcp) leg.Protector.ProtectRtcp(outbound, written);
                    else leg.Protector.ProtectRtp(outbound, written);
                }
            }
        }
    }

    private sealed class Leg
    {
        public Leg(RtpSessionOptions options, RtpPayloadTypes types, SrtpProtector protector, int number)
        {
            Protector = protector;
            Session = new RtpSession(options, RandomSource.Seeded((ulong)number + 2)) { UsesReducedSize = true };
            Stream = Session.AddSendStream((uint)number * 2 + 1000, 90_000, (uint)number * 2 + 1001);
            (Stream.PayloadTypes, Stream.Mid, Stream.MidExtensionId, Stream.TransportSequenceExtensionId) = (types, "0"u8.ToArray(), 1, 3);
        }

        public RtpSession Session { get; }

        public RtpSendStream Stream { get; }

        public SrtpProtector Protector { get; }
    }
}
