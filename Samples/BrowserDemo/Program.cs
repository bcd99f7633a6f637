using WebRtcStack.Samples.BrowserDemo;

if (args.Contains("--self-test")) return await SelfTest.RunAsync();

WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory,
});
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddSingleton<SignalingSessions>();
if (string.IsNullOrEmpty(builder.Configuration["urls"])) builder.WebHost.UseUrls($"http://localhost:{FreePort.From(5080)}");

WebApplication app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapSignaling();
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"WebRtcStack browser demo: open {string.Join(" or ", app.Urls)}  (Ctrl+C ends it)"));
await app.RunAsync();
return 0;
