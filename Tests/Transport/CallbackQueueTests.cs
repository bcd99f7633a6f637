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
        int claims = 0, ran = 0;
        CallbackQueue queue = new(_ => { }, _ => ++claims > 0);
        queue.PostDelivery(() => { });
        queue.RunDeliveries();
        queue.Penalise();
        int before = claims;
        while (claims == before)
        {
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.PostDelivery(() =>
            {
                ran++;
                done.SetResult();
            });
            if (claims == before) Assert.That(done.Task.Wait(TimeSpan.FromSeconds(10)));
        }
        Assert.That(ran, Is.GreaterThanOrEqualTo(64));
        queue.RunDeliveries();
    }

    [Test]
    public void RunAside_RunsBehindItsCallback_AndHoldsNothingUpThatIsQueued()
    {
        List<Action> scheduled = [];
        List<string> ran = [];
        CallbackQueue queue = new(scheduled.Add, _ => { });
        queue.Post(() =>
        {
            queue.RunAside(() =>
            {
                ran.Add("aside");
                scheduled[1]();                                     // as another thread would, while this one waits for it
                ran.Add("aside has waited");
            });
            ran.Add("callback");
        });
        queue.Post(() => ran.Add("queued behind"));
        scheduled[0]();
        Assert.That(ran, Is.EqualTo(new[] { "callback", "aside", "queued behind", "aside has waited" }));
        queue.Post(() => ran.Add("later"));
        scheduled[2]();
        Assert.That(ran[^1], Is.EqualTo("later"));
    }
}
