using System.IO;
using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>RFC 8448 §3 with the labels of TLS; those of DTLS differ in their prefix only (RFC 9147 §5.9).</summary>
public sealed class KeyScheduleTests
{
    private const string TlsPrefix = "tls13 ";
    private static readonly Dictionary<string, byte[]> s_vector = File
        .ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "rfc8448-3.txt"))
        .Where(line => !line.StartsWith('#'))
        .ToDictionary(line => line.Split(' ')[0], line => Convert.FromHexString(line.Split(' ')[1]));

    [Test]
    public void Derive_OnTheRfcTrace_YieldsEverySecret()
    {
        KeySchedule schedule = new(DtlsHash.Sha256, TlsPrefix);
        using Secret handshake = schedule.Handshake(s_vector["shared"]);
        byte[] hello = Hash("client_hello", "server_hello");
        using Secret client = schedule.Derive(handshake, "c hs traffic", hello), server = schedule.Derive(handshake, "s hs traffic", hello);
        using Secret master = schedule.Master(handshake);
        byte[] finished = Hash("client_hello", "server_hello", "encrypted_extensions", "certificate", "certificate_verify", "finished");
        byte[] key = new byte[16], iv = new byte[12], serverFinished = new byte[32], clientFinished = new byte[32];
        schedule.ExpandLabel(server.Span, "key", [], key);
        schedule.ExpandLabel(server.Span, "iv", [], iv);
        schedule.VerifyData(server, Hash("client_hello", "server_hello", "encrypted_extensions", "certificate", "certificate_verify"), serverFinished);
        schedule.VerifyData(client, finished, clientFinished);
        Assert.Multiple(() =>
        {
            AssertIs("handshake", handshake.Span);
            AssertIs("c_hs_traffic", client.Span);
            AssertIs("s_hs_traffic", server.Span);
            AssertIs("master", master.Span);
            AssertIs("s_hs_key", key);
            AssertIs("s_hs_iv", iv);
            AssertIs("s_finished", serverFinished);
            AssertIs("c_finished", clientFinished);
            AssertIs("c_ap_traffic", schedule.Derive(master, "c ap traffic", finished).Span);
            AssertIs("s_ap_traffic", schedule.Derive(master, "s ap traffic", finished).Span);
            AssertIs("exp_master", schedule.Derive(master, "exp master", finished).Span);
        });
    }

    [Test]
    public void Agree_OnTheRfcKeys_YieldsTheSharedSecretOnBothSides()
    {
        using X25519KeyExchange client = new(new Fixed(s_vector["client_private"])), server = new(new Fixed(s_vector["server_private"]));
        AssertIs("client_public", client.PublicKey);
        AssertIs("server_public", server.PublicKey);
        AssertIs("shared", client.Agree(s_vector["server_public"])!.Span);
        AssertIs("shared", server.Agree(s_vector["client_public"])!.Span);
    }

    [Test]
    public void Agree_InEveryGroup_YieldsTheSameSecretOnBothSides([Values(
        DtlsNamedGroup.X25519, DtlsNamedGroup.Secp256r1, DtlsNamedGroup.Secp384r1, DtlsNamedGroup.X25519MLKEM768)] DtlsNamedGroup group)
    {
        RandomSource random = RandomSource.Seeded(1);
        using KeyExchange client = KeyExchange.Create(group, random);
        using Secret? server = new EphemeralKeys(random).Respond(group, client.PublicKey, out byte[] share);
        using Secret? ours = client.Agree(share);
        byte[] cut = client.PublicKey[1..].ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(ours!.Span.SequenceEqual(server!.Span));
            Assert.That(new EphemeralKeys(random).Respond(group, cut, out _), Is.Null, "too short");
            Assert.That(client.Agree(share.AsSpan(1)), Is.Null, "too short");
        });
    }

    [Test]
    public void Respond_ToAnEncapsulationKeyThatIsNotReduced_Refuses()
    {
        using KeyExchange client = KeyExchange.Create(DtlsNamedGroup.X25519MLKEM768, RandomSource.Seeded(1));
        byte[] share = client.PublicKey.ToArray();
        share.AsSpan(3, 3).Fill(0xFF);                              // two coefficients of 4095, where q is 3329
        Assert.That(new EphemeralKeys(RandomSource.Seeded(1)).Respond(DtlsNamedGroup.X25519MLKEM768, share, out _), Is.Null);
    }

    [Test]
    public void Agree_OnAnX25519ShareOfLowOrder_Refuses()
    {
        using KeyExchange client = KeyExchange.Create(DtlsNamedGroup.X25519MLKEM768, RandomSource.Seeded(1));
        new EphemeralKeys(RandomSource.Seeded(2)).Respond(DtlsNamedGroup.X25519MLKEM768, client.PublicKey, out byte[] share)!.Dispose();
        share.AsSpan(MlKem768.CiphertextLength).Clear();
        Assert.That(client.Agree(share), Is.Null, "RFC 8446 §7.4.2: the all-zero secret");
    }

    private static byte[] Hash(params string[] messages)
    {
        byte[] hash = new byte[32];
        Hashing.Hash(DtlsHash.Sha256, messages.SelectMany(name => s_vector[name]).ToArray(), hash);
        return hash;
    }

    private static void AssertIs(string name, ReadOnlySpan<byte> actual) =>
        Assert.That(Convert.ToHexString(actual), Is.EqualTo(Convert.ToHexString(s_vector[name])), name);

    private sealed class Fixed(byte[] value) : RandomSource
    {
        public override void Fill(Span<byte> destination) => value.CopyTo(destination);
    }
}
