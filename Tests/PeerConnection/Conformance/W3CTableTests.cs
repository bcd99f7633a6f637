using System.Reflection;
using System.Text;
using WebRtcStack.Tests.House;

namespace WebRtcStack.Tests.PeerConnection.Conformance;

/// <summary>
/// webrtc-pc and what browsers have beside it, name by name: each is there under the API's rules and used by a test, or is excepted for
/// a reason; docs/webrtc-pc.md says so. To write that table anew, run with WEBRTCSTACK_ACCEPT_API=1.
/// </summary>
public sealed class W3CTableTests
{
    private static readonly string[] s_documents = ["webrtc-pc", "webrtc-extensions", "browser-legacy", "mediacapture", "mst-content-hint"];
    private static readonly string s_table = Path.Combine(ArrowTests.Root, "docs", "webrtc-pc.md");
    private static readonly Lazy<MemberUse> s_use = new(() => new MemberUse());
    private static readonly Lazy<IReadOnlyDictionary<string, string>> s_exceptions = new(() => W3CName.ReadExceptions("exceptions"));

    private static IEnumerable<W3CName> Names => s_documents.SelectMany(W3CName.Read);

    [Test]
    public void EveryName_IsThere_OrExceptedForAReason()
    {
        List<string> wrong = [];
        foreach (W3CName name in Names)
        {
            bool isThere = W3CBinding.Find(name).Count > 0;
            string? reason = Reason(name);
            if (!isThere && reason is null) wrong.Add($"{name} is missing");
            if (isThere && reason is not null && !IsPending(reason)) wrong.Add($"{name} is there: take it out of exceptions.txt");
        }
        Assert.That(string.Join('\n', wrong), Is.Empty);
    }

    [Test]
    public void EveryEnumeration_HasTheValuesOfW3C_AndNoOthers()
    {
        Assert.Multiple(() =>
        {
            foreach (IGrouping<string, W3CName> values in Names.Concat(W3CName.Read("webrtc-stats")).Where(name => name.Kind == "value").GroupBy(name => name.Owner))
            {
                if (typeof(RTCPeerConnection).Assembly.GetType("WebRtcStack." + values.Key) is not { } type) continue;
                if (type == typeof(RTCStatsType)) continue;             // StatisticsDefinitionTests
                Assert.That(W3CBinding.Strings(type), Is.EquivalentTo(values.Select(name => name.Member)), values.Key);
            }
        });
    }

    [Test]
    public void EveryException_IsOfAName()
    {
        HashSet<string> known = [.. Names.Select(name => name.Id)];
        Assert.That(s_exceptions.Value.Keys.Where(id => !known.Contains(id)), Is.Empty);
    }

    // A row's test need not be the first that there is, but it must use the member.
    [Test]
    public void Table_SaysWhatIsTrue()
    {
        if (Environment.GetEnvironmentVariable("WEBRTCSTACK_ACCEPT_API") == "1") File.WriteAllText(s_table, Write());
        Dictionary<string, string[]> rows = File.ReadAllLines(s_table).Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == 6 && cells[1].StartsWith('`'))
            .ToDictionary(cells => cells[1].Trim('`'));
        List<string> wrong = [];
        foreach (W3CName name in Names.DistinctBy(name => name.Id))
        {
            IReadOnlyList<MemberInfo> members = W3CBinding.Find(name);
            if (!rows.TryGetValue(name.Id, out string[]? cells))
            {
                wrong.Add($"{name.Id} has no row");
                continue;
            }
            if (members.Count == 0 || Reason(name) is not null) continue;
            if (cells[3] != W3CBinding.Describe(name, members)) wrong.Add($"{name.Id}: {cells[3]} is {W3CBinding.Describe(name, members)}");
            if (!cells[4].Split(", ").All(test => Tests(name, members).Contains(test.Trim('`')))) wrong.Add($"{name.Id} is not used by {cells[4]}");
        }
        Assert.That(string.Join('\n', wrong), Is.Empty, "Run with WEBRTCSTACK_ACCEPT_API=1 and commit docs/webrtc-pc.md; a member without a test needs one.");
    }

    // The strings of enumerations are compared one by one in this class; constants leave no trace in code.
    private static IReadOnlyCollection<string> Tests(W3CName name, IReadOnlyList<MemberInfo> members) =>
        name.Kind is "value" or "enum" ? [nameof(W3CTableTests)] : s_use.Value.Of(members);

    private static string? Reason(W3CName name) => s_exceptions.Value.TryGetValue(name.Id, out string? reason) || s_exceptions.Value.TryGetValue(name.Owner, out reason) ? reason : null;

    private static bool IsPending(string reason) => reason.StartsWith("pending", StringComparison.Ordinal);

    private static string Write()
    {
        StringBuilder text = new("""
            # webrtc-pc, name by name

            Each interface, dictionary, enumeration and member of [webrtc-pc](https://www.w3.org/TR/webrtc/), and of what browsers have beside
            it, with its name in C# and tests that use it. Names follow one rule: PascalCase; a Promise is a `Task` and its method ends in
            `Async`; an event handler attribute is an event. `Tests/PeerConnection/Conformance/W3CTableTests.cs` compares the lists of names
            (`Tests/Vectors/W3C`) with the assembly and with this table, and reads from the tests' code that they use what they are named for.
            """.ReplaceLineEndings("\n") + "\n");
        HashSet<string> written = [];
        foreach (string document in s_documents)
        {
            text.Append("\n## ").Append(document).Append("\n\n| Name | Section | In C# | Tests |\n|---|---|---|---|\n");
            foreach (W3CName name in W3CName.Read(document).Where(name => written.Add(name.Id)))
            {
                IReadOnlyList<MemberInfo> members = W3CBinding.Find(name);
                bool isThere = members.Count > 0 && (Reason(name) is not { } reason || IsPending(reason));
                string section = name.Section == "MDN" ? "MDN" : "§" + name.Section;
                text.Append("| `").Append(name.Id).Append("` | ").Append(section).Append(" | ")
                    .Append(isThere ? W3CBinding.Describe(name, members) : "none").Append(" | ")
                    .Append(isThere ? string.Join(", ", Choose(Tests(name, members)).Select(test => $"`{test}`")) : Reason(name)).Append(" |\n");
            }
        }
        return text.ToString();
    }

    // Those that were written for the member's algorithm say more than those that only come by.
    private static IEnumerable<string> Choose(IReadOnlyCollection<string> tests) =>
        tests.OrderByDescending(test => test.Contains("Steps", StringComparison.Ordinal)).ThenBy(test => test, StringComparer.Ordinal).Take(2);
}
