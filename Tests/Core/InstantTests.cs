using WebRtcStack.Core;

namespace WebRtcStack.Tests.Core;

public sealed class InstantTests
{
    [Test]
    public void Add_ToNever_StaysNever() =>
        Assert.That(Instant.Never + TimeSpan.FromSeconds(1), Is.EqualTo(Instant.Never));

    [Test]
    public void Add_BeyondTheEnd_SaturatesAtNever() =>
        Assert.That(new Instant(1) + TimeSpan.MaxValue, Is.EqualTo(Instant.Never));

    [FsCheck.NUnit.Property]
    public bool Subtract_UndoesAdd(int start, int ticks) =>
        new Instant(start) + new TimeSpan(ticks) - new Instant(start) == new TimeSpan(ticks);

    [Test]
    public void Compare_NeverSortsLast() => Assert.That(new Instant(long.MaxValue - 1) < Instant.Never);
}
