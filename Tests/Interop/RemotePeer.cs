using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>The other side of a call: a browser's page or a program. It knows the calls of Peers/peer.js, or those that its stack can do.</summary>
internal abstract class RemotePeer : IAsyncDisposable
{
    /// <summary>A candidate that the peer has found, as JSON; "null" at their end.</summary>
    public event Action<string>? OnCandidate;

    /// <summary>Calls a function of the peer; ends when it has answered, fails with its error.</summary>
    public abstract Task<JsonElement> CallAsync(string function, params object?[] arguments);

    public async Task<T> CallAsync<T>(string function, params object?[] arguments) => (await CallAsync(function, arguments)).Deserialize<T>()!;

    /// <summary>Evaluates JavaScript, where the peer runs it.</summary>
    public Task EvaluateAsync(string expression) => CallAsync("evaluate", expression);

    /// <inheritdoc cref="EvaluateAsync"/>
    public Task<T> EvaluateAsync<T>(string expression) => CallAsync<T>("evaluate", expression);

    public abstract ValueTask DisposeAsync();

    protected void TellCandidate(string candidate) => OnCandidate?.Invoke(candidate);
}
