using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>A headless Firefox with a profile of its own.</summary>
internal sealed class FirefoxHost : BrowserHost
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

    private readonly string _profile;
    private readonly Process _firefox;

    private FirefoxHost(string path)
    {
        _profile = Directory.CreateTempSubdirectory("firefox-profile").FullName;
        File.WriteAllLines(Path.Combine(_profile, "user.js"), s_preferences.Select(each => $"user_pref({each.Replace('\'', '"')});"));
        ProcessStartInfo start = new(path, ["--headless", "--no-remote", "--profile", _profile, FramesUrl])
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
            await host.FramesAsync();
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

    public override async ValueTask DisposeAsync()
    {
        if (!_firefox.HasExited) _firefox.Kill(entireProcessTree: true);
        await _firefox.WaitForExitAsync();
        _firefox.Dispose();
        Pages.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException) { }                          // a process of the browser's still writes there: it lies in the temporary folder
    }
}
