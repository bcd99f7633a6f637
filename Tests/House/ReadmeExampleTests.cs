using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace WebRtcStack.Tests.House;

/// <summary>The examples in the READMEs compile against the libraries as they are.</summary>
public sealed partial class ReadmeExampleTests
{
    private const string ImplicitUsings =
        "global using System; global using System.IO; global using System.Linq; global using System.Net; global using System.Collections.Generic;" +
        "global using System.Threading; global using System.Threading.Tasks;";

    public static IEnumerable<string> Readmes() => [.. ArrowTests.Libraries.Select(library => $"{library}/README.md"), "README.md", "docs/embedding.md"];

    [TestCaseSource(nameof(Readmes))]
    public void Example_Compiles(string readme)
    {
        string text = File.ReadAllText(Path.Combine(ArrowTests.Root, readme));
        MatchCollection examples = CodeBlock().Matches(text);
        Assert.That(examples, Is.Not.Empty);
        foreach (Match example in examples)
        {
            CSharpCompilation compilation = CSharpCompilation.Create("Example",
                [CSharpSyntaxTree.ParseText(example.Groups[1].Value), CSharpSyntaxTree.ParseText(ImplicitUsings)],
                References(), new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
            IEnumerable<Diagnostic> errors = compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
            Assert.That(errors, Is.Empty, example.Value);
        }
    }

    private static IEnumerable<MetadataReference> References()
    {
        string trusted = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return trusted.Split(Path.PathSeparator).Where(File.Exists).Select(path => MetadataReference.CreateFromFile(path));
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
