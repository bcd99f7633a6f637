using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>The dependency descriptor of AV1 RTP Appendix A.</summary>
public sealed class DependencyDescriptorTests
{
    private readonly byte[] _buffer = new byte[255];

    // §A.10.2.1, with decode targets from the lowest frame rate up.
    internal static FrameDependencyStructure L1T3(int offset = 0) => new(offset, 3,
    [
        new(0, 0, "SSS", [], [0]),
        new(0, 0, "SSS", [4], [4]),
        new(0, 1, "-DS", [2], [2]),
        new(0, 2, "--D", [1], [1]),
        new(0, 2, "--D", [1], [3]),
    ], [0, 0, 0], [(640, 360)]);

    [Test]                                                                // §A.8.2: 3 bytes when a template says all
    public void Write_OfAFrameThatATemplateDescribes_TakesThreeBytes()
    {
        FrameDependencyStructure structure = L1T3(62);
        DependencyDescriptorWriter writer = new();
        DependencyDescriptorReader reader = new();
        DependencyDescriptor frame = new() { IsFrameStart = true, FrameNumber = 1, Structure = structure }, read = new();
        frame.SetTemplate(structure.Templates[0], 1);
        int length = writer.Write(_buffer, frame);
        Assert.That(reader.TryRead(_buffer.AsSpan(0, length), read));
        Assert.That(read.Structure!.Resolutions.ToArray(), Is.EqualTo(new[] { (640, 360) }));
        Assert.That(read.Structure.GetDecodeTargetLayers(1), Is.EqualTo((0, 1)));
        Assert.That(reader.ActiveDecodeTargets, Is.EqualTo(7));

        (frame.Structure, frame.FrameNumber, frame.IsFrameEnd) = (null, 4, true);
        frame.SetTemplate(structure.Templates[4], 1);
        length = writer.Write(_buffer, frame);
        Assert.That(length, Is.EqualTo(3));
        Assert.That(_buffer.AsSpan(0, 3).ToArray(), Is.EqualTo(new byte[] { 0xC0 | 2, 0, 4 }));    // id 62 + 4, modulo 64
        Assert.That(reader.TryRead(_buffer.AsSpan(0, length), read));
        AssertSame(frame, read, 3);
        Assert.That(read.GetIndication(2), Is.EqualTo(DecodeTargetIndication.Discardable));
    }

