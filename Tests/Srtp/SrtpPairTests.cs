using System.Buffers.Binary;
using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Srtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Srtp;

public sealed class SrtpPairTests
{
    private static readonly SrtpProfile[] s_profiles =
    [
        SrtpProfile.Aes128CmHmacSha1_80, SrtpProfile.Aes128CmHmacSha1_32, SrtpProfile.AeadAes128Gcm, SrtpProfile.AeadAes256Gcm,
    ];

    [Test]
    public void Unprotect_OfWhatWasProtected_YieldsThePacket([ValueSource(nameof(s_profiles))] SrtpProfile profile)
    {
        RandomSource random = RandomSource.Seeded(1);
        (SrtpProtector protector, SrtpUnprotector unprotector) = CreatePair(profile);
        for (int payload = 0; payload < 200; payload++)
        {
            byte[] packet = Rtp((ushort)payload, 7, payload, random);
            byte[] wire = Protect(protector, packet);
            Assert.That(wire, Has.Length.EqualTo(packet.Length + profile.RtpOverhead()));
            Assert.That(unprotector.TryUnprotectRtp(wire, out int length));
            Assert.That(wire.AsSpan(0, length).SequenceEqual(packet), $"payload {payload}");

            byte[] rtcp = Rtcp(7, payload * 4, random);
            byte[] buffer = new byte[rtcp.Length + SrtpProtector.MaxRtcpOverhead];
            rtcp.CopyTo(buffer, 0);
            Span<byte> control = buffer.AsSpan(0, protector.ProtectRtcp(buffer, rtcp.Length));
            Assert.That(control.Length, Is.EqualTo(rtcp.Length + profile.RtcpOverhead()));
            Assert.That(unprotector.TryUnprotectRtcp(control, out length));
            Assert.That(control[..length].SequenceEqual(rtcp));
        }
    }

    [Test]
    public void Unprotect_OfReorderedLostRepeatedPackets_YieldsEachNewOneOnce(
        [ValueSource(nameof(s_profiles))] SrtpProfile profile, [ValueSource(nameof(SomeSeeds))] int seed)
    {
        const int Window = 1024;
        RandomSource random = RandomSource.Seeded((ulong)seed);
        (SrtpProtector protector, SrtpUnprotector unprotector) = CreatePair(profile);
        long next = random.Next(1 << 15);                       // the first one tells the receiver where the sender is
        List<(long Index, byte[] Wire)> sent = [];
        HashSet<long> seen = [];
        long highest = -1;
        for (int step = 0; step < 400; step++)
        {
            bool gap = step > 0 && random.Next(20) == 0;
            next += gap ? 1 + random.Next((1 << 15) - 1 - (int)(next - highest)) : 1;
            sent.Add((next, Protect(protector, Rtp((ushort)next, 7, 20, random))));
            if (gap || step == 0 || random.Next(4) > 0) Deliver(sent[^1]);             // else it comes late or never
            if (random.Next(3) == 0) Deliver(sent[^(1 + random.Next(Math.Min(sent.Count, 40)))]);
        }
        Assert.That(highest, Is.GreaterThan(1 << 16), "the sequence number rolled over");

        void Deliver((long Index, byte[] Wire) packet)
        {
            if (highest >= 0 && Math.Abs(packet.Index - highest) >= 1 << 15) return;         // RFC 3711 §3.3.1: beyond what is decidable
            bool expected = (packet.Index > highest || highest - packet.Index < Window) && !seen.Contains(packet.Index);
            bool accepted = unprotector.TryUnprotectRtp(packet.Wire.ToArray(), out _);
            Assert.That(accepted, Is.EqualTo(expected), $"seed {seed}, index {packet.Index}, highest {highest}");
            if (!accepted) return;
            seen.Add(packet.Index);
            highest = Math.Max(highest, packet.Index);
        }
    }

    [Test]
    public void Unprotect_OfAnyChangedBit_Fails([ValueSource(nameof(s_profiles))] SrtpProfile profile)
    {
        (SrtpProtector protector, SrtpUnprotector unprotector) = CreatePair(profile);
        byte[] wire = Protect(protector, Rtp(1, 7, 20, RandomSource.Seeded(1)));
        for (int bit = 0; bit < wire.Length * 8; bit++)
        {
            byte[] changed = (byte[])wire.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(unprotector.TryUnprotectRtp(changed, out int length), Is.False, $"bit {bit}");
            Assert.That(length, Is.Zero);
        }
        Assert.That(unprotector.TryUnprotectRtp(wire, out _), "none of them left a trace");
    }

