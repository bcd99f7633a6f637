using System.Linq;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

[TestFixture]
public class ChunkTests
{
    // RFC 3720 Appendix B.4, and the check value of the polynomial.
    private static IEnumerable<(byte[] Bytes, uint Crc)> CrcVectors =>
    [
        (new byte[32], 0x8A9136AA),
        (Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8AB43),
        (Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD794E),
        (Encoding.ASCII.GetBytes("123456789"), 0xE3069283),
    ];

    [TestCaseSource(nameof(CrcVectors))]
    public void Compute_OfKnownBytes_IsTheirCrc((byte[] Bytes, uint Crc) vector)
    {
        Assert.That(Crc32c.Compute(vector.Bytes), Is.EqualTo(vector.Crc));
        Assert.That(Crc32c.Finish(Crc32c.AppendByTables(Crc32c.Initial, vector.Bytes)), Is.EqualTo(vector.Crc));
    }

    [FsCheck.NUnit.Property]
    public bool Append_ByInstructionAndByTables_Agree(byte[] bytes, byte cut)
    {
        int at = Math.Min(cut, bytes.Length);
        uint parts = Crc32c.Append(Crc32c.Append(Crc32c.Initial, bytes.AsSpan(0, at)), bytes.AsSpan(at));
        return parts == Crc32c.AppendByTables(Crc32c.Initial, bytes);
    }

    [FsCheck.NUnit.Property]
    public bool DataChunk_WrittenAndParsed_IsTheSame(bool interleaved, uint tsn, ushort stream, uint sequence, uint ppid, uint fragment, byte flags, byte[] bytes)
    {
        if (!interleaved) sequence &= 0xFFFF0000;                     // 16 bits, in the upper half
        bool begins = (flags & (byte)ChunkFlags.Beginning) != 0;
        if (begins) fragment = 0;
        else fragment = Math.Max(fragment, 1);
        byte[] buffer = new byte[bytes.Length + 32];
        WireWriter writer = new(buffer);
        OutgoingMessage message = new() { Stream = new OutgoingStream(stream), Sequence = sequence, Ppid = ppid };
        DataChunk.Write(ref writer, interleaved, (ChunkFlags)flags, tsn, message, fragment, bytes);
        WireReader reader = new(writer.Written);
        return writer.Length % 4 == 0 && Chunk.TryRead(ref reader, out Chunk chunk) && reader.IsEmpty
            && DataChunk.TryParse(chunk, out DataChunk data) && data.IsInterleaved == interleaved
            && data.Tsn == tsn && data.Stream == stream && data.Sequence == sequence
            && data.Ppid == (interleaved && !begins ? 0 : ppid) && data.Fragment == (interleaved ? fragment : tsn)
            && data.Flags == (ChunkFlags)flags && data.UserData.SequenceEqual(bytes);
    }

    [FsCheck.NUnit.Property]
    public bool ForwardTsnChunk_WrittenAndParsed_IsTheSame(bool interleaved, uint tsn, (ushort Stream, bool Unordered, uint Sequence)[] entries)
    {
        List<SkippedMessages> skipped = [.. entries.Select(e => interleaved
            ? new SkippedMessages(e.Stream, e.Unordered, e.Sequence)
            : new SkippedMessages(e.Stream, false, e.Sequence & 0xFFFF0000))];
        WireWriter writer = new(new byte[8 + skipped.Count * 8]);
        ForwardTsnChunk.Write(ref writer, interleaved, tsn, skipped);
        WireReader reader = new(writer.Written);
        if (!Chunk.TryRead(ref reader, out Chunk chunk) || !ForwardTsnChunk.TryParse(chunk, out ForwardTsnChunk forward)) return false;
        if (forward.NewCumulativeTsn != tsn || forward.Count != skipped.Count) return false;
        for (int i = 0; i < skipped.Count; i++)
        {
            if (forward.Skipped(i) != skipped[i]) return false;
        }
        return true;
    }

    [FsCheck.NUnit.Property]
    public void TryParse_OnAnyBytes_NeverThrows(byte[] bytes)
    {
        WireReader reader = new(bytes);
        while (Chunk.TryRead(ref reader, out Chunk chunk))
        {
            _ = DataChunk.TryParse(chunk, out _);
            _ = InitChunk.TryParse(chunk, out _);
            if (ForwardTsnChunk.TryParse(chunk, out ForwardTsnChunk forward))
            {
                for (int i = 0; i < forward.Count; i++) forward.Skipped(i);
            }
            if (!SackChunk.TryParse(chunk, out SackChunk sack)) continue;
            for (int i = 0; i < sack.GapCount; i++) sack.Gap(i);
        }
    }

    [Test]
    public void TryRead_OfALengthBelowTheHeader_Fails([Range(0, 3)] int length)
    {
        WireReader reader = new([0, 0, 0, (byte)length, 1, 2, 3, 4]);
        Assert.That(Chunk.TryRead(ref reader, out _), Is.False);
        Assert.That(reader.Remaining, Is.EqualTo(8));
    }

    [FsCheck.NUnit.Property]
    public bool ReceiveTracker_OfAnyArrivals_AgreesWithASet(uint initial, ushort[] offsets, ushort forward)
    {
        ReceiveTracker tracker = new();
        tracker.Start(initial);
        HashSet<uint> model = [];
        uint cumulative = initial - 1;
        for (int i = 0; i < offsets.Length; i++)
        {
            uint tsn = initial + (uint)(offsets[i] % 700);
            bool known = model.Contains(tsn) || SerialNumber.IsLessOrEqual(tsn, cumulative);
            if (tracker.Contains(tsn) != known) return false;
            if (!known)
            {
                tracker.Add(tsn);
                model.Add(tsn);
            }
            if (i == offsets.Length / 2)
            {
                uint to = initial + (uint)(forward % 300);
                tracker.AdvanceTo(to);
                if (SerialNumber.IsLess(cumulative, to)) cumulative = to;
            }
            while (model.Contains(cumulative + 1)) cumulative++;
            if (tracker.Cumulative != cumulative) return false;
        }
        HashSet<uint> reported = [];
        uint from = tracker.Cumulative + 1, previous = tracker.Cumulative;
        while (tracker.TryNextGapBlock(ref from, out uint first, out uint last))
        {
            if (!SerialNumber.IsLess(previous + 1, first)) return false;
            for (uint tsn = first; tsn != last + 1; tsn++) reported.Add(tsn);
            previous = last;
        }
        return reported.SetEquals(model.Where(t => SerialNumber.IsLess(cumulative, t)));
    }
}
