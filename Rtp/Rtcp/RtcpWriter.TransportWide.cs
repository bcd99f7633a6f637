using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

public ref partial struct RtcpWriter
{
    /// <summary>Stands for a packet that has not arrived, in <see cref="WriteTransportWideFeedback"/>.</summary>
    public const long NotReceived = long.MinValue;

    private const int MaxStatuses = 4096;               // more do not fit a datagram, but for long runs of losses

    /// <summary>Writes transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).</summary>
    /// <param name="sender">Who reports.</param>
    /// <param name="media">A source whose packets are reported.</param>
    /// <param name="feedbackCount">Counts feedback packets.</param>
    /// <param name="first">The transport-wide sequence number of the first packet.</param>
    /// <param name="arrivals">When each packet from the first on has arrived, in units of 250 µs from any origin; or <see cref="NotReceived"/>.</param>
    /// <returns>
    /// How many of the packets the feedback is about: fewer than all when times lie too far apart for one feedback, or there is no more
    /// room; go on from there with another. 0 when not even one fits, or none has arrived.
    /// </returns>
    public int WriteTransportWideFeedback(uint sender, uint media, byte feedbackCount, ushort first, scoped ReadOnlySpan<long> arrivals)
    {
        if (!TryFindEarliest(arrivals, out long earliest)) return 0;
        long reference = earliest / TransportWideFeedback.TicksPerReference - (earliest % TransportWideFeedback.TicksPerReference < 0 ? 1 : 0);
        Span<byte> symbols = stackalloc byte[Math.Min(arrivals.Length, MaxStatuses)];
        symbols = symbols[..FindSymbols(arrivals, symbols, reference * TransportWideFeedback.TicksPerReference)];
        WireWriter writer = BeginFeedback(sender, media);
        writer.WriteUInt16(first);
        Span<byte> count = writer.Reserve(2);
        writer.WriteUInt24((uint)reference);
        writer.WriteByte(feedbackCount);
        int covered = WriteChunks(ref writer, symbols);
        if (covered == 0) return 0;
        BinaryPrimitives.WriteUInt16BigEndian(count, (ushort)covered);
        long time = reference * TransportWideFeedback.TicksPerReference;
        for (int i = 0; i < covered; i++)
        {
            if (symbols[i] == PacketChunk.SmallDelta) writer.WriteByte((byte)(arrivals[i] - time));
            else if (symbols[i] == PacketChunk.LargeDelta) writer.WriteUInt16((ushort)(arrivals[i] - time));
            else continue;
            time = arrivals[i];
        }
        writer.WriteZeros(-writer.Length & 3);                               // §3.1: zero padding
        return End(ref writer, RtcpFeedbackFormat.TransportWide, RtcpPacketType.TransportFeedback) ? covered : 0;
    }

    private static bool TryFindEarliest(scoped ReadOnlySpan<long> arrivals, out long earliest)
    {
        foreach (long arrival in arrivals)
        {
            earliest = arrival;
            if (arrival != NotReceived) return true;
        }
        earliest = 0;
        return false;
    }

    // §3.1.5: where a delta exceeds even the larger limits, a new feedback goes on.
    private static int FindSymbols(scoped ReadOnlySpan<long> arrivals, scoped Span<byte> symbols, long time)
    {
        for (int i = 0; i < symbols.Length; i++)
        {
            symbols[i] = PacketChunk.NotReceived;
            if (arrivals[i] == NotReceived) continue;
            long delta = arrivals[i] - time;
            if (delta is < short.MinValue or > short.MaxValue) return i;
            symbols[i] = delta is >= 0 and <= byte.MaxValue ? (byte)PacketChunk.SmallDelta : (byte)PacketChunk.LargeDelta;
            time = arrivals[i];
        }
        return symbols.Length;
    }

    // Chunks come before all deltas, so that room for the deltas is kept free while chunks are chosen.
    private static int WriteChunks(ref WireWriter writer, scoped ReadOnlySpan<byte> symbols)
    {
        int covered = 0, deltaBytes = 0;
        while (covered < symbols.Length)
        {
            ushort chunk = ChooseChunk(symbols[covered..], out int taken);
            int room = writer.Free - 2 - deltaBytes - 3;
            if (DeltaBytes(symbols.Slice(covered, taken)) > room)
            {
                symbols = symbols[..(covered + Fitting(symbols[covered..], room))];      // the last chunk is as long as there is room
                if (covered == symbols.Length) break;
                chunk = ChooseChunk(symbols[covered..], out taken);
            }
            if (room < 0) break;
            writer.WriteUInt16(chunk);
            deltaBytes += DeltaBytes(symbols.Slice(covered, taken));
            covered += taken;
        }
        return covered;
    }

    private static int DeltaBytes(scoped ReadOnlySpan<byte> symbols)
    {
        int bytes = 0;
        foreach (byte symbol in symbols) bytes += PacketChunk.DeltaBytesOf(symbol);
        return bytes;
    }

    private static int Fitting(scoped ReadOnlySpan<byte> symbols, int room)
    {
        int count = 0;
        while (count < symbols.Length && (room -= PacketChunk.DeltaBytesOf(symbols[count])) >= 0) count++;
        return count;
    }

    // A run, unless a vector covers more.
    private static ushort ChooseChunk(scoped ReadOnlySpan<byte> symbols, out int taken)
    {
        int run = 1;
        while (run < symbols.Length && run < PacketChunk.MaxRun && symbols[run] == symbols[0]) run++;
        ReadOnlySpan<byte> vector = symbols[..Math.Min(symbols.Length, PacketChunk.OneBitSymbols)];
        int size = PacketChunk.OneBitSymbols;
        if (vector.IndexOf((byte)PacketChunk.LargeDelta) >= 0)
        {
            size = PacketChunk.TwoBitSymbols;
            vector = vector[..Math.Min(vector.Length, size)];
        }
        taken = Math.Max(run, vector.Length);
        if (run >= vector.Length) return (ushort)(symbols[0] << 13 | run);
        int bits = PacketChunk.OneBitSymbols / size, word = 0;
        foreach (byte symbol in vector) word = word << bits | symbol;
        word <<= (size - vector.Length) * bits;
        return (ushort)((bits == 1 ? 0x8000 : 0xC000) | word);
    }
}
