using System.Buffers.Binary;
using System.Globalization;
using WebRtcStack.Srtp;

namespace WebRtcStack.Benchmarks.Srtp;

/// <summary>
/// Protecting and unprotecting RTP with every profile, ours and libsrtp2's turn by turn in one run, in processor time of the thread:
/// <c>dotnet run -c Release --project Benchmarks -- srtp</c>. The lines are the table of docs/srtp-performance.md.
/// </summary>
internal static unsafe class SrtpFigures
{
    private const int Packets = 1000;
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(1.5);       // the first tenths run code that is not optimised yet
    private const int Slot = 1500;
    private const int HeaderLength = 12;
    private static readonly byte[] s_buffer = GC.AllocateArray<byte>(Packets * Slot, pinned: true);

    private delegate bool Operation(int at, ref int length);

    public static void Run()
    {
        bool beside = LibSrtp.IsAvailable;
        if (!beside) Console.WriteLine("libsrtp2 is not there (libsrtp2-dev); its columns are empty.");
        Console.WriteLine("| profile | payload | protect, ns | libsrtp2 | ratio | unprotect, ns | libsrtp2 | ratio | allocated |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (SrtpProfile profile in Enum.GetValues<SrtpProfile>())
        {
            foreach (int payload in (int[])[100, 1200]) Measure(profile, payload, beside);
        }
    }

    private static void Measure(SrtpProfile profile, int payload, bool beside)
    {
        byte[] key = [.. Enumerable.Range(0, profile.KeyLength() + profile.SaltLength()).Select(i => (byte)(i * 7 + 1))];
        ReadOnlySpan<byte> masterKey = key.AsSpan(0, profile.KeyLength()), salt = key.AsSpan(profile.KeyLength());
        using SrtpProtector protector = new(profile, masterKey, salt);
        using SrtpUnprotector unprotector = new(profile, masterKey, salt);
        LibSrtp? sender = beside ? new LibSrtp(profile, key, outbound: true, 1024) : null;
        LibSrtp? receiver = beside ? new LibSrtp(profile, key, outbound: false, 1024) : null;
        double protect = double.MaxValue, unprotect = double.MaxValue, theirProtect = double.MaxValue, theirUnprotect = double.MaxValue;
        ushort sequence = 1, theirSequence = 1;
        long allocated = 0;
        for (TimeSpan end = ThreadClock.Now + s_duration; ThreadClock.Now < end;)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            OneRound(payload, ref sequence, Ours, OursBack, ref protect, ref unprotect);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before - DelegatesSize;
            if (sender is not null) OneRound(payload, ref theirSequence, Theirs, TheirsBack, ref theirProtect, ref theirUnprotect);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {profile} | {payload} | {protect:F0} | {theirProtect:F0} | {theirProtect / protect:F2} | {unprotect:F0} | {theirUnprotect:F0} | {theirUnprotect / unprotect:F2} | {Math.Max(allocated, 0) / (2 * Packets)} B |"));

        bool Ours(int at, ref int length)
        {
            length = protector.ProtectRtp(s_buffer.AsSpan(at, Slot), length);
            return true;
        }

        bool OursBack(int at, ref int length) => unprotector.TryUnprotectRtp(s_buffer.AsSpan(at, length), out length);

        bool Theirs(int at, ref int length)
        {
            fixed (byte* packet = &s_buffer[at]) return sender!.Protect(packet, ref length);
        }

        bool TheirsBack(int at, ref int length)
        {
            fixed (byte* packet = &s_buffer[at]) return receiver!.Unprotect(packet, ref length);
        }
    }

    private const int DelegatesSize = 2 * 64;                      // what a round itself allocates

    private static void OneRound(
        int payload, ref ushort sequence, Operation protect, Operation unprotect, ref double bestProtect, ref double bestUnprotect)
    {
        for (int i = 0; i < Packets; i++)
        {
            Span<byte> packet = s_buffer.AsSpan(i * Slot, HeaderLength + payload);
            packet.Clear();
            (packet[0], packet[1], packet[11]) = (0x80, 96, 42);
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequence++);
        }
        int length = 0;
        bool done = true;
        TimeSpan start = ThreadClock.Now;
        for (int i = 0; i < Packets; i++)
        {
            length = HeaderLength + payload;
            done &= protect(i * Slot, ref length);
        }
        TimeSpan middle = ThreadClock.Now;
        for (int i = 0; i < Packets; i++)
        {
            int received = length;
            done &= unprotect(i * Slot, ref received);
        }
        TimeSpan end = ThreadClock.Now;
        if (!done) throw new InvalidOperationException("A packet was refused.");
        bestProtect = Math.Min(bestProtect, (middle - start).TotalNanoseconds / Packets);
        bestUnprotect = Math.Min(bestUnprotect, (end - middle).TotalNanoseconds / Packets);
    }
}
