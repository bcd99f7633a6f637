namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>What tests of the specification's steps share: they are named by the algorithm and the step that they guard.</summary>
internal static class Script
{
    /// <summary>Runs asynchronous test code in virtual time to its end.</summary>
    public static void Run(this PeerSimulation simulation, Func<Task> script) => simulation.Run(script());

    public static void Run(this PeerSimulation simulation, Task script) => simulation.RunUntil(() => script.IsCompleted, TimeSpan.FromMinutes(2), script);

    /// <summary>Runs what is queued, and a second more.</summary>
    public static void Settle(this PeerSimulation simulation) => simulation.Time.RunFor(TimeSpan.FromSeconds(1));

    public static void Refuses(string name, Action action)
    {
        DOMException? thrown = Assert.Catch<DOMException>(() => action());
        Assert.That(thrown?.Name, Is.EqualTo(name), thrown?.Message);
    }

    public static async Task RejectsAsync(string name, Task promise)
    {
        Exception? reason = await ReasonAsync(promise);
        Assert.That((reason as DOMException)?.Name, Is.EqualTo(name), reason?.ToString() ?? "it was fulfilled");
    }

    public static async Task<Exception?> ReasonAsync(Task promise)
    {
        try
        {
            await promise;
            return null;
        }
        catch (Exception exception) when (exception is DOMException or ArgumentException)
        {
            return exception;
        }
    }

    /// <summary>Writes down the events of a connection as they come, by their W3C names.</summary>
    public static List<string> Record(RTCPeerConnection connection)
    {
        List<string> log = [];
        connection.OnNegotiationNeeded += (_, _) => log.Add("negotiationneeded");
        connection.OnSignalingStateChange += (_, _) => log.Add($"signalingstatechange {connection.SignalingState.ToW3CString()}");
        connection.OnIceConnectionStateChange += (_, _) => log.Add($"iceconnectionstatechange {connection.IceConnectionState.ToW3CString()}");
        connection.OnIceGatheringStateChange += (_, _) => log.Add($"icegatheringstatechange {connection.IceGatheringState.ToW3CString()}");
        connection.OnConnectionStateChange += (_, _) => log.Add($"connectionstatechange {connection.ConnectionState.ToW3CString()}");
        connection.OnTrack += (_, e) => log.Add($"track {e.Track.Kind.ToW3CString()}");
        connection.OnDataChannel += (_, e) => log.Add($"datachannel {e.Channel.Label}");
        connection.OnIceCandidate += (_, e) => log.Add(e.Candidate switch
        {
            null => "icecandidate null",
            { Candidate.Length: 0 } => "icecandidate end",
            _ => "icecandidate",
        });
        return log;
    }
}
