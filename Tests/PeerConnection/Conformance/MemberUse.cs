using System.Reflection;
using System.Reflection.Emit;

namespace WebRtcStack.Tests.PeerConnection.Conformance;

/// <summary>Which classes of tests use a member, read from the code of this assembly: what a table says is tested is.</summary>
internal sealed class MemberUse
{
    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private readonly Dictionary<string, SortedSet<string>> _users = [];

    public MemberUse()
    {
        foreach (Type type in typeof(MemberUse).Assembly.GetTypes())
        {
            Type outer = type;
            while (outer.DeclaringType is { } declaring) outer = declaring;
            if (!IsFixture(outer)) continue;
            const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            foreach (MethodBase method in type.GetMethods(all).Cast<MethodBase>().Concat(type.GetConstructors(all))) Read(method, outer.Name);
        }
    }

    /// <summary>The classes of tests that use the member, or for a type any member of it, or for an event or property an accessor.</summary>
    public IReadOnlyCollection<string> Of(IEnumerable<MemberInfo> members)
    {
        SortedSet<string> users = new(StringComparer.Ordinal);
        foreach (string key in members.SelectMany(Keys))
        {
            if (_users.TryGetValue(key, out SortedSet<string>? found)) users.UnionWith(found);
        }
        return users;
    }

    private static bool IsFixture(Type type) => type.GetMethods().Any(method => method.GetCustomAttributes().Any(attribute =>
        attribute is TestAttribute or TestCaseAttribute or TestCaseSourceAttribute or NUnit.Framework.Interfaces.ITestBuilder));

    private static IEnumerable<string> Keys(MemberInfo member) => member switch
    {
        EventInfo each => [Key(each.AddMethod!)],
        PropertyInfo property => property.GetAccessors().Select(Key),
        _ => [Key(member)],
    };

    private static string Key(MemberInfo member) => member is Type type ? type.FullName! : $"{member.DeclaringType!.FullName}::{member}";

    private void Read(MethodBase method, string user)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) return;
        Type[]? typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        int at = 0;
        while (at < code.Length)
        {
            short value = code[at++];
            if (value == 0xFE) value = (short)(0xFE00 | code[at++]);
            OpCode opCode = s_opCodes[value];
            switch (opCode.OperandType)
            {
                case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok or OperandType.InlineType:
                    Add(method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments), user);
                    at += 4;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + 4 * BitConverter.ToInt32(code, at);
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    at++;
                    break;
                case OperandType.InlineVar:
                    at += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    at += 8;
                    break;
                default:
                    at += 4;
                    break;
            }
        }
    }

    // A derived record inherits its base's properties: a use counts for both.
    private void Add(MemberInfo? member, string user)
    {
        if (member is null || (member as Type ?? member.DeclaringType) is not { } owner || owner.Assembly != typeof(RTCPeerConnection).Assembly) return;
        Add(owner.FullName ?? owner.Name, user);
        if (member is not Type) Add(Key(member), user);
    }

    private void Add(string key, string user)
    {
        if (!_users.TryGetValue(key, out SortedSet<string>? users)) _users.Add(key, users = new SortedSet<string>(StringComparer.Ordinal));
        users.Add(user);
    }
}
