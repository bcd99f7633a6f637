using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Srtp;

namespace WebRtcStack.Tests.Srtp;

/// <summary>What an option adds: MKI (RFC 3711 §3.1), encrypted header extensions (RFC 6904), Cryptex (RFC 9335); and that both ways of the primitives agree.</summary>
public sealed class SrtpFeatureTests
{
    private const int Slack = 64;

    [Test]
    public void Protect_DirectlyOrByThePlatform_IsTheSame([Values] SrtpProfile profile, [Values(0, 1, 15, 16, 127, 128, 129, 1200)] int payload)
    {
        (byte[] key, byte[] salt) = Keys(profile);
        using SrtpProtector native = new(profile, key, salt, new SrtpOptions(), allowNative: true), portable = new(profile, key, salt, new SrtpOptions(), allowNative: false);
        using SrtpUnprotector nativeBack = new(profile, key, salt, new SrtpOptions(), allowNative: true), portableBack = new(profile, key, salt, new SrtpOptions(), allowNative: false);
        byte[] packet = Packet(1, csrcs: 2, extension: 0xBEDE, payload), one = Protect(native, packet), other = Protect(portable, packet);
        Assert.That(one, Is.EqualTo(other));
        Assert.That(nativeBack.TryUnprotectRtp(other, out int length));
        Assert.That(portableBack.TryUnprotectRtp(one, out _));
        Assert.That(other.AsSpan(0, length).SequenceEqual(packet) && one.AsSpan(0, length).SequenceEqual(packet));
        byte[] control = [0x80, 200, 0, 3, 0, 0, 0, 7, .. packet.AsSpan(0, packet.Length & -4)], first = new byte[control.Length + Slack], second = new byte[control.Length + Slack];
        control.CopyTo(first, 0);
        control.CopyTo(second, 0);
        Assert.That(native.ProtectRtcp(first, control.Length), Is.EqualTo(portable.ProtectRtcp(second, control.Length)));
        Assert.That(first, Is.EqualTo(second));
    }

    [Test]
    public void Unprotect_WithAnMki_TakesPacketsOfItsKeyAlone([Values] SrtpProfile profile)
    {
        (byte[] key, byte[] salt) = Keys(profile);
        SrtpOptions options = new() { Mki = new byte[] { 1, 2, 3 } };
        using SrtpProtector protector = new(profile, key, salt, options);
        using SrtpUnprotector unprotector = new(profile, key, salt, options), other = new(profile, key, salt, new SrtpOptions { Mki = new byte[] { 1, 2, 4 } });
        byte[] packet = Packet(1, 0, 0, 50), wire = Protect(protector, packet);
        Assert.That(wire, Has.Length.EqualTo(packet.Length + profile.RtpOverhead() + 3));
        int at = profile.IsAead() ? wire.Length - 3 : wire.Length - profile.RtpOverhead() - 3;
        Assert.That(wire.AsSpan(at, 3).SequenceEqual(options.Mki.Span), "where RFC 3711 §3.1 and RFC 7714 §8.2 have it");
        Assert.That(other.TryUnprotectRtp((byte[])wire.Clone(), out _), Is.False);
        Assert.That(other.TryUnprotectRtp(new byte[2], out _), Is.False);
        Assert.That(other.GetDropCount(SrtpDropReason.UnknownKey), Is.EqualTo(2));
        Assert.That(unprotector.TryUnprotectRtp(wire, out int length));
        Assert.That(wire.AsSpan(0, length).SequenceEqual(packet));

        byte[] control = [0x80, 200, 0, 3, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8], buffer = new byte[100];
        control.CopyTo(buffer, 0);
        int total = protector.ProtectRtcp(buffer, control.Length);
        Assert.That(total, Is.EqualTo(control.Length + profile.RtcpOverhead() + 3));
        Assert.That(unprotector.TryUnprotectRtcp(buffer.AsSpan(0, total), out length));
        Assert.That(buffer.AsSpan(0, length).SequenceEqual(control));
    }

    // RFC 9335 §5: marked, hidden, and back again, with any mix of CSRCs and either form of extension.
    [Test]
    public void Cryptex_OnAnyHeader_HidesItAndBringsItBack(
        [Values] SrtpProfile profile, [Values(0, 1, 15)] int csrcs, [Values(0, 0xBEDE, 0x1000, 0x1234)] int extension, [Values(0, 1, 100)] int payload)
    {
        (byte[] key, byte[] salt) = Keys(profile);
        SrtpOptions options = new() { Cryptex = true };
        using SrtpProtector protector = new(profile, key, salt, options);
        using SrtpUnprotector unprotector = new(profile, key, salt, options);
        byte[] packet = Packet(1, csrcs, extension, payload), wire = Protect(protector, packet);
        bool hidden = extension is 0xBEDE or 0x1000 || (extension == 0 && csrcs > 0);
        int added = hidden && extension == 0 ? 4 : 0, at = 12 + 4 * csrcs;
        Assert.That(wire, Has.Length.EqualTo(packet.Length + added + profile.RtpOverhead()));
        if (hidden)
        {
            int mark = BinaryPrimitives.ReadUInt16BigEndian(wire.AsSpan(at));
            Assert.That(mark, Is.EqualTo(extension == 0x1000 ? 0xC2DE : 0xC0DE));
            if (csrcs > 0) Assert.That(wire.AsSpan(12, 4 * csrcs).SequenceEqual(packet.AsSpan(12, 4 * csrcs)), Is.False, "CSRCs");
            if (extension != 0) Assert.That(wire.AsSpan(at + 4, 8).SequenceEqual(packet.AsSpan(at + 4, 8)), Is.False, "extension");
        }
        else
        {
            Assert.That(wire.AsSpan(0, packet.Length - payload).SequenceEqual(packet.AsSpan(0, packet.Length - payload)), "nothing to hide");
        }
        byte[] forged = (byte[])wire.Clone();
        forged[at < 16 ? 12 : 15] ^= 1;
        Assert.That(unprotector.TryUnprotectRtp(forged, out _), Is.False);
        Assert.That(unprotector.TryUnprotectRtp(wire, out int length));
        Assert.That(length, Is.EqualTo(packet.Length + added));
        if (added == 0) Assert.That(wire.AsSpan(0, length).SequenceEqual(packet));
        else Assert.That(wire.AsSpan(at + 4, payload).SequenceEqual(packet.AsSpan(at)), "payload behind the empty extension");
    }

