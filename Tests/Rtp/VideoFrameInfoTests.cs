using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>What the heads of encoded frames tell.</summary>
public sealed class VideoFrameInfoTests
{
    private static IEnumerable<TestCaseData> Heads() => File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "video-frame-heads.txt"))
        .Where(line => line[0] != '#').Select(line => line.Split(' '))
        .Select(parts => new TestCaseData(parts[0], int.Parse(parts[1]), int.Parse(parts[2]), Convert.FromHexString(parts[3])).SetArgDisplayNames(parts[0], parts[1]));

    [TestCaseSource(nameof(Heads))]
    public void TryRead_OfAKeyFrame_HasItsSize(string codec, int width, int height, byte[] head)
    {
        Assert.That(VideoFrameInfo.TryRead(codec.ToLowerInvariant(), head, out VideoFrameInfo info));
        Assert.That((info.IsKeyFrame, info.Width, info.Height), Is.EqualTo((true, width, height)));
    }

    [TestCase("VP8", "11000000"), TestCase("VP9", "86004092"), TestCase("H264", "00000001419a0000"), TestCase("H265", "000000010201d009"), TestCase("AV1", "12003200")]
    public void TryRead_OfAnotherFrame_HasNoSize(string codec, string head)
    {
        Assert.That(VideoFrameInfo.TryRead(codec, Convert.FromHexString(head), out VideoFrameInfo info));
        Assert.That(info, Is.EqualTo(default(VideoFrameInfo)));
    }

    [TestCaseSource(nameof(Heads))]
    public void TryRead_OfACutOrMutatedHead_DoesNotThrow(string codec, int width, int height, byte[] head)
    {
        Random random = new(width * 31 + height);
        for (int length = 0; length < head.Length; length++) VideoFrameInfo.TryRead(codec, head.AsSpan(0, length), out _);
        for (int round = 0; round < 2000; round++)
        {
            byte[] mutated = [.. head];
            for (int i = 0; i < 3; i++) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            if (VideoFrameInfo.TryRead(codec, mutated, out VideoFrameInfo info)) Assert.That(new[] { info.Width, info.Height }, Is.All.GreaterThanOrEqualTo(0));
        }
    }

    [Test]
    public void TryRead_OfAnotherCodec_IsFalse() => Assert.That(VideoFrameInfo.TryRead("opus", [1, 2, 3], out _), Is.False);
}