    [FsCheck.NUnit.Property]
    public void Unprotect_OfAnyBytes_Survives(byte[] bytes, int profile)
    {
        (_, SrtpUnprotector unprotector) = CreatePair(s_profiles[(profile & 0x7FFFFFFF) % 4]);
        Assert.That(unprotector.TryUnprotectRtp((byte[])bytes.Clone(), out _), Is.False);
        Assert.That(unprotector.TryUnprotectRtcp(bytes, out _), Is.False);
    }

    [Test]
    public void TryUnprotectRtp_WhenThereAreTooManyStreams_DropsNewOnes()
    {
        (SrtpProtector protector, SrtpUnprotector unprotector) =
            CreatePair(SrtpProfile.AeadAes128Gcm, receiver: new SrtpOptions { MaxStreams = 2 });
        bool[] accepted =
        [
            .. from ssrc in new uint[] { 1, 2, 3, 1 }.Select((ssrc, i) => (ssrc, i))
               select unprotector.TryUnprotectRtp(Protect(protector, Rtp((ushort)ssrc.i, ssrc.ssrc, 4, RandomSource.Seeded(1))), out _),
        ];
        Assert.That(accepted, Is.EqualTo(new[] { true, true, false, true }));
        Assert.That(unprotector.GetDropCount(SrtpDropReason.StreamLimit), Is.EqualTo(1));
    }

    [Test]
    public void ProtectRtp_OfARepeatedSequenceNumber_ThrowsForAead()
    {
        (SrtpProtector gcm, _) = CreatePair(SrtpProfile.AeadAes128Gcm);
        (SrtpProtector counterMode, _) = CreatePair(SrtpProfile.Aes128CmHmacSha1_80);
        byte[] packet = Rtp(1, 7, 20, RandomSource.Seeded(1));
        Protect(gcm, packet);
        Assert.That(() => Protect(gcm, packet), Throws.InvalidOperationException);
        byte[] first = Protect(counterMode, packet), second = Protect(counterMode, packet);
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]                                                                // RFC 3711 §9.2
    public void ProtectRtp_BehindTheLastIndexOfItsKey_IsRefusedAndCounted([Values] SrtpProfile profile)
    {
        (SrtpProtector protector, _) = CreatePair(profile);
        protector.SkipTo(7, rtpIndex: (1UL << 48) - 3, rtcpIndex: 0);
        Assert.That(Protect(protector, Rtp(65_534, 7, 20, RandomSource.Seeded(1))), Is.Not.Empty);
        Assert.That(Protect(protector, Rtp(65_535, 7, 20, RandomSource.Seeded(1))), Is.Not.Empty, "the last one");
        Assert.That((protector.IsKeyUsedUp, protector.PacketsRefused), Is.EqualTo((false, 0)));
        Assert.That(Protect(protector, Rtp(0, 7, 20, RandomSource.Seeded(1))), Is.Empty);
        Assert.That(Protect(protector, Rtp(1, 7, 20, RandomSource.Seeded(1))), Is.Empty);
        Assert.That((protector.IsKeyUsedUp, protector.PacketsRefused), Is.EqualTo((true, 2)));
        Assert.That(Protect(protector, Rtp(1, 8, 20, RandomSource.Seeded(1))), Is.Not.Empty, "another stream has its own 2^48");
    }

    [Test]                                                                // RFC 3711 §9.2
    public void ProtectRtcp_BehindTheLastIndexOfItsKey_IsRefusedAndCounted([Values] SrtpProfile profile)
    {
        (SrtpProtector protector, SrtpUnprotector unprotector) = CreatePair(profile);
        protector.SkipTo(7, rtpIndex: 0, rtcpIndex: 0x7FFF_FFFF);
        byte[] packet = Rtcp(7, 40, RandomSource.Seeded(1)), buffer = new byte[packet.Length + SrtpProtector.MaxRtcpOverhead];
        packet.CopyTo(buffer, 0);
        Assert.That(unprotector.TryUnprotectRtcp(buffer.AsSpan(0, protector.ProtectRtcp(buffer, packet.Length)), out _));
        packet.CopyTo(buffer, 0);
        Assert.That(protector.ProtectRtcp(buffer, packet.Length), Is.Zero);
        Assert.That((protector.IsKeyUsedUp, protector.PacketsRefused), Is.EqualTo((true, 1)));
    }

