using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using WebRtcStack.Tests.Interop;

namespace WebRtcStack.Tests.House;

/// <summary>The libraries' netstandard2.0 builds: portable sockets and BouncyCastle in place of libcrypto.</summary>
public sealed class NetStandardTests
{
    // Both ends in a process of its own, over loopback.
    [TestCase("setup --count 3", "connectionsPerSecond")]
    [TestCase("throughput --message-size 65536 --seconds 0.5", "mbps")]
    [TestCase("rtp --seconds 0.5", "packetsPerSecond")]
    public async Task Connections_OverTheBuildForNetStandard_Carry(string mode, string figure)
    {
        string output = TestContext.CurrentContext.TestDirectory;              // <root>/Tests/bin/<configuration>/net10.0
        string configuration = Path.GetFileName(Path.GetDirectoryName(output))!;
        string program = Path.Combine(ArrowTests.Root, "Benchmarks/NetStandard/bin", configuration, "net10.0/WebRtcStack.EndToEnd.NetStandard.dll");
        string printed = await ToolRun.RunAsync(new ProcessStartInfo("dotnet", [program, .. mode.Split(' ')]));
        Assert.That(JsonDocument.Parse(printed).RootElement.GetProperty(figure).GetDouble(), Is.Positive, printed);
        Assert.That(FrameworkOf(Path.Combine(Path.GetDirectoryName(program)!, "WebRtcStack.Dtls.dll")), Does.StartWith(".NETStandard"), "what has run");
    }

    // What is compiled against netstandard2.0 names modreq(IsExternalInit) as a type of our assembly, which the build for .NET has to forward.
    [Test]
    public void InitOnlyProperties_OfTheBuildForNet_AreThoseOfTheBuildForNetStandard()
    {
        foreach (string library in ArrowTests.Libraries)
            Assert.That(Assembly.Load($"WebRtcStack.{library}").GetForwardedTypes(), Does.Contain(typeof(IsExternalInit)), library);
    }

    private static string FrameworkOf(string path)
    {
        using System.Reflection.PortableExecutable.PEReader file = new(File.OpenRead(path));
        System.Reflection.Metadata.MetadataReader metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(file);
        return metadata.CustomAttributes.Select(metadata.GetCustomAttribute)
            .Select(attribute => metadata.GetBlobReader(attribute.Value))
            .Select(blob => System.Text.Encoding.UTF8.GetString(blob.ReadBytes(blob.Length)))
            .Select(text => text[(text.IndexOf(".NET", StringComparison.Ordinal) is >= 0 and int at ? at : text.Length)..])
            .First(text => text.Length > 0);
    }
}