    [Test]
    public void EncryptedHeaderExtensions_HideTheirElementsAlone([Values] SrtpProfile profile)
    {
        (byte[] key, byte[] salt) = Keys(profile);
        SrtpOptions options = new() { EncryptedHeaderExtensions = [2] };
        using SrtpProtector protector = new(profile, key, salt, options);
        using SrtpUnprotector unprotector = new(profile, key, salt, options);
        byte[] packet = [0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xBE, 0xDE, 0, 2, 0x11, 1, 2, 0x22, 3, 4, 5, 0, 9, 9, 9];
        byte[] wire = Protect(protector, packet);
        Assert.That(wire.AsSpan(0, 20).SequenceEqual(packet.AsSpan(0, 20)), "element 1 and both element headers");
        Assert.That(wire.AsSpan(20, 3).SequenceEqual(packet.AsSpan(20, 3)), Is.False);
        Assert.That(unprotector.TryUnprotectRtp(wire, out int length));
        Assert.That(wire.AsSpan(0, length).SequenceEqual(packet));
        Assert.That(() => new SrtpProtector(profile, key, salt, options with { Cryptex = true }), Throws.ArgumentException);
    }

    [Test]
    public void ProtectRtp_WithCryptexAndCsrcsAlone_AsksForRoom()
    {
        (byte[] key, byte[] salt) = Keys(SrtpProfile.AeadAes128Gcm);
        using SrtpProtector protector = new(SrtpProfile.AeadAes128Gcm, key, salt, new SrtpOptions { Cryptex = true });
        byte[] buffer = new byte[16 + 16 + 4];
        Packet(1, csrcs: 1, 0, 0).CopyTo(buffer, 0);
        Assert.That(() => protector.ProtectRtp(buffer.AsSpan(0, 35), 16), Throws.ArgumentException);
        Assert.That(protector.ProtectRtp(buffer, 16), Is.EqualTo(36));
    }

    // Any bytes in any place of a packet, with everything switched on: no exception, nothing accepted.
    [FsCheck.NUnit.Property]
    public void Unprotect_OfAnyBytesWithAllOptions_Survives(byte[] bytes, bool cryptex, int profile)
    {
        SrtpProfile chosen = Enum.GetValues<SrtpProfile>()[(profile & 0x7FFFFFFF) % 4];
        (byte[] key, byte[] salt) = Keys(chosen);
        SrtpOptions options = new() { Cryptex = cryptex, EncryptedHeaderExtensions = cryptex ? [] : [1, 2, 255] };
        using SrtpUnprotector unprotector = new(chosen, key, salt, options);
        using SrtpProtector protector = new(chosen, key, salt, options);
        byte[] packet = [0x9F, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, .. bytes];
        Assert.That(unprotector.TryUnprotectRtp((byte[])packet.Clone(), out _), Is.False);
        if (!PacketHeader.TryParseRtp(packet, out _)) return;
        byte[] wire = Protect(protector, packet);
        Assert.That(unprotector.TryUnprotectRtp(wire, out int length));
        Assert.That(wire.AsSpan(0, length).SequenceEqual(packet));
    }

    private static (byte[] Key, byte[] Salt) Keys(SrtpProfile profile)
    {
        RandomSource random = RandomSource.Seeded(42);
        byte[] key = new byte[profile.KeyLength()], salt = new byte[profile.SaltLength()];
        random.Fill(key);
        random.Fill(salt);
        return (key, salt);
    }

    private static byte[] Protect(SrtpProtector protector, byte[] packet)
    {
        byte[] buffer = new byte[packet.Length + Slack];
        packet.CopyTo(buffer, 0);
        return buffer[..protector.ProtectRtp(buffer, packet.Length)];
    }

    private static byte[] Packet(ushort sequence, int csrcs, int extension, int payload)
    {
        int at = 12 + 4 * csrcs;
        byte[] packet = new byte[at + (extension == 0 ? 0 : 12) + payload];
        RandomSource.Seeded(sequence).Fill(packet);
        packet[0] = (byte)(0x80 | csrcs | (extension == 0 ? 0 : 0x10));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        if (extension != 0) BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(at), (uint)extension << 16 | 2);
        return packet;
    }
}
