using System.Diagnostics;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>The spans of a connection's phases.</summary>
public sealed class ConnectionActivityTests
{
    [Test]
    public void Connecting_OpensASpanForEachPhase_UnderTheCallersSpan()
    {
        using Activity caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        using ActivityListener listener = Listen(caller, out List<Activity> ended);
        using (PeerSimulation simulation = new(1))
        {
            simulation.Left.CreateDataChannel("x");
            simulation.Connect();
            simulation.Time.RunFor(TimeSpan.FromSeconds(1));
            Assert.That(Activity.Current, Is.SameAs(caller));
        }
        caller.Stop();
        Assert.Multiple(() =>
        {
            Assert.That(ended.Select(activity => activity.OperationName).Distinct(), Is.EquivalentTo(new[] { "webrtcstack.gather", "webrtcstack.ice", "webrtcstack.connect" }));
            Assert.That(ended.Select(activity => activity.ParentSpanId), Is.All.EqualTo(caller.SpanId));
            Assert.That(ended.Select(activity => activity.Status), Is.All.EqualTo(ActivityStatusCode.Unset));
            Assert.That(ended, Has.Count.EqualTo(6), "three phases of two connections");
        });
    }

    [Test]
    public void Closing_WhileConnecting_EndsItsSpanAsAnError()
    {
        using Activity caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        using ActivityListener listener = Listen(caller, out List<Activity> ended);
        using PeerSimulation simulation = new(2);
        simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(() => simulation.Left.ConnectionState == RTCPeerConnectionState.Connecting, TimeSpan.FromSeconds(10), simulation.NegotiateAsync());
        simulation.Left.Close();
        Assert.That(ended.Where(activity => activity.Status == ActivityStatusCode.Error).Select(activity => activity.OperationName), Does.Contain("webrtcstack.connect"));
    }

    private static ActivityListener Listen(Activity caller, out List<Activity> ended)
    {
        List<Activity> under = ended = [];
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "WebRtcStack",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == caller.TraceId) under.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
