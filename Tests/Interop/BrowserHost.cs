using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>A browser that shows one page with a frame for each peer, each with a WebSocket to the test: a frame opens in a tenth of a tab's time.</summary>
internal abstract class BrowserHost : PeerHost
{
    private WebSocket _frames = null!;
    private int _peers;

    protected PageServer Pages { get; } = new();

    /// <summary>The address of the page with the frames.</summary>
    protected string FramesUrl => Pages.Origin + "frames.html";

    public sealed override async Task<RemotePeer> OpenAsync()
    {
        string name = $"peer{Interlocked.Increment(ref _peers)}";
        await TellFramesAsync(new { open = name });
        return new Frame(this, name, await Pages.SocketAsync(name).WaitAsync(TimeSpan.FromSeconds(15)));
    }

    /// <summary>Ends when the page with the frames is there.</summary>
    protected async Task FramesAsync() => _frames = await Pages.SocketAsync("frames").WaitAsync(TimeSpan.FromSeconds(30));

    private Task TellFramesAsync(object message) => SendAsync(_frames, JsonSerializer.Serialize(message));

    private static Task SendAsync(WebSocket socket, string message)
    {
        lock (socket) return socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }

    private sealed class Frame : LinePeer
    {
        private readonly BrowserHost _host;
        private readonly string _name;
        private readonly WebSocket _socket;

        public Frame(BrowserHost host, string name, WebSocket socket)
        {
            (_host, _name, _socket) = (host, name, socket);
            Ready.SetResult();
            _ = ReadAsync();
        }

        public override async ValueTask DisposeAsync() => await _host.TellFramesAsync(new { close = _name });

        protected override Task SendAsync(string message) => BrowserHost.SendAsync(_socket, message);

        private async Task ReadAsync()
        {
            byte[] buffer = new byte[1 << 20];
            try
            {
                for (int length = 0; ;)
                {
                    ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    if (part.MessageType == WebSocketMessageType.Close) break;
                    length += part.Count;
                    if (!part.EndOfMessage) continue;
                    Take(Encoding.UTF8.GetString(buffer, 0, length));
                    length = 0;
                }
            }
            catch (WebSocketException) { }               // the frame is gone
            End("The page has gone.");
        }
    }
}
