using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Tests.Stun;

/// <summary>Long-term credentials' parts: nonces, features, algorithms, prepared strings (RFC 8489 §9.2, RFC 8265).</summary>
public sealed class StunAuthenticationTests
{
    private static readonly NetworkPath s_client = new(TransportAddress.FromIPv4(0xCB007101, 3478), TransportAddress.FromIPv4(0xC0000201, 5000));
    private static readonly Instant s_start = new(TimeSpan.TicksPerHour);

    [TestCase("obMatJos2AAAAxyz", StunSecurityFeatures.None)]
    [TestCase("obMatJos2gAAAxyz", StunSecurityFeatures.PasswordAlgorithms)]           // bit 0 is the leftmost (§18.1)
    [TestCase("obMatJos2wAAA", StunSecurityFeatures.PasswordAlgorithms | StunSecurityFeatures.UsernameAnonymity)]
    [TestCase("obMatJos2g AA", StunSecurityFeatures.None)]
    [TestCase("obMatJos2gAA", StunSecurityFeatures.None)]
    [TestCase("ObMatJos2gAAA", StunSecurityFeatures.None)]
    public void NonceCookie_Read_FindsTheFeatures(string nonce, StunSecurityFeatures expected) =>
        Assert.That(StunNonceCookie.Read(Encoding.ASCII.GetBytes(nonce)), Is.EqualTo(expected));

    [Test]
    public void UserHash_OfTheRfcsVector_IsTheRfcs()                                  // RFC 8489 appendix B.1
    {
        string hash = Convert.ToHexString(StunKey.HashUser("\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9", "example.org"));
        Assert.That(hash, Is.EqualTo("4A3CF38FEF6992BDA952C6780417DA0F24819415569E60B205C46E41407F1704"));
    }

    [Test]
    public void Nonce_IsGoodForItsClientAndItsTime()
    {
        using StunNonces nonces = new(StunSecurityFeatures.PasswordAlgorithms, TimeSpan.FromMinutes(10), RandomSource.Seeded(1));
        byte[] nonce = new byte[StunNonces.Length];
        nonces.Write(nonce, s_client, s_start);
        NetworkPath other = s_client with { Remote = s_client.Remote.WithPort(5001) }, stream = s_client with { Protocol = TransportProtocol.Tcp };
        Assert.Multiple(() =>
        {
            Assert.That(nonces.IsValid(nonce, s_client, s_start + TimeSpan.FromMinutes(10)));
            Assert.That(nonces.IsValid(nonce, s_client, s_start + TimeSpan.FromMinutes(11)), Is.False);
            Assert.That(nonces.IsValid(nonce, other, s_start), Is.False);
            Assert.That(nonces.IsValid(nonce, stream, s_start), Is.False);
            Assert.That(StunNonceCookie.Read(nonce), Is.EqualTo(StunSecurityFeatures.PasswordAlgorithms));
        });
        for (int i = 0; i < nonce.Length; i++)
        {
            nonce[i] ^= 1;
            Assert.That(nonces.IsValid(nonce, s_client, s_start), Is.False, $"byte {i}");
            nonce[i] ^= 1;
        }
    }

    [FsCheck.NUnit.Property]
    public void Nonce_OfAnyBytes_IsNotValid(byte[] nonce)
    {
        using StunNonces nonces = new(StunSecurityFeatures.None, TimeSpan.FromMinutes(10), RandomSource.Seeded(1));
        Assert.That(nonces.IsValid(nonce, s_client, s_start), Is.False);
    }

    [TestCase(new byte[] { 0, 2, 0, 0, 0, 1, 0, 0 }, StunPasswordAlgorithm.Sha256)]
    [TestCase(new byte[] { 0, 9, 0, 3, 1, 2, 3, 0, 0, 1, 0, 0 }, StunPasswordAlgorithm.Md5)]
    [TestCase(new byte[] { 0, 9, 0, 0 }, null)]
    [TestCase(new byte[] { 0, 1, 0 }, null)]
    [TestCase(new byte[] { 0, 1, 0, 4, 0 }, null)]
    public void PasswordAlgorithms_TryChoose_TakesTheFirstThatWeKnow(byte[] list, StunPasswordAlgorithm? expected) =>
        Assert.That(StunPasswordAlgorithms.TryChoose(list, out StunPasswordAlgorithm chosen) ? chosen : default(StunPasswordAlgorithm?), Is.EqualTo(expected));

    [TestCase("pass word", "pass word")]
    [TestCase("a\u00A0b\u3000c", "a b c")]                                            // RFC 8265 §4.2.2: spaces
    [TestCase("e\u0301", "\u00E9")]                                                   // normalisation form C
    [TestCase("\u2168", "\u2168")]                                                    // not form KC
    [TestCase("Stra\u00DFe \U0001F388", "Stra\u00DFe \U0001F388")]
    public void OpaqueString_Prepare_FollowsTheProfile(string given, string expected) => Assert.That(OpaqueString.Prepare(given), Is.EqualTo(expected));

    [TestCase("", false)]
    [TestCase("bell\u0007", false)]
    [TestCase("\uE000", false)]
    [TestCase("\u00AD", false)]                                                       // soft hyphen: a format character
    [TestCase("a\u200Db", true)]
    [TestCase("\u1100", false)]                                                       // old Hangul Jamo
    [TestCase("\u2764\uFE0F", false)]                                                 // a variation selector
    [TestCase("\U0001F388", true)]
    public void OpaqueString_IsAllowed_KnowsTheFreeformClass(string text, bool expected) => Assert.That(OpaqueString.IsAllowed(text), Is.EqualTo(expected));

    [TestCase("", "r", "p")]
    [TestCase("u", "r\n", "p")]
    [TestCase("u", "r", "p\u0007")]
    public void LongTerm_WithTextThatTheProfileForbids_Throws(string username, string realm, string password)      // RFC 8265 §4.2.2
    {
        Assert.That(() => StunKey.LongTerm(username, realm, password), Throws.ArgumentException);
        Assert.That(StunKey.IsUsable(username) && StunKey.IsUsable(realm) && StunKey.IsUsable(password), Is.False);
    }

    [Test]
    public void Transaction_OverAStream_SendsOnceAndWaits()                           // RFC 8489 §6.2.2: Ti
    {
        StunClientTransaction transaction = new(StunTransactionId.Create(RandomSource.Seeded(1)), StunRetransmission.Reliable);
        transaction.Sent(s_start);
        transaction.AdvanceTo(s_start + TimeSpan.FromSeconds(39.4));
        Assert.That(transaction.IsOwed || transaction.IsTimedOut, Is.False);
        transaction.AdvanceTo(s_start + TimeSpan.FromSeconds(39.5));
        Assert.That((transaction.IsOwed, transaction.IsTimedOut), Is.EqualTo((false, true)));
    }
}
