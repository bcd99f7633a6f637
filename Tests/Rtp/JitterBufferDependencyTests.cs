using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>What a jitter buffer hands out after losses where packets say which frames they need (AV1 RTP Appendix A).</summary>
public sealed class JitterBufferDependencyTests
{
    private static readonly int[] s_templates = [1, 3, 2, 4];            // of L1T3: T0, T2, T1, T2

    [TestCase(new[] { 5 }, new[] { 5 }, TestName = "Loss_OfAFrameThatNoneNeeds_CostsThatFrame")]
    [TestCase(new[] { 6 }, new[] { 6, 7 }, TestName = "Loss_OfAMiddleLayer_CostsWhatNeedsIt")]
    [TestCase(new[] { 8 }, new[] { 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 }, TestName = "Loss_OfTheBaseLayer_CostsAllUntilAKeyFrame")]
    [TestCase(new[] { 1, 3, 5, 7, 9 }, new[] { 1, 3, 5, 7, 9 }, TestName = "Loss_OfTheHighestLayer_CostsNothingElse")]
    public void Loss_CostsWhatNeedsIt(int[] lost, int[] missing)
    {
        using JitterBuffer buffer = new(new JitterBufferOptions { RepairTime = TimeSpan.FromMilliseconds(50) });
        buffer.SetFormat(45, Av1Depacketizer.Instance, 90_000);
        FrameDependencyStructure structure = DependencyDescriptorTests.L1T3();
        DependencyDescriptor descriptor = new();
        Random random = new(1);
        List<int> handedOut = [];
        Instant now = default;
        ushort sequence = 65_500;
        for (int i = 0; i < 24; i++)
        {
            bool isKey = i is 0 or 20;
            descriptor.Structure = isKey ? structure : null;
            descriptor.FrameNumber = (ushort)(65_530 + i);
            descriptor.SetTemplate(structure.Templates[isKey ? 0 : s_templates[i % 4]], 1);
            List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(new Av1Packetizer(), TestFrames.Draw("AV1", random, 2500, isKey), 1000);
            for (int n = 0; n < packets.Count; n++, sequence++)
            {
                (descriptor.IsFrameStart, descriptor.IsFrameEnd) = (n == 0, n == packets.Count - 1);
                if (lost.Contains(i) && n == 0) continue;
                buffer.Insert(new RtpHeader(45, sequence, (uint)(i * 3000), 7, packets[n].Marker), packets[n].Payload, now, new RtpFrameHints { Dependencies = FrameDependencies.Of(descriptor) });
            }
            for (int step = 0; step < 33; step++, now += TimeSpan.FromMilliseconds(1)) Read();
        }
        for (int step = 0; step < 1000; step++, now += TimeSpan.FromMilliseconds(1)) Read();
        Assert.That(Enumerable.Range(0, 24).Except(handedOut), Is.EqualTo(missing));
        Assert.That(handedOut, Is.Ordered);
        Assert.That(buffer.Statistics.FramesDropped, Is.EqualTo((ulong)missing.Length));

        void Read()
        {
            while (buffer.TryReadFrame(now, out EncodedFrame frame))
            {
                handedOut.Add((int)(frame.Timestamp / 3000));
                frame.Dispose();
            }
        }
    }

    [Test]
    public void Dependencies_OfADescriptor_AreItsFrames()
    {
        DependencyDescriptor descriptor = new() { FrameNumber = 3, IsFrameStart = true };
        descriptor.SetDifferences([1, 4, 4096, 7, 9]);
        FrameDependencies dependencies = FrameDependencies.Of(descriptor)!.Value;
        Assert.That(Enumerable.Range(0, dependencies.ReferenceCount).Select(dependencies.GetReference), Is.EqualTo(new ushort[] { 2, 65_535, 61_443, 65_532, 65_530 }));
        descriptor.SetDifferences([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.That(FrameDependencies.Of(descriptor), Is.Null, "more than any codec has");
        Assert.Throws<ArgumentOutOfRangeException>(() => dependencies.GetReference(5));
    }
}
