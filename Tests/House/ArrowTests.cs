using System.Xml.Linq;

namespace WebRtcStack.Tests.House;

/// <summary>Who may know whom (ARCHITECTURE.md): the arrows between assemblies, and no others.</summary>
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> s_arrows = new()
    {
        ["Core"] = [],
        ["Stun"] = ["Core"],
        ["Turn"] = ["Core", "Stun"],
        ["Ice"] = ["Core", "Stun", "Turn"],
        ["Dtls"] = ["Core"],
        ["Rtp"] = ["Core"],
        ["Srtp"] = ["Core", "Rtp"],
        ["Sctp"] = ["Core"],
        ["Sdp"] = ["Core"],
        ["Transport"] = ["Core"],
        ["TurnHost"] = ["Core", "Turn", "Transport"],
        ["PeerConnection"] = ["Core", "Stun", "Turn", "Ice", "Dtls", "Rtp", "Srtp", "Sctp", "Sdp", "Transport"],
    };

    private static readonly string[] s_packages =
    [
        "BouncyCastle.Cryptography", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Bcl.AsyncInterfaces", "Microsoft.Bcl.TimeProvider",
        "System.Diagnostics.DiagnosticSource", "System.Text.Json",
    ];

    // Sockets, threads, clocks and tasks belong to Transport, and what is built on it, alone.
    private static readonly string[] s_world =
        ["System.Net.Sockets", "System.Threading.Thread", "System.Threading.Timer", "System.Threading.Tasks", "System.Threading.Channels"];

    private static readonly string[] s_worldlyTypes = ["System.Diagnostics.Stopwatch", "System.TimeProvider", "System.Threading.Monitor", "System.Threading.Lock"];

    private static readonly string[] s_clockReaders = ["get_UtcNow", "get_Now", "GetTimestamp", "get_TickCount", "get_TickCount64"];

    internal static IEnumerable<string> Libraries => s_arrows.Keys;

    internal static string Root
    {
        get
        {
            DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "WebRtcStack.sln"))) folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException("The tests run inside the repository.");
        }
    }

    internal static System.Reflection.Assembly Load(string library) => System.Reflection.Assembly.Load("WebRtcStack." + library);

    [TestCaseSource(nameof(Libraries))]
    public void Project_ReferencesOnlyWhatItsArrowsAllow(string library)
    {
        XDocument project = XDocument.Load(Path.Combine(Root, library, $"WebRtcStack.{library}.csproj"));
        IEnumerable<string> projects = project.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))["WebRtcStack.".Length..]);
        Assert.That(projects, Is.SubsetOf(s_arrows[library]));
        Assert.That(project.Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value), Is.SubsetOf(s_packages));
    }

    [TestCaseSource(nameof(Libraries))]
    public void Assembly_ReferencesOnlyWhatItsArrowsAllow(string library)
    {
        IEnumerable<string> referenced = Load(library).GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => name.StartsWith("WebRtcStack.", StringComparison.Ordinal)).Select(name => name["WebRtcStack.".Length..]);
        Assert.That(referenced, Is.SubsetOf(s_arrows[library]));
    }

    [TestCaseSource(nameof(Libraries))]
    public void Layer_KnowsNoSocketThreadClockOrTask(string library)
    {
        if (library is "Transport" or "PeerConnection" or "TurnHost") return;
        using FileStream file = File.OpenRead(Load(library).Location);
        using System.Reflection.PortableExecutable.PEReader reader = new(file);
        System.Reflection.Metadata.MetadataReader metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(reader);
        List<string> found = [];
        foreach (System.Reflection.Metadata.TypeReferenceHandle handle in metadata.TypeReferences)
        {
            System.Reflection.Metadata.TypeReference type = metadata.GetTypeReference(handle);
            string name = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
            if (name == "System.Net.Sockets.AddressFamily") continue;              // the family of an IPAddress is no socket
            if (s_world.Any(world => name.StartsWith(world, StringComparison.Ordinal)) || s_worldlyTypes.Contains(name)) found.Add(name);
        }
        foreach (System.Reflection.Metadata.MemberReferenceHandle handle in metadata.MemberReferences)
        {
            string name = metadata.GetString(metadata.GetMemberReference(handle).Name);
            if (s_clockReaders.Contains(name)) found.Add(name);
        }
        Assert.That(found, Is.Empty);
    }

    [Test]
    public void EveryLibrary_HasAReadmeWithAnExample()
    {
        Assert.Multiple(() =>
        {
            foreach (string library in Libraries)
            {
                string readme = File.ReadAllText(Path.Combine(Root, library, "README.md"));
                Assert.That(readme, Does.Contain("```csharp").And.Contain($"# WebRtcStack.{library}"), library);
            }
        });
    }
}
