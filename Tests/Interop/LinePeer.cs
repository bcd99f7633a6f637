using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WebRtcStack.Tests.Interop;

/// <summary>A peer that is asked and answers in messages of JSON: {id, call, arguments}, then {id, result} or {id, error}; besides, {candidate} and {log}.</summary>
internal abstract class LinePeer : RemotePeer
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private int _lastId;

    /// <summary>Ends when the peer can be asked.</summary>
    protected TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public sealed override async Task<JsonElement> CallAsync(string function, params object?[] arguments)
    {
        await Ready.Task;
        TaskCompletionSource<JsonElement> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int id = Interlocked.Increment(ref _lastId);
        _calls[id] = answer;
        await SendAsync(JsonSerializer.Serialize(new { id, call = function, arguments }, PeerJson.Options));
        return await answer.Task;
    }

    protected abstract Task SendAsync(string message);

    protected void Take(string message)
    {
        JsonObject parts = JsonNode.Parse(message)!.AsObject();
        if (parts.TryGetPropertyValue("candidate", out JsonNode? candidate)) TellCandidate(candidate!.GetValue<string>());
        else if (parts.TryGetPropertyValue("log", out JsonNode? log)) TestContext.Progress.WriteLine($"peer: {log}");
        else if (parts.ContainsKey("ready")) Ready.TrySetResult();
        else if (_calls.TryRemove(parts["id"]!.GetValue<int>(), out TaskCompletionSource<JsonElement>? answer))
        {
            if (parts.TryGetPropertyValue("error", out JsonNode? error)) answer.SetException(new InvalidOperationException($"The peer says: {error}"));
            else answer.SetResult(JsonSerializer.SerializeToElement(parts["result"]));
        }
    }

    /// <summary>Nothing more comes: whoever waits, waits in vain.</summary>
    protected void End(string reason)
    {
        InvalidOperationException error = new(reason);
        Ready.TrySetException(error);
        foreach (TaskCompletionSource<JsonElement> call in _calls.Values) call.TrySetException(error);
    }
}
