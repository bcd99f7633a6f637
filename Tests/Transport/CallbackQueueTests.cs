using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

public sealed class CallbackQueueTests
{
    [Test]
    public void Callbacks_RunInOrderAndOneAtATime_AlsoWhenOneThrows()
    {
        List<Action> scheduled = [];
        List<Exception> reported = [];
        List<int> ran = [];
        CallbackQueue queue = new(scheduled.Add, reported.Add);
        queue.Post(() => ran.Add(1));
        queue.Post(() => throw new InvalidOperationException("the application's"));
        queue.Post(() =>
        {
            ran.Add(2);
            queue.Post(() => ran.Add(3));
        });
        Assert.That(scheduled, Has.Count.EqualTo(1), "one run serves all that wait");
        scheduled[0]();
        Assert.That(ran, Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(reported, Has.Count.EqualTo(1));
        queue.Post(() => ran.Add(4));
        Assert.That(scheduled, Has.Count.EqualTo(2));
        scheduled[1]();
        Assert.That(ran, Is.EqualTo(new[] { 1, 2, 3, 4 }));
    }

    [Test]
    public void Deliveries_ThatALoopClaims_RunThere_UntilSomethingElseIsNext()
    {
        int claims = 0;
        List<int> ran = [];
        using ManualResetEventSlim elsewhere = new(false);
        CallbackQueue queue = new(_ => { }, _ => ++claims > 0);
        queue.PostDelivery(() => ran.Add(1));
        queue.PostDelivery(() => ran.Add(2));
        Assert.That((claims, ran.Count), Is.EqualTo((1, 0)), "claimed once, not run yet");
        queue.RunDeliveries();
        Assert.That(ran, Is.EqualTo(new[] { 1, 2 }));
        queue.PostDelivery(() => ran.Add(3));
        queue.Post(() => ran.Add(4));
        queue.PostDelivery(() =>
        {
            ran.Add(Thread.CurrentThread.IsThreadPoolThread ? 5 : -5);
            elsewhere.Set();
        });
        queue.RunDeliveries();
        Assert.That(elsewhere.Wait(TimeSpan.FromSeconds(10)));
        Assert.That(ran, Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
    }

    [Test]
    public void Deliveries_AfterOneThatHasBlocked_GoToTheThreadPoolForAWhile()
    {
        int claims = 0;
        using CountdownEvent ran = new(100);
        CallbackQueue queue = new(_ => { }, _ => ++claims > 0);
        queue.PostDelivery(() => { });
        queue.RunDeliveries();
        queue.Penalise();
        int before = claims;
        for (int i = 0; i < 100; i++)
        {
            using ManualResetEventSlim done = new(false);
            queue.PostDelivery(() =>
            {
                ran.Signal();
                done.Set();
            });
            if (claims > before) break;
            Assert.That(done.Wait(TimeSpan.FromSeconds(10)));
        }
        Assert.That((claims - before, 100 - ran.CurrentCount), Is.EqualTo((1, 64)));
        queue.RunDeliveries();
    }
}
