using WebRtcStack.Tests.Simulation;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

public sealed class InterfaceCacheTests
{
    [Test]
    public void Get_WithinTheDuration_DoesNotAskTheSystemAgain()
    {
        VirtualTime time = new(1);
        int asked = 0;
        using InterfaceCache cache = new(TimeSpan.FromSeconds(2), new VirtualTimeProvider(time), Enumerate);
        IReadOnlyList<LocalInterfaceAddress> first = cache.Get();
        time.RunFor(TimeSpan.FromSeconds(1.9));
        Assert.That(cache.Get(), Is.SameAs(first));
        time.RunFor(TimeSpan.FromSeconds(0.1));
        Assert.That((cache.Get(), asked), Is.EqualTo((first, 2)));

        IReadOnlyList<LocalInterfaceAddress> Enumerate()
        {
            asked++;
            return [];
        }
    }

    [Test]
    public void Invalidate_WithinTheDuration_TellsAndAsksAgain()
    {
        int asked = 0, told = 0;
        using InterfaceCache cache = new(TimeSpan.FromMinutes(10), TimeProvider.System, () =>
        {
            asked++;
            return [];
        });
        cache.Changed += () => told++;
        cache.Get();
        cache.Invalidate();
        cache.Get();
        Assert.That((asked, told), Is.EqualTo((2, 1)));
    }
}
