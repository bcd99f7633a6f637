using System.Reflection;
using static WebRtcStack.Tests.PeerConnection.Steps.Script;

#pragma warning disable CS0618                          // the obsolete members are what is tested

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §4.4.3 (legacy extensions), and what browsers had before it.</summary>
public sealed class LegacySteps
{
    [Test]
    public void Obsolete_MembersNameTheModernWay()
    {
        foreach (MemberInfo member in typeof(RTCPeerConnection).GetMembers().Where(member => member.GetCustomAttribute<ObsoleteAttribute>() is not null))
            Assert.That(member.GetCustomAttribute<ObsoleteAttribute>()!.Message, Does.Contain("Use ").Or.Contain("await"), member.Name);
    }

    [Test]
    public void Callbacks_OfAWholeExchange_AreCalledInOrder()
    {
        using PeerSimulation simulation = new(1);
        List<string> log = [];
        RTCPeerConnectionErrorCallback failed = error => log.Add(error.Message);
        RTCPeerConnection left = simulation.Left, right = simulation.Right;
        left.CreateDataChannel("x");
        Task first = left.CreateOfferAsync(offer =>
        {
            log.Add("offer");
            left.SetLocalDescriptionAsync(offer, () => log.Add("local"), failed);
            right.SetRemoteDescriptionAsync(offer, () => log.Add("remote"), failed);
            right.CreateAnswerAsync(answer =>
            {
                log.Add("answer");
                right.SetLocalDescriptionAsync(answer, () => { }, failed);
                left.SetRemoteDescriptionAsync(answer, () => left.AddIceCandidateAsync(new RTCIceCandidateInit { SdpMid = "0" }, () => log.Add("candidate"), failed), failed);
            }, failed);
        }, failed);
        Assert.That(first.IsCompletedSuccessfully, "step 7: a promise resolved with undefined");
        simulation.RunUntil(() => simulation.BothConnected, TimeSpan.FromSeconds(30));
        simulation.Settle();
        Assert.That(log, Is.EquivalentTo(new[] { "offer", "local", "remote", "answer", "candidate" }));
        Assert.That(log[0], Is.EqualTo("offer"));
    }

    [Test]
    public void Callbacks_OfFailures_HaveTheReason_AlsoAfterClose()                              // step 6 of each
    {
        using PeerSimulation simulation = new(2);
        List<string> log = [];
        RTCPeerConnectionErrorCallback failed = error => log.Add((error as DOMException)?.Name ?? error.GetType().Name);
        simulation.Left.CreateAnswerAsync(_ => log.Add("answer"), failed);
        simulation.Left.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = "candidate:1" }, () => log.Add("added"), failed);
        simulation.Settle();
        simulation.Left.Close();
        simulation.Left.CreateOfferAsync(_ => log.Add("offer"), failed);
        simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer), () => log.Add("local"), failed);
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "InvalidStateError", "ArgumentException", "InvalidStateError", "InvalidStateError" }));
    }

    [Test]
    public void Streams_AddedAndRemoved_ShowOnBothSides()
    {
        using PeerSimulation simulation = new(3);
        MediaStream stream = new("pictures");
        LocalMediaStreamTrack audio = new(MediaKind.Audio), video = new(MediaKind.Video);
        stream.AddTrack(audio);
        stream.AddTrack(video);
        List<string> log = Record(simulation.Right);
        simulation.Right.OnAddStream += (_, e) => log.Add($"addstream {e.Stream.Id} {e.Stream.GetTracks().Count}");
        simulation.Right.OnRemoveStream += (_, e) => log.Add($"removestream {e.Stream.Id}");
        simulation.Left.AddStream(stream);
        simulation.Left.AddStream(stream);
        Assert.That(simulation.Left.GetLocalStreams(), Is.EqualTo(new[] { stream }));
        Assert.That(simulation.Left.GetSenders().Select(sender => sender.Track), Is.EqualTo(new[] { audio, video }));
        simulation.Connect();
        Assert.That(log.Where(line => line.Contains("track", StringComparison.Ordinal) || line.Contains("stream", StringComparison.Ordinal)),
            Is.EqualTo(new[] { "track audio", "track video", "addstream pictures 2" }));
        Assert.That(simulation.Right.GetRemoteStreams().Select(each => each.Id), Is.EqualTo(new[] { "pictures" }));
        simulation.Left.RemoveStream(stream);
        Assert.That(simulation.Left.GetLocalStreams(), Is.Empty);
        simulation.Run(simulation.NegotiateAsync());
        Assert.That(log, Does.Contain("removestream pictures"));
        Assert.That(simulation.Right.GetRemoteStreams(), Is.Empty);
        stream.RemoveTrack(video);
        Assert.That(stream.GetTracks(), Is.EqualTo(new[] { audio }));
    }

    [Test]
    public void CreateDTMFSender_IsTheOneOfTheTracksSender()
    {
        using PeerSimulation simulation = new(5);
        LocalMediaStreamTrack audio = new(MediaKind.Audio), video = new(MediaKind.Video);
        RTCRtpSender sender = simulation.Left.AddTrack(audio);
        simulation.Left.AddTrack(video);
        Assert.That(simulation.Left.CreateDTMFSender(audio), Is.SameAs(sender.Dtmf));
        Refuses("NotSupportedError", () => simulation.Left.CreateDTMFSender(video));
        Refuses("InvalidAccessError", () => simulation.Left.CreateDTMFSender(new LocalMediaStreamTrack(MediaKind.Audio)));
    }

    [Test]
    public void Streams_OnAClosedConnection_ThrowInvalidStateError()
    {
        using PeerSimulation simulation = new(4);
        simulation.Left.Close();
        Refuses("InvalidStateError", () => simulation.Left.AddStream(new MediaStream()));
        Refuses("InvalidStateError", () => simulation.Left.RemoveStream(new MediaStream()));
    }
}
