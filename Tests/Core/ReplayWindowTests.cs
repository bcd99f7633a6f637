using WebRtcStack.Core;

namespace WebRtcStack.Tests.Core;

public sealed class ReplayWindowTests
{
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void MayAccept_OnAnySequence_AgreesWithASet(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        int size = 64 * (1 + random.Next(4));
        ReplayWindow window = new(size);
        HashSet<ulong> seen = [];
        ulong highest = 0, center = (ulong)random.Next(100_000);
        for (int i = 0; i < 500; i++)
        {
            center += (ulong)random.Next(random.Next(20) == 0 ? 1000 : 3);
            ulong number = center - Math.Min(center, (ulong)random.Next(2 * size));
            bool expected = seen.Count == 0 || number > highest || (highest - number < (ulong)size && !seen.Contains(number));
            Assert.That(window.MayAccept(number), Is.EqualTo(expected), $"{number}, highest {highest}, size {size}");
            if (!expected) continue;
            window.Accept(number);
            seen.Add(number);
            highest = Math.Max(highest, number);
            Assert.That(window.Highest, Is.EqualTo(highest));
        }
    }

    [Test]
    public void Constructor_WithASizeOfNoWholeWords_Throws() =>
        Assert.That(() => new ReplayWindow(100), Throws.ArgumentException);
}
