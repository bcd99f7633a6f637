using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>
/// Signalling over HTTP: the browser listens to one event stream, whose first event names its session, and posts what it has to say.
/// Signalling is the application's affair; this is but one way.
/// </summary>
internal static class SignalingEndpoints
{
    public static void MapSignaling(this WebApplication app)
    {
        RouteGroupBuilder signaling = app.MapGroup("/signaling");
        signaling.AddEndpointFilter(AnswerErrorsAsync);
        signaling.MapGet("/events", (SignalingSessions sessions, CancellationToken gone) => TypedResults.ServerSentEvents(ListenAsync(sessions, gone)));
        signaling.MapPost("/{id}/description", async (string id, HttpRequest request, SignalingSessions sessions) =>
            await Find(sessions, id).TakeDescriptionAsync(await ReadAsync<RTCSessionDescription>(request) ?? throw new JsonException("A description is missing.")));
        signaling.MapPost("/{id}/candidate", async (string id, HttpRequest request, SignalingSessions sessions) =>
            await Find(sessions, id).TakeCandidateAsync(await ReadAsync<RTCIceCandidateInit>(request)));
        signaling.MapPost("/{id}/offer", async (string id, string? iceRestart, SignalingSessions sessions) =>
            await Find(sessions, id).OfferAsync(iceRestart == "true"));
    }

    // The browser's page was closed or reloaded when the stream ends; then its peer goes too.
    private static async IAsyncEnumerable<SseItem<string>> ListenAsync(SignalingSessions sessions, [EnumeratorCancellation] CancellationToken gone)
    {
        if (sessions.TryOpen(out string id) is not { } session) yield break;
        try
        {
            yield return new SseItem<string>(JsonSerializer.Serialize(id), "session");
            await foreach (SseItem<string> message in session.ListenAsync(gone)) yield return message;
        }
        finally
        {
            await sessions.CloseAsync(id);
        }
    }

    private static SignalingSession Find(SignalingSessions sessions, string id) =>
        sessions.Find(id) ?? throw new DOMException("NotFoundError", "There is no such session; listen to /signaling/events first.");

    private static ValueTask<T?> ReadAsync<T>(HttpRequest request) => request.ReadFromJsonAsync<T>(request.HttpContext.RequestAborted);

    // What a browser sends wrongly is the browser's mistake: it is told which, and nothing else happens.
    private static async ValueTask<object?> AnswerErrorsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DOMException exception)
        {
            return TypedResults.BadRequest(new { name = exception.Name, message = exception.Message });
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException or BadHttpRequestException)
        {
            return TypedResults.BadRequest(new { name = "TypeError", message = exception.Message });
        }
    }
}
