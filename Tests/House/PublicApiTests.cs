using PublicApiGenerator;

namespace WebRtcStack.Tests.House;

/// <summary>The public surface of each assembly, kept in Tests/PublicApi: a change of it shows in a diff.</summary>
public sealed class PublicApiTests
{
    private static readonly ApiGeneratorOptions s_options = new()
    {
        ExcludeAttributes =
        [
            "System.Runtime.CompilerServices.InternalsVisibleToAttribute", "System.Reflection.AssemblyMetadataAttribute",
            "System.Runtime.Versioning.TargetFrameworkAttribute", "System.CodeDom.Compiler.GeneratedCodeAttribute",
        ],
    };

    /// <summary>To accept a change, run the tests with WEBRTCSTACK_ACCEPT_API=1 and commit the files that have changed.</summary>
    [TestCaseSource(typeof(ArrowTests), nameof(ArrowTests.Libraries))]
    public void PublicApi_IsTheApprovedOne(string library)
    {
        string approved = Path.Combine(ArrowTests.Root, "Tests", "PublicApi", $"{library}.approved.txt");
        string current = ArrowTests.Load(library).GeneratePublicApi(s_options).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("WEBRTCSTACK_ACCEPT_API") == "1") File.WriteAllText(approved, current);
        string expected = File.Exists(approved) ? File.ReadAllText(approved) : "";
        Assert.That(current, Is.EqualTo(expected),
            $"The public API of {library} has changed. If that is meant, run the tests with WEBRTCSTACK_ACCEPT_API=1 and commit Tests/PublicApi.");
    }
}
