using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Srtp;

namespace WebRtcStack.Tests.Srtp;

/// <summary>The estimation of the packet index (RFC 3711 §3.3.1) against the truth: any reordering within the window, losses up to 2^15 packets, rollover, replay.</summary>
public sealed class SrtpIndexTests
{
    private const SrtpProfile Profile = SrtpProfile.Aes128CmHmacSha1_32;

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void TryUnprotectRtp_OnAnySequenceOfStepsBackAndForth_IsExact(ushort start, int[] steps, byte windowWords)
    {
        int window = 64 * (1 + windowWords % 16);
        byte[] key = new byte[Profile.KeyLength()], salt = new byte[Profile.SaltLength()];
        using SrtpUnprotector unprotector = new(Profile, key, salt, new SrtpOptions { ReplayWindow = window });
        using PacketTransform sender = PacketTransform.Create(Profile, key, salt);
        long highest = start % (1 << 15), next = highest;           // §3.3.1: the receiver starts with ROC 0
        HashSet<long> seen = [];
        Receive(highest);
        foreach (int step in steps)
        {
            next = highest + (step % 3) switch
            {
                0 => 1,
                1 or -1 => 1 + Math.Abs((long)step) % (1 << 15),   // a loss of up to 2^15 - 1 packets, forwards
                _ => -(Math.Abs((long)step) % (2 * window)),       // late, repeated, or behind the window
            };
            if (next >= 0) Receive(next);
        }

        void Receive(long index)
        {
            byte[] packet = new byte[40];
            packet[0] = 0x80;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)index);
            Assert.That(PacketHeader.TryParseRtp(packet.AsSpan(0, 36), out PacketHeader header));
            sender.ProtectRtp(packet, header, (ulong)index);
            bool expected = (index > highest || highest - index < window) && !seen.Contains(index);
            Assert.That(unprotector.TryUnprotectRtp(packet, out _), Is.EqualTo(expected), $"{index} after {highest}, window {window}");
            if (!expected) return;
            seen.Add(index);
            highest = Math.Max(highest, index);
        }
    }

    [Test]
    public void TryUnprotectRtp_OfThousandsOfStreams_KeepsEachApart()
    {
        const int Streams = 4000;
        byte[] key = new byte[Profile.KeyLength()], salt = new byte[Profile.SaltLength()];
        using SrtpProtector protector = new(Profile, key, salt, new SrtpOptions { MaxStreams = Streams, ReplayWindow = 64 });
        using SrtpUnprotector unprotector = new(Profile, key, salt, new SrtpOptions { MaxStreams = Streams, ReplayWindow = 64 });
        byte[] buffer = new byte[60];
        for (int round = 0; round < 3; round++)
        {
            for (uint ssrc = 0; ssrc < Streams; ssrc++)
            {
                buffer.AsSpan().Clear();
                buffer[0] = 0x80;
                BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(2), (ushort)(ssrc * 7 % 30000 + round * 30000));
                BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(8), ssrc);
                byte[] wire = buffer.AsSpan(0, protector.ProtectRtp(buffer, 40)).ToArray();
                if (!unprotector.TryUnprotectRtp((byte[])wire.Clone(), out _)) Assert.Fail($"SSRC {ssrc}, round {round}");
                if (unprotector.TryUnprotectRtp(wire, out _)) Assert.Fail("a replay");
            }
        }
        Assert.That(unprotector.GetDropCount(SrtpDropReason.Replay), Is.EqualTo(3 * Streams));
    }
}