    [Test]
    public void ProtectRtp_WithoutRoom_Throws()
    {
        (SrtpProtector protector, _) = CreatePair(SrtpProfile.AeadAes128Gcm);
        Assert.That(() => protector.ProtectRtp(new byte[20], 12), Throws.ArgumentException);
    }

    [Test]
    public void ProtectAndUnprotect_InSteadyState_AllocateNothing([ValueSource(nameof(s_profiles))] SrtpProfile profile)
    {
        (SrtpProtector protector, SrtpUnprotector unprotector) = CreatePair(profile);
        byte[] packet = Rtp(0, 7, 1100, RandomSource.Seeded(1)), buffer = new byte[1500];
        byte[] rtcp = Rtcp(7, 400, RandomSource.Seeded(1));
        ushort sequence = 0;
        for (int i = 0; i < 2000; i++) Exchange();
        long best = long.MaxValue;
        for (int round = 0; round < 5 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++) Exchange();
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(best, Is.Zero);

        void Exchange()
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), ++sequence);
            packet.CopyTo(buffer, 0);
            bool ok = unprotector.TryUnprotectRtp(buffer.AsSpan(0, protector.ProtectRtp(buffer, packet.Length)), out _);
            rtcp.CopyTo(buffer, 0);
            ok &= unprotector.TryUnprotectRtcp(buffer.AsSpan(0, protector.ProtectRtcp(buffer, rtcp.Length)), out _);
            if (!ok) Assert.Fail("a packet was dropped");
        }
    }

    [Test]
    public void Split_OfExportedMaterial_YieldsKeysThenSalts()
    {
        byte[] material = [.. Enumerable.Range(0, SrtpKeyingMaterial.Length(SrtpProfile.Aes128CmHmacSha1_80)).Select(i => (byte)i)];
        SrtpKeyingMaterial split = SrtpKeyingMaterial.Split(SrtpProfile.Aes128CmHmacSha1_80, material);
        int[] firsts = [split.ClientKey[0], split.ServerKey[0], split.ClientSalt[0], split.ServerSalt[0], split.ServerSalt[^1]];
        Assert.That(firsts, Is.EqualTo(new[] { 0, 16, 32, 46, 59 }));
    }

    public static IEnumerable<int> SomeSeeds() => Seeds.Range(20);

    private static (SrtpProtector Protector, SrtpUnprotector Unprotector) CreatePair(SrtpProfile profile, SrtpOptions? receiver = null)
    {
        byte[] key = new byte[profile.KeyLength()], salt = new byte[profile.SaltLength()];
        RandomSource random = RandomSource.Seeded(42);
        random.Fill(key);
        random.Fill(salt);
        return (new SrtpProtector(profile, key, salt), new SrtpUnprotector(profile, key, salt, receiver));
    }

    private static byte[] Protect(SrtpProtector protector, byte[] packet)
    {
        byte[] buffer = new byte[packet.Length + SrtpProtector.MaxRtpOverhead];
        packet.CopyTo(buffer, 0);
        return buffer[..protector.ProtectRtp(buffer, packet.Length)];
    }

    // Every other packet has a header extension and a CSRC.
    private static byte[] Rtp(ushort sequence, uint ssrc, int payload, RandomSource random)
    {
        int header = sequence % 2 == 0 ? 12 : 12 + 4 + 8;
        byte[] packet = new byte[header + payload];
        random.Fill(packet);
        packet[0] = (byte)(header == 12 ? 0x80 : 0x91);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        if (header > 12) BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(18), 1);
        return packet;
    }

    private static byte[] Rtcp(uint ssrc, int payload, RandomSource random)
    {
        byte[] packet = new byte[8 + payload];
        random.Fill(packet);
        packet[0] = 0x80;
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), ssrc);
        return packet;
    }
}