    [Test]
    public void Write_ThenRead_IsIdentity([ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        DependencyDescriptorWriter writer = new();
        DependencyDescriptorReader reader = new();
        DependencyDescriptor frame = new(), read = new();
        FrameDependencyStructure structure = Draw(random);
        for (int i = 0; i < 20; i++)
        {
            bool isNew = i == 0 || random.Next(10) == 0;
            if (isNew) structure = Draw(random);
            frame.Structure = isNew ? structure : null;
            (frame.IsFrameStart, frame.IsFrameEnd, frame.FrameNumber) = (random.Next(2) == 0, random.Next(2) == 0, (ushort)random.Next(65536));
            frame.SetTemplate(structure.Templates[random.Next(structure.Templates.Length)], structure.ChainCount);
            frame.ActiveDecodeTargets = random.Next(3) == 0 ? (uint)random.Next() & structure.AllDecodeTargets : null;
            if (random.Next(3) == 0) frame.SetIndication(random.Next(structure.DecodeTargetCount), (DecodeTargetIndication)random.Next(4));
            if (random.Next(3) == 0) frame.SetDifferences([(ushort)random.Next(1, 4097), (ushort)random.Next(1, 257), (ushort)random.Next(1, 17)]);
            if (random.Next(3) == 0) frame.SetChains([.. Enumerable.Range(0, structure.ChainCount).Select(_ => (byte)random.Next(256))]);
            int length = writer.Write(_buffer, frame);
            if (length == 0) continue;                                    // a structure may exceed the 255 bytes of an element
            Assert.That(reader.TryRead(_buffer.AsSpan(0, length), read), $"seed {seed}, frame {i}");
            AssertSame(frame, read, structure.DecodeTargetCount);
            Assert.That(read.ActiveDecodeTargets, Is.EqualTo(frame.ActiveDecodeTargets));
            if (isNew) Assert.That(read.Structure!.Templates.ToArray(), Is.EqualTo(structure.Templates.ToArray()));
        }
    }

    [Test]                                                                // §A.8.3: a structure that was lost
    public void TryRead_WithoutItsStructure_Fails()
    {
        DependencyDescriptorReader reader = new();
        Assert.That(reader.TryRead([0xC0, 0, 1], new DependencyDescriptor()), Is.False);
        DependencyDescriptor frame = new() { Structure = L1T3() };
        frame.SetTemplate(frame.Structure.Templates[0], 1);
        int length = new DependencyDescriptorWriter().Write(_buffer, frame);
        Assert.That(reader.TryRead(_buffer.AsSpan(0, length), new DependencyDescriptor()));
        Assert.That(reader.TryRead([0xC0 | 5, 0, 1], new DependencyDescriptor()), Is.False, "there are templates 0 to 4");
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void TryRead_OnAnyBytes_TerminatesWithoutThrowing(byte[] first, byte[] second)
    {
        DependencyDescriptorReader reader = new();
        DependencyDescriptor descriptor = new();
        if (first.Length > 3) first[3] |= 0x80;                           // bring a structure
        reader.TryRead(first, descriptor);
        reader.TryRead(second, descriptor);
    }

    [Test]
    public void TryRead_OfADamagedStructure_KeepsTheOneInForce([ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        DependencyDescriptorReader reader = new();
        DependencyDescriptor frame = new() { Structure = L1T3() }, read = new();
        frame.SetTemplate(frame.Structure.Templates[0], 1);
        int length = new DependencyDescriptorWriter().Write(_buffer, frame);
        Assert.That(reader.TryRead(_buffer.AsSpan(0, length), read));
        FrameDependencyStructure? inForce = reader.Structure;
        Assert.That(reader.TryRead(_buffer.AsSpan(0, random.Next(4, length - 6)), read), Is.False);
        Assert.That(reader.Structure, Is.SameAs(inForce));
        Assert.That(reader.Structure!.Templates.ToArray(), Is.EqualTo(L1T3().Templates.ToArray()));
    }

    [Test]
    public void Structure_OutOfOrder_IsRefused() =>
        Assert.That(() => new FrameDependencyStructure(0, 1, [new(0, 0, "S", [], []), new(1, 1, "S", [], [])]), Throws.ArgumentException);

    [Test]
    public void TryRead_InSteadyState_AllocatesNothing()
    {
        DependencyDescriptorReader reader = new();
        DependencyDescriptorWriter writer = new();
        DependencyDescriptor frame = new() { Structure = L1T3() }, read = new();
        frame.SetTemplate(frame.Structure.Templates[0], 1);
        for (int i = 0; i < 3; i++) Pass();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Pass();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Pass() => reader.TryRead(_buffer.AsSpan(0, writer.Write(_buffer, frame)), read);
    }

    private static IEnumerable<int> SeedRange() => Seeds.Range(50);

    private static void AssertSame(DependencyDescriptor expected, DependencyDescriptor read, int targets)
    {
        Assert.That((read.IsFrameStart, read.IsFrameEnd, read.FrameNumber, read.SpatialId, read.TemporalId),
            Is.EqualTo((expected.IsFrameStart, expected.IsFrameEnd, expected.FrameNumber, expected.SpatialId, expected.TemporalId)));
        for (int i = 0; i < targets; i++) Assert.That(read.GetIndication(i), Is.EqualTo(expected.GetIndication(i)));
        Assert.That(read.Differences.ToArray(), Is.EqualTo(expected.Differences.ToArray()));
        Assert.That(read.Chains.ToArray(), Is.EqualTo(expected.Chains.ToArray()));
    }

    private static FrameDependencyStructure Draw(Random random)
    {
        int targets = random.Next(1, 9), chains = random.Next(0, targets + 1);
        List<FrameDependencyTemplate> templates = [];
        int spatial = 0, temporal = 0;
        for (int i = random.Next(1, 12); i > 0; i--)
        {
            string indications = string.Concat(Enumerable.Range(0, targets).Select(_ => "-DSR"[random.Next(4)]));
            templates.Add(new(spatial, temporal, indications,
                [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(1, 17))], [.. Enumerable.Range(0, chains).Select(_ => random.Next(16))]));
            switch (random.Next(3))
            {
                case 1 when temporal < 7: temporal++; break;
                case 2 when spatial < 3: (spatial, temporal) = (spatial + 1, 0); break;
            }
        }
        byte[] protectedBy = chains == 0 ? [] : [.. Enumerable.Range(0, targets).Select(i => (byte)(i < chains ? i : random.Next(chains)))];
        (int, int)[] sizes = random.Next(2) == 0 ? [] : [.. Enumerable.Range(0, templates[^1].SpatialId + 1).Select(i => (160 << i, 90 << i))];
        return new FrameDependencyStructure(random.Next(64), targets, templates.ToArray(), protectedBy, sizes);
    }
}
