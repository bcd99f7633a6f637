namespace WebRtcStack.Tests.PeerConnection.Conformance;

/// <summary>A name of a W3C document: an interface, dictionary, enumeration or callback, or a member of one.</summary>
/// <param name="Document">The file that lists it.</param>
/// <param name="Owner">The interface, dictionary or enumeration.</param>
/// <param name="Kind">"interface", "dictionary", "enum" or "callback"; or, of a member, "method", "promise", "attribute", ...</param>
/// <param name="Member">The member; empty for the owner itself.</param>
/// <param name="Section">Where it is defined.</param>
/// <param name="Remark">What else the line says.</param>
internal sealed record W3CName(string Document, string Owner, string Kind, string Member, string Section, string Remark)
{
    private static readonly string s_folder = Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "W3C");

    /// <summary>As an exception or a row names it.</summary>
    public string Id => Member.Length == 0 ? Owner : $"{Owner}.{Member}";

    public override string ToString() => $"{Document}: {Kind} {Id}";

    /// <summary>All names of a document, in its order.</summary>
    public static IReadOnlyList<W3CName> Read(string document)
    {
        List<W3CName> names = [];
        (string owner, string section) = ("", "");
        foreach (string line in File.ReadAllLines(Path.Combine(s_folder, document + ".txt")))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string? own = Array.Find(words, word => word[0] == '§');
            string remark = string.Join(' ', words.Skip(2).Where(word => word[0] != '§'));
            if (line[0] != ' ') (owner, section) = (words[1], own![1..]);
            names.Add(line[0] != ' '
                ? new W3CName(document, owner, words[0], "", section, remark)
                : new W3CName(document, owner, words[0], words[1], own?[1..] ?? section, remark));
        }
        return names;
    }

    /// <summary>What is justified to be missing, by <see cref="Id"/>: the reason.</summary>
    public static IReadOnlyDictionary<string, string> ReadExceptions(string file) => File.ReadAllLines(Path.Combine(s_folder, file + ".txt"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split(" = ", 2))
        .ToDictionary(parts => parts[0], parts => parts[1]);
}
