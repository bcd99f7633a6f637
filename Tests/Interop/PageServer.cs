using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace WebRtcStack.Tests.Interop;

/// <summary>Serves the pages of Interop/Peers on 127.0.0.1, since getUserMedia asks for a secure context, and takes their WebSockets.</summary>
internal sealed class PageServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<WebSocket>> _sockets = new();

    public PageServer()
    {
        Origin = $"http://127.0.0.1:{FreePort()}/";
        _listener.Prefixes.Add(Origin);
        _listener.Start();
        _listener.BeginGetContext(Answer, null);
    }

    public string Origin { get; }

    /// <summary>A file of Interop/Peers.</summary>
    public static string File(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, "Interop", "Peers", name);

    /// <summary>The WebSocket that a page opens under this name.</summary>
    public Task<WebSocket> SocketAsync(string name) => Waiting(name).Task;

    public void Dispose() => _listener.Close();

    /// <summary>A port that neither TCP nor UDP uses.</summary>
    internal static int FreePort()
    {
        while (true)
        {
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            using Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                datagrams.Bind(listener.LocalEndpoint);
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException) { }                  // a test that runs beside this one has it
        }
    }

    private TaskCompletionSource<WebSocket> Waiting(string name) =>
        _sockets.GetOrAdd(name, _ => new TaskCompletionSource<WebSocket>(TaskCreationOptions.RunContinuationsAsynchronously));

    private async void Answer(IAsyncResult result)
    {
        if (!_listener.IsListening) return;
        try
        {
            HttpListenerContext context = _listener.EndGetContext(result);
            _listener.BeginGetContext(Answer, null);
            string name = context.Request.Url!.AbsolutePath.TrimStart('/');
            if (context.Request.IsWebSocketRequest) Waiting(name).TrySetResult((await context.AcceptWebSocketAsync(null)).WebSocket);
            else Serve(context.Response, name);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException) { }     // the server has closed
    }

    private static void Serve(HttpListenerResponse response, string name)
    {
        string? path = name switch
        {
            "" or "peer.html" => File("pages/peer.html"),
            "frames.html" => File("pages/frames.html"),
            "peer.js" => File("peer.js"),
            _ => null,
        };
        response.StatusCode = path is null ? 404 : 200;
        response.ContentType = name.EndsWith(".js", StringComparison.Ordinal) ? "text/javascript" : "text/html";
        response.Close(path is null ? [] : System.IO.File.ReadAllBytes(path), willBlock: false);
    }
}
