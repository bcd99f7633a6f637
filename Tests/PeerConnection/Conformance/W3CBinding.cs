using System.Reflection;

namespace WebRtcStack.Tests.PeerConnection.Conformance;

/// <summary>Finds what a W3C name is in C#, by the rules of the API: PascalCase, Promises as Tasks of methods that end in Async, event handlers as events.</summary>
internal static class W3CBinding
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;
    private static readonly Assembly s_assembly = typeof(RTCPeerConnection).Assembly;
    private static readonly Lazy<IReadOnlyDictionary<string, string>> s_aliases = new(() => W3CName.ReadExceptions("aliases"));

    /// <summary>The members that stand for a name, several where methods have overloads; empty when there is none.</summary>
    public static IReadOnlyList<MemberInfo> Find(W3CName name)
    {
        if (s_aliases.Value.TryGetValue(name.Id, out string? alias) && name.Member.Length > 0)
        {
            string[] parts = alias.Split('.');
            Type owner = s_assembly.GetType("WebRtcStack." + parts[0], throwOnError: true)!;
            return parts.Length == 1 ? [owner] : [owner.GetProperty(parts[1])!];
        }
        Type? type = s_assembly.GetType("WebRtcStack." + (s_aliases.Value.TryGetValue(name.Owner, out alias) ? alias : name.Owner));
        if (type is null) return [];
        return name.Kind switch
        {
            "interface" or "dictionary" or "enum" or "callback" => [type],
            "constructor" => type.GetConstructors(),
            "method" => [.. type.GetMethods(Public).Where(method => Same(method.Name, name.Member) && !IsTask(method.ReturnType))],
            "promise" => [.. type.GetMethods(Public).Where(method => Same(method.Name, name.Member + "Async") && IsTask(method.ReturnType))],
            "event" => [.. type.GetEvents(Public).Where(each => Same(each.Name, name.Member))],
            "value" => type.IsEnum && FindValue(type, name.Member) is { } value ? [type.GetField(value.ToString()!)!] : [],
            _ => [.. type.GetProperties(Public).Where(property => Same(property.Name, name.Member))],
        };
    }

    /// <summary>How an application writes it; where another type does it, with that type's name.</summary>
    public static string Describe(W3CName name, IReadOnlyList<MemberInfo> members) => members[0] switch
    {
        PropertyInfo { DeclaringType: { } type } property when s_aliases.Value.ContainsKey(name.Id) || s_aliases.Value.ContainsKey(name.Owner) => $"`{type.Name}.{property.Name}`",
        Type type => $"`{type.Name}`",
        ConstructorInfo constructor => $"`new {constructor.DeclaringType!.Name}(…)`",
        MethodInfo method => $"`{method.Name}(…)`",
        MemberInfo member => $"`{member.Name}`",
    };

    /// <summary>The W3C strings of an enumeration's values.</summary>
    public static IEnumerable<string> Strings(Type type) => Enum.GetValues(type).Cast<object>().Select(value =>
        (string)typeof(W3CEnum).GetMethod(nameof(W3CEnum.ToW3CString))!.MakeGenericMethod(type).Invoke(null, [value])!);

    private static object? FindValue(Type type, string text)
    {
        object?[] arguments = [text, null];
        bool found = (bool)typeof(W3CEnum).GetMethod(nameof(W3CEnum.TryParse))!.MakeGenericMethod(type).Invoke(null, arguments)!;
        return found && Same(arguments[1]!.ToString()!, text.Replace("-", "")) ? arguments[1] : null;
    }

    // WebIDL writes words together in places ("onicecandidateerror", "toJSON"): only their letters can be compared.
    private static bool Same(string ours, string theirs) => string.Equals(ours, theirs, StringComparison.OrdinalIgnoreCase) && char.IsUpper(ours[0]);

    private static bool IsTask(Type type) => typeof(Task).IsAssignableFrom(type);
}
