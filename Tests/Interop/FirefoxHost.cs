using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>A headless Firefox with a profile of its own. It shows one page that holds a frame for each peer, each with a WebSocket to the test.</summary>
internal sealed class FirefoxHost : PeerHost
{
    // Fake devices without a question, no mDNS names, candidates on loopback, no traffic of the browser's own.
    private static readonly string[] s_preferences =
    [
        "'media.navigator.streams.fake', true", "'media.navigator.permission.disabled', true", "'media.autoplay.default', 0",
        "'media.peerconnection.ice.loopback', true", "'media.peerconnection.ice.obfuscate_host_addresses', false",
        "'media.peerconnection.ice.default_address_only', false", "'media.gmp-manager.updateEnabled', false", "'media.gmp-manager.url', 'data:,'",
        "'app.update.enabled', false", "'app.normandy.enabled', false", "'browser.shell.checkDefaultBrowser', false", "'browser.aboutwelcome.enabled', false",
        "'browser.safebrowsing.malware.enabled', false", "'browser.safebrowsing.phishing.enabled', false", "'browser.sessionstore.resume_from_crash', false",
        "'datareporting.policy.dataSubmissionEnabled', false", "'dom.push.connection.enabled', false", "'extensions.update.enabled', false",
        "'network.captive-portal-service.enabled', false", "'network.connectivity-service.enabled', false", "'network.prefetch-next', false",
        "'services.settings.server', 'data:,'", "'toolkit.telemetry.enabled', false", "'browser.startup.page', 0", "'security.sandbox.content.level', 0",
        "'dom.min_background_timeout_value', 4", "'dom.timeout.enable_budget_timer_throttling', false", "'browser.tabs.remote.autostart', true",
    ];

    private readonly PageServer _pages = new();
    private readonly string _profile;
    private readonly Process _firefox;
    private WebSocket _frames = null!;
    private int _peers;

    private FirefoxHost(string path)
    {
        _profile = Directory.CreateTempSubdirectory("firefox-profile").FullName;
        File.WriteAllLines(Path.Combine(_profile, "user.js"), s_preferences.Select(each => $"user_pref({each.Replace('\'', '"')});"));
        ProcessStartInfo start = new(path, ["--headless", "--no-remote", "--profile", _profile, _pages.Origin + "frames.html"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
            Environment = { ["MOZ_DISABLE_CONTENT_SANDBOX"] = "1", ["HOME"] = _profile },
        };
        _firefox = Process.Start(start)!;
        _firefox.OutputDataReceived += static (_, _) => { };                     // read, so that the browser never waits for a full pipe
        _firefox.ErrorDataReceived += static (_, _) => { };
        _firefox.BeginOutputReadLine();
        _firefox.BeginErrorReadLine();
    }

    public static async Task<FirefoxHost> StartAsync()
    {
        FirefoxHost host = new(RealPeer.Require(["firefox-esr", "firefox"], "WEBRTCSTACK_FIREFOX", "apt-get install firefox-esr"));
        try
        {
            host._frames = await host._pages.SocketAsync("frames").WaitAsync(TimeSpan.FromSeconds(30));
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    // Firefox gathers loopback only where there is no other address; between addresses of one machine nothing leaves it either.
    public override WebRtcOptions Options { get; } = new() { IncludeLoopback = true };

    public override async Task<RemotePeer> OpenAsync()
    {
        string name = $"peer{Interlocked.Increment(ref _peers)}";
        await TellFramesAsync(new { open = name });
        return new Frame(this, name, await _pages.SocketAsync(name).WaitAsync(TimeSpan.FromSeconds(15)));
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_firefox.HasExited) _firefox.Kill(entireProcessTree: true);
        await _firefox.WaitForExitAsync();
        _firefox.Dispose();
        _pages.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException) { }                          // a process of the browser's still writes there: it lies in the temporary folder
    }

    private Task TellFramesAsync(object message) => SendAsync(_frames, JsonSerializer.Serialize(message));

    private static Task SendAsync(WebSocket socket, string message)
    {
        lock (socket) return socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }

    private sealed class Frame : LinePeer
    {
        private readonly FirefoxHost _host;
        private readonly string _name;
        private readonly WebSocket _socket;

        public Frame(FirefoxHost host, string name, WebSocket socket)
        {
            (_host, _name, _socket) = (host, name, socket);
            Ready.SetResult();
            _ = ReadAsync();
        }

        public override async ValueTask DisposeAsync() => await _host.TellFramesAsync(new { close = _name });

        protected override Task SendAsync(string message) => FirefoxHost.SendAsync(_socket, message);

        private async Task ReadAsync()
        {
            byte[] buffer = new byte[1 << 20];
            try
            {
                for (int length = 0; ; )
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
