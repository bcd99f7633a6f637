using WebRtcStack.Core;
using WebRtcStack.Sdp;

namespace WebRtcStack.Tests.Sdp;

/// <summary>The typed parameters of each codec: defaults of their RFCs, and what is written is read again.</summary>
public sealed class FormatParameterTests
{
    private static int? Maybe(RandomSource random, int minimum, int maximum) => random.Next(2) == 0 ? null : minimum + random.Next(maximum - minimum + 1);

    private static bool Flag(RandomSource random) => random.Next(2) == 0;

    [FsCheck.NUnit.Property]
    public void Parameters_WrittenAndRead_AreTheSame(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        OpusParameters opus = new()
        {
            MaxPlaybackRate = 8_000 + random.Next(40_001), SpropMaxCaptureRate = 8_000 + random.Next(40_001), MinPtime = Maybe(random, 3, 120),
            MaxAverageBitrate = Maybe(random, 6_000, 510_000), Stereo = Flag(random), SpropStereo = Flag(random), Cbr = Flag(random), UseInbandFec = Flag(random),
            UseDtx = Flag(random),
        };
        Assert.That(OpusParameters.From(opus.ToFormatParameters()), Is.EqualTo(opus));
        Vp8Parameters vp8 = new() { MaxFrameRate = Maybe(random, 1, 120), MaxFrameSize = Maybe(random, 1, 40_000) };
        Assert.That(Vp8Parameters.From(vp8.ToFormatParameters()), Is.EqualTo(vp8));
        Vp9Parameters vp9 = new() { ProfileId = random.Next(4), MaxFrameRate = Maybe(random, 1, 120) };
        Assert.That(Vp9Parameters.From(vp9.ToFormatParameters()), Is.EqualTo(vp9));
        Av1Parameters av1 = new() { Profile = random.Next(3), LevelIdx = random.Next(32), Tier = random.Next(2) };
        Assert.That(Av1Parameters.From(av1.ToFormatParameters()), Is.EqualTo(av1));
        H264Parameters h264 = new()
        {
            ProfileLevelId = new H264ProfileLevelId((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)), PacketizationMode = random.Next(3),
            LevelAsymmetryAllowed = Flag(random), SpropParameterSets = Flag(random) ? null : "Z0LAFdk=,aMuMsg==", MaxMbps = Maybe(random, 0, 1 << 20), MaxBr = Maybe(random, 0, 1 << 20),
        };
        Assert.That(H264Parameters.From(h264.ToFormatParameters()), Is.EqualTo(h264));
        H265Parameters h265 = new()
        {
            ProfileSpace = random.Next(4), ProfileId = random.Next(32), TierFlag = random.Next(2), LevelId = random.Next(256), TxMode = Flag(random) ? "SRST" : "MRMT", SpropSps = "QgEB",
        };
        Assert.That(H265Parameters.From(h265.ToFormatParameters()), Is.EqualTo(h265));
        TelephoneEventParameters events = new([.. Enumerable.Range(0, 256).Where(_ => Flag(random)).DefaultIfEmpty(7).Select(each => (byte)each)]);
        Assert.That(TelephoneEventParameters.From(events.ToFormatParameters()), Is.EqualTo(events));
        RtxParameters rtx = new((byte)random.Next(128), Maybe(random, 0, 5_000));
        Assert.That(RtxParameters.From(rtx.ToFormatParameters()), Is.EqualTo(rtx));
        RedParameters red = new([.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => (byte)random.Next(128))]);
        Assert.That(RedParameters.From(red.ToFormatParameters()), Is.EqualTo(red));
    }

    [Test]
    public void From_WithoutParameters_HasTheDefaultsOfTheRfcs()
    {
        SdpFormatParameters none = SdpFormatParameters.Empty;
        Assert.Multiple(() =>
        {
            Assert.That(OpusParameters.From(none), Is.EqualTo(new OpusParameters()));
            Assert.That(H264Parameters.From(none).ProfileLevelId.ToString(), Is.EqualTo("42000a"));          // RFC 6184 §8.1
            Assert.That(H264Parameters.From(none).PacketizationMode, Is.Zero);
            Assert.That(Vp9Parameters.From(none).ProfileId, Is.Zero);
            Assert.That(Av1Parameters.From(none), Is.EqualTo(new Av1Parameters { Profile = 0, LevelIdx = 5, Tier = 0 }));
            Assert.That(H265Parameters.From(none).LevelId, Is.EqualTo(93));
            Assert.That(TelephoneEventParameters.From(none).Events, Has.Count.EqualTo(16));
            Assert.That(RtxParameters.From(none), Is.Null);
            Assert.That(RedParameters.From(none), Is.Null);
        });
    }

    [TestCase("42e01f", H264Profile.ConstrainedBaseline)]
    [TestCase("42c015", H264Profile.ConstrainedBaseline)]
    [TestCase("4d801f", H264Profile.ConstrainedBaseline)]
    [TestCase("42001f", H264Profile.Baseline)]
    [TestCase("4d001f", H264Profile.Main)]
    [TestCase("58001f", H264Profile.Extended)]
    [TestCase("640c1f", H264Profile.ConstrainedHigh)]
    [TestCase("640032", H264Profile.High)]
    [TestCase("6e001f", H264Profile.High10)]
    [TestCase("7a001f", H264Profile.High422)]
    [TestCase("f4001f", H264Profile.High444Predictive)]
    [TestCase("420f1f", H264Profile.Other)]
    public void Profile_OfAnId_IsThatOfTable5(string id, H264Profile profile)          // RFC 6184 §8.1
    {
        Assert.That(H264ProfileLevelId.TryParse(id, out H264ProfileLevelId parsed));
        Assert.That((parsed.Profile, parsed.ToString()), Is.EqualTo((profile, id)));
    }

    [Test]
    public void CompareTo_OfLevels_Puts1bBetween1And11()
    {
        H264ProfileLevelId[] levels = [.. new[] { "42000a", "42100b", "42000b", "42001f", "420033" }.Select(id => H264ProfileLevelId.TryParse(id, out H264ProfileLevelId parsed) ? parsed : default)];
        for (int i = 1; i < levels.Length; i++) Assert.That(levels[i - 1] < levels[i], $"{levels[i - 1]} {levels[i]}");
        Assert.That(levels[1].IsLevel1B);
    }

    [TestCase("42e01f", "42e034", true, true, "42e01f")]
    [TestCase("42e034", "42e01f", true, false, "42e01f")]
    [TestCase("42e01f", "42e034", false, true, "42e01f")]
    [TestCase("42e034", "42e01f", true, true, "42e034")]
    public void AnswerLevel_WithAndWithoutAsymmetry_IsOursOrTheLower(string ours, string theirs, bool weAllow, bool theyAllow, string answered)    // RFC 6184 §8.2.2
    {
        static H264Parameters Make(string id, bool allows) =>
            new() { ProfileLevelId = H264ProfileLevelId.TryParse(id, out H264ProfileLevelId parsed) ? parsed : default, LevelAsymmetryAllowed = allows };
        Assert.That(Make(ours, weAllow).AnswerLevel(Make(theirs, theyAllow)).ToString(), Is.EqualTo(answered));
    }

    [Test]
    public void Parameters_OfEveryCorpusLine_KeepWhatTheySay()
    {
        Assert.Multiple(() =>
        {
            foreach (string file in SdpCorpusTests.Files())
            {
                SdpDescription.TryParse(SdpCorpusTests.Read(file), out SdpDescription? description, out _);
                foreach (SdpCodec codec in description!.Media.SelectMany(media => media.GetCodecs()).Where(codec => codec.Parameters.Count > 0))
                {
                    SdpFormatParameters? written = codec.Name.ToUpperInvariant() switch
                    {
                        "H264" => H264Parameters.From(codec.Parameters).ToFormatParameters(),
                        "AV1" => Av1Parameters.From(codec.Parameters).ToFormatParameters(),
                        "RTX" => RtxParameters.From(codec.Parameters)!.ToFormatParameters(),
                        "RED" when codec.ClockRate == 48_000 => RedParameters.From(codec.Parameters)!.ToFormatParameters(),
                        "TELEPHONE-EVENT" => TelephoneEventParameters.From(codec.Parameters).ToFormatParameters(),
                        "VP8" => Vp8Parameters.From(codec.Parameters).ToFormatParameters(),
                        _ => null,
                    };
                    if (written is not null) Assert.That(written, Is.EquivalentTo(codec.Parameters), $"{file}: {codec.Name} {codec.Parameters}");
                }
            }
        });
    }
}
